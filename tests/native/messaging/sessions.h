/* Message sessions, and the messages on storages that belong to them or to nobody. */

#ifndef MESSAGING_SESSIONS_H
#define MESSAGING_SESSIONS_H

#include "messages.h"

#ifdef _WIN32
#define EXPORT __declspec(dllexport)
#else
#define EXPORT __attribute__((visibility("default")))
#endif

enum { ALIVE = 0x5E55 };
typedef struct {
    ULONG alive;
    int unicode;
} Body; /* in lent memory */

typedef struct Session {
    int open;
    IMalloc *heap;
    Body *body;
    void *extra;
    Object *messages;
    struct Session *next;
} Session;

static Session *sessions;    /* all that ever were, so that any pointer can be told */
static Object *top_messages; /* open ones */

static Session *session_find(const MSGSESS *pointer) {
    Session *each = sessions;
    while (each && (const void *)each != (const void *)pointer) each = each->next;
    return each;
}

static Session *session_new(IMalloc *heap, ULONG flags) {
    Body *body = get(heap, sizeof *body);
    Session *made;
    if (!body && !PLANTED(open_without_memory)) return NULL;
    made = calloc(1, sizeof *made);
    made->open = 1;
    made->heap = heap;
    made->body = body;
    if (body) body->alive = ALIVE, body->unicode = (flags & MAPI_UNICODE) != 0;
    if (PLANTED(open_overruns_block) && body) ((char *)body)[16] = 1;
    if (PLANTED(close_leaks_block)) made->extra = get(heap, 16);
    if (!PLANTED(open_holds_no_allocator)) heap->lpVtbl->AddRef(heap);
    made->next = sessions;
    return sessions = made;
}

/* Counted, and not asked for: message sessions need no MAPI (IMSG-OPEN-12, reading B). */
static ULONG initialised;

EXPORT HRESULT CALL MAPIInitialize(void *options) {
    (void)options;
    ++initialised;
    return S_OK;
}

EXPORT void CALL MAPIUninitialize(void) { initialised -= initialised > 0; }

EXPORT SCODE CALL OpenIMsgSession(IMalloc *heap, ULONG flags, MSGSESS **out) {
    static IMalloc *last;
    Session *made;
    if (!heap && PLANTED(open_takes_null_allocator)) heap = last;
    if (!heap || (!out && !PLANTED(open_writes_through_null))) return MAPI_E_INVALID_PARAMETER;
    if (flags & ~MAPI_UNICODE && !PLANTED(open_ignores_flags))
        return PLANTED(open_flags_code) ? MAPI_E_INVALID_PARAMETER : MAPI_E_UNKNOWN_FLAGS;
    last = heap;
    if (PLANTED(open_hands_back_nothing)) return S_OK;
    if (PLANTED(open_one_session_for_all) && sessions && sessions->open)
        return *out = (MSGSESS *)sessions, S_OK;
    if (!(made = session_new(heap, flags))) return MAPI_E_NOT_ENOUGH_MEMORY;
    *out = (MSGSESS *)made;
    return S_OK;
}

EXPORT void CALL CloseIMsgSession(MSGSESS *pointer) {
    Session *session = session_find(pointer);
    if (!session) return;
    if (!session->open) {
        if (PLANTED(close_frees_twice)) session->heap->lpVtbl->Free(session->heap, session->body);
        return;
    }
    session->open = 0;
    while (session->messages && !PLANTED(close_leaves_messages)) {
        Object *message = session->messages;
        session->messages = message->next_in_session;
        if (PLANTED(close_leaves_parts) && message->first_part) continue;
        if (!message->closed) object_close(message);
        else if (PLANTED(release_then_close)) give(message->services->heap, message->block);
    }
    while (PLANTED(close_closes_all) && top_messages) object_close(top_messages);
    give(session->heap, session->body);
    if (PLANTED(close_reads_freed_session) && session->body->alive != ALIVE) return;
    if (!PLANTED(close_leaks_reference) && !PLANTED(open_holds_no_allocator))
        session->heap->lpVtbl->Release(session->heap);
}

/* --- messages on storages --- */

static SCODE check_storage(IStorage *storage, int *writable) {
    STATSTG stat;
    if (storage->lpVtbl->Stat(storage, &stat, STATFLAG_NONAME) != S_OK) return MAPI_E_CALL_FAILED;
    *writable = (stat.grfMode & 3) == STGM_READWRITE;
    if ((stat.grfMode & 3) == STGM_WRITE && !PLANTED(build_on_write_only)) return MAPI_E_NO_ACCESS;
    if (PLANTED(build_refuses) && *writable) return MAPI_E_CALL_FAILED;
    if (stat.grfMode & STGM_TRANSACTED) return S_OK;
    return *writable || PLANTED(build_needs_transactions) ? MAPI_E_INVALID_PARAMETER : S_OK;
}

static SCODE message_build(Session *session, Services services, IStorage *storage, int writable,
                           Object **out) {
    Object *made = object_new(TOP, &message_methods, NULL, NULL, 0, writable);
    const Property *mask;
    if (!made) return MAPI_E_NOT_ENOUGH_MEMORY;
    made->own = services;
    if (!object_settle_in(made)) return MAPI_E_NOT_ENOUGH_MEMORY;
    if (!read_message(services.heap, storage, &made->content, &made->own.names)) {
        content_free(services.heap, &made->content);
        names_free(services.heap, &made->own.names);
        give(services.heap, made->block);
        return MAPI_E_CALL_FAILED;
    }
    mask = property_find(made->content.properties, PR_STORE_SUPPORT_MASK);
    if (session && session->body && session->body->unicode) made->own.unicode = 1;
    if (number_of(mask, 0) & STORE_UNICODE_OK) made->own.unicode = 1;
    message_prepare(made);
    made->storage = storage;
    made->session = session;
    *out = made;
    return S_OK;
}

EXPORT SCODE CALL OpenIMsgOnIStg(MSGSESS *pointer, ALLOCATEBUFFER allocate, ALLOCATEMORE more,
                                 FREEBUFFER release, IMalloc *heap, void *support,
                                 IStorage *storage, MSGCALLRELEASE callback, ULONG data,
                                 ULONG flags, IMessage **out) {
    Session *session = session_find(pointer);
    Services services = {heap, {allocate, more, release}, NULL, (flags & MAPI_UNICODE) != 0};
    int writable = 0;
    Object *made;
    SCODE code;
    (void)support;
    if (!heap || !storage || !out) return MAPI_E_INVALID_PARAMETER;
    if ((!allocate || !more || !release) && !PLANTED(build_without_routines))
        return MAPI_E_INVALID_PARAMETER;
    if (pointer ? !session || !session->open : PLANTED(build_needs_session))
        return MAPI_E_INVALID_PARAMETER;
    if (flags & ~(MAPI_UNICODE | IMSG_NO_ISTG_COMMIT) && !PLANTED(build_ignores_flags))
        return MAPI_E_UNKNOWN_FLAGS;
    if ((code = check_storage(storage, &writable)) != S_OK) return code;
    if ((code = message_build(session, services, storage, writable, &made)) != S_OK) return code;
    made->callback = callback;
    made->caller_data = data;
    made->commits = !(flags & IMSG_NO_ISTG_COMMIT) || PLANTED(save_always_commits);
    heap->lpVtbl->AddRef(heap);
    if (!PLANTED(message_holds_no_storage)) storage->lpVtbl->AddRef(storage);
    made->next = top_messages;
    top_messages = made;
    if (session) {
        made->next_in_session = session->messages;
        session->messages = made;
    }
    *out = (IMessage *)made;
    return S_OK;
}

static int top_store(Object *self) {
    IStorage *storage = self->storage;
    if (!write_message(storage, &self->content, self->own.names, self->own.unicode)) return 0;
    return !self->commits || PLANTED(save_without_commit) ||
           storage->lpVtbl->Commit(storage, 0) == S_OK;
}

static void top_give_back(Object *self) {
    IMalloc *heap = self->own.heap;
    IStorage *storage = self->storage;
    names_free(heap, &self->own.names);
    if (!PLANTED(message_holds_no_storage) && !PLANTED(storage_after_callback))
        storage->lpVtbl->Release(storage);
    give(heap, self->block);
    heap->lpVtbl->Release(heap);
}

static void top_leave(Object *self) {
    Object **link = &top_messages;
    while (*link && *link != self) link = &(*link)->next;
    if (*link) *link = self->next;
    if (self->session && !PLANTED(release_then_close)) {
        link = &self->session->messages;
        while (*link && *link != self) link = &(*link)->next_in_session;
        if (*link) *link = self->next_in_session;
    }
    if (!self->callback || PLANTED(callback_never)) return;
    if (PLANTED(callback_twice)) self->callback(self->caller_data, (IMessage *)self);
    self->callback(self->caller_data + PLANTED(callback_data),
                   (IMessage *)((char *)self + 8 * PLANTED(callback_message)));
    if (PLANTED(storage_after_callback)) self->storage->lpVtbl->Release(self->storage);
}

/* --- attributes --- */

static Object *message_find(void *pointer) {
    Object *each = top_messages;
    while (each && (void *)each != pointer) each = each->next;
    return each;
}

EXPORT HRESULT CALL GetAttribIMsgOnIStg(void *pointer, SPropTagArray *tags, SPropAttrArray **out) {
    Object *self = message_find(pointer);
    HRESULT code = S_OK;
    void *block;
    if (!pointer || !tags || !out) return MAPI_E_INVALID_PARAMETER;
    if (!self) return MAPI_E_INVALID_OBJECT;
    if (self->own.routines.allocate(4 + 4 * (tags->cValues + 1), &block) != S_OK)
        return MAPI_E_NOT_ENOUGH_MEMORY;
    *out = block;
    (*out)->cValues = tags->cValues;
    for (ULONG i = 0; i < tags->cValues; ++i) {
        ULONG at = PLANTED(attributes_shifted) ? (i + 1) % tags->cValues : i;
        const Property *found = property_find(self->content.properties, tags->aulPropTag[i]);
        (*out)->aPropAttr[at] = found ? found->attributes : PROPATTR_NOT_PRESENT;
        if (!found) code = MAPI_W_ERRORS_RETURNED;
    }
    return code;
}

EXPORT HRESULT CALL SetAttribIMsgOnIStg(void *pointer, SPropTagArray *tags, SPropAttrArray *given,
                                        SPropProblemArray **out) {
    Object *self = message_find(pointer);
    SPropProblem problems[256] = {{0, 0, 0}};
    ULONG count = 0;
    HRESULT code;
    if (!pointer || !tags || !given) return MAPI_E_INVALID_PARAMETER;
    if (!self) return MAPI_E_INVALID_OBJECT;
    if (!self->writable) return MAPI_E_NO_ACCESS;
    for (ULONG i = 0; i < tags->cValues && i < given->cValues; ++i) {
        Property *found = property_find(self->content.properties, tags->aulPropTag[i]);
        if (found && !(given->aPropAttr[i] & ~7u)) found->attributes = given->aPropAttr[i];
        else if (count < 256)
            problems[count++] = (SPropProblem){i, tags->aulPropTag[i],
                                               found ? MAPI_E_INVALID_PARAMETER : MAPI_E_NOT_FOUND};
    }
    code = hand_problems(self, problems, count, out);
    return code == S_OK && count ? MAPI_W_ERRORS_RETURNED : code;
}

#endif
