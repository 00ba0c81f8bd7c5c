/* What messages and attachments have in common: references, parts, properties, saving.
 *
 * An object ends when its last reference and its last open part are gone, or when its owner ends
 * it. What is left then is a shell that refuses calls: the structure itself is never freed. What an
 * object holds comes from the allocator that was lent, and goes back when the object ends. */

#ifndef MESSAGING_OBJECTS_H
#define MESSAGING_OBJECTS_H

#include "msgread.h"

enum Kind { TOP, EMBEDDED, ATTACHMENT };
enum { OBJECT_SIZE = 64 };

typedef struct {
    IMalloc *heap;
    Routines routines;
    Name *names;
    int unicode;
} Services;

typedef struct Object {
    const void *methods;
    enum Kind kind;
    ULONG references;
    int closed, deleted, writable;
    Services *services;
    void *block;     /* lent memory that stands for the object */
    Content content; /* of a message */
    Part part;       /* of an attachment */
    struct Object *owner, *first_part, *next_part;
    ULONG number, next_number;
    /* of a top-level message */
    Services own;
    IStorage *storage;
    MSGCALLRELEASE callback;
    ULONG caller_data;
    int commits;
    struct Session *session;
    struct Object *next, *next_in_session;
} Object;

static void object_close(Object *self);
static void top_give_back(Object *self); /* in sessions.h */
static void top_leave(Object *self);
static int top_store(Object *self);

static int usable(const Object *self) { return self->references && !self->closed; }

static Property **properties_of(Object *self) {
    return self->kind == ATTACHMENT ? &self->part.properties : &self->content.properties;
}

static Object *object_new(enum Kind kind, const void *methods, Services *services, Object *owner,
                          ULONG number, int writable) {
    Object *made = calloc(1, sizeof *made);
    if (!made) return NULL;
    made->kind = kind;
    made->methods = methods;
    made->references = 1;
    made->services = services ? services : &made->own;
    made->owner = owner;
    made->number = number;
    made->writable = writable;
    return made;
}

/* Takes the lent memory; an object without it cannot be used. */
static int object_settle_in(Object *self) {
    self->block = get(self->services->heap, OBJECT_SIZE);
    if (!self->block) return 0;
    if (self->owner) {
        self->next_part = self->owner->first_part;
        self->owner->first_part = self;
    }
    return 1;
}

static void object_settle(Object *self) {
    if (!self->closed && !self->references && !self->first_part) object_close(self);
}

static void part_closed(Object *owner, Object *part) {
    Object **link = &owner->first_part;
    while (*link && *link != part) link = &(*link)->next_part;
    if (*link) *link = part->next_part;
    object_settle(owner);
}

static void object_close(Object *self) {
    IMalloc *heap = self->services->heap;
    self->closed = 1;
    while (self->first_part) object_close(self->first_part);
    if (PLANTED(saves_at_close) && self->kind == TOP && self->writable) top_store(self);
    if (PLANTED(callback_for_parts) && self->kind == ATTACHMENT) {
        Object *top = self->owner;
        while (top->owner) top = top->owner;
        if (top->callback) top->callback(top->caller_data, (IMessage *)self);
    }
    content_free(heap, &self->content);
    properties_free(heap, &self->part.properties);
    if (self->part.embedded) content_free(heap, self->part.embedded);
    give(heap, self->part.embedded);
    self->part.embedded = NULL;
    if (self->kind == TOP) {
        top_give_back(self);
        top_leave(self);
    } else {
        give(heap, self->block);
        part_closed(self->owner, self);
    }
}

static ULONG CALL object_add_ref(Object *self) { return self->references ? ++self->references : 0; }

static ULONG CALL object_release(Object *self) {
    if (!self->references) return 0;
    --self->references;
    if (PLANTED(callback_each_release) && self->references && self->callback)
        self->callback(self->caller_data, (IMessage *)self);
    object_settle(self);
    return self->references;
}

/* --- properties --- */

/* Memory for the caller: a problem array where there are problems. */
static HRESULT hand_problems(Object *self, const SPropProblem *problems, ULONG count,
                             SPropProblemArray **out) {
    void *block;
    if (!out) return S_OK;
    *out = NULL;
    if (!count) return S_OK;
    if (self->services->routines.allocate(4 + count * sizeof *problems, &block) != S_OK)
        return MAPI_E_NOT_ENOUGH_MEMORY;
    *out = block;
    (*out)->cProblem = count;
    memcpy((*out)->aProblem, problems, count * sizeof *problems);
    return S_OK;
}

static ULONG answer_tag(const Object *self, ULONG asked, const Property *found) {
    if (PROP_TYPE(asked) != PT_UNSPECIFIED) return asked;
    return is_text(found->tag) && !self->services->unicode ? found->tag & ~1u : found->tag;
}

static HRESULT CALL object_get_props(Object *self, SPropTagArray *tags, ULONG flags, ULONG *count,
                                     SPropValue **values) {
    const Routines *routines = &self->services->routines;
    void *block;
    HRESULT code = S_OK;
    if (!usable(self)) return MAPI_E_INVALID_OBJECT;
    if (!tags || !count || !values) return MAPI_E_INVALID_PARAMETER;
    if (flags & ~MAPI_UNICODE) return MAPI_E_UNKNOWN_FLAGS;
    if (routines->allocate((tags->cValues + 1) * sizeof **values, &block) != S_OK)
        return MAPI_E_NOT_ENOUGH_MEMORY;
    for (ULONG i = 0; i < tags->cValues; ++i) {
        SPropValue *to = (SPropValue *)block + i;
        ULONG asked = tags->aulPropTag[i];
        const Property *found = property_find(*properties_of(self), asked);
        if (found && is_expressible(found->tag) && found->attributes & PROPATTR_READABLE) {
            if (!property_for_caller(routines, block, found, answer_tag(self, asked, found), to))
                return routines->free(block), MAPI_E_NOT_ENOUGH_MEMORY;
        } else {
            to->ulPropTag = PROP_TAG(PT_ERROR, PROP_ID(asked));
            to->Value.err = MAPI_E_NOT_FOUND;
            code = MAPI_W_ERRORS_RETURNED;
        }
    }
    if (PLANTED(props_of_own_heap)) {
        SPropValue *copy = malloc((tags->cValues + 1) * sizeof *copy);
        memcpy(copy, block, tags->cValues * sizeof *copy);
        block = copy;
    }
    *count = tags->cValues;
    *values = block;
    return code;
}

static ULONG names_end(const Object *self) { return 0x8000 + names_count(self->services->names); }

/* Why a property cannot be kept in this message at all. */
static SCODE unstorable(const Object *self, ULONG tag, const Property *made) {
    if (PROP_ID(tag) >= 0x8000 && PROP_ID(tag) >= names_end(self)) return MAPI_E_NOT_FOUND;
    if (is_text(tag) && !self->services->unicode && !fits_narrow(made)) return MAPI_E_BAD_CHARWIDTH;
    return S_OK;
}

static SCODE refusal(Object *self, ULONG tag, const Property *made) {
    ULONG computed = self->kind == ATTACHMENT ? PR_ATTACH_NUM : PR_STORE_SUPPORT_MASK;
    const Property *kept =
        property_find(*properties_of(self), PROP_TAG(PT_UNSPECIFIED, PROP_ID(tag)));
    if (PROP_ID(tag) == PROP_ID(computed) && !PLANTED(mask_can_be_set)) return MAPI_E_COMPUTED;
    if (kept && !PLANTED(file_attributes_ignored) && !PLANTED(mask_can_be_set)) {
        int replaced = kept->tag != canonical(tag);
        if (!(kept->attributes & PROPATTR_WRITEABLE)) return MAPI_E_NO_ACCESS;
        if (kept->attributes & PROPATTR_MANDATORY && replaced) return MAPI_E_NO_ACCESS;
    }
    return unstorable(self, tag, made);
}

static HRESULT CALL object_set_props(Object *self, ULONG count, SPropValue *values,
                                     SPropProblemArray **out) {
    IMalloc *heap = self->services->heap;
    SPropProblem problems[256] = {{0, 0, 0}};
    ULONG found = 0;
    if (!usable(self)) return MAPI_E_INVALID_OBJECT;
    if (!self->writable) return MAPI_E_NO_ACCESS;
    if (!values && count) return MAPI_E_INVALID_PARAMETER;
    for (ULONG i = 0; i < count; ++i) {
        ULONG tag = values[i].ulPropTag;
        Property *made = is_expressible(tag) ? property_from(heap, &values[i]) : NULL;
        SCODE code = !is_expressible(tag) ? MAPI_E_NO_SUPPORT
                   : !made                ? MAPI_E_NOT_ENOUGH_MEMORY
                                          : refusal(self, tag, made);
        if (code == S_OK) property_put(heap, properties_of(self), made);
        else if (made) property_free(heap, made);
        if (code != S_OK && found < 256) problems[found++] = (SPropProblem){i, tag, code};
    }
    return hand_problems(self, problems, found, out);
}

static HRESULT CALL object_delete_props(Object *self, SPropTagArray *tags,
                                        SPropProblemArray **out) {
    if (!usable(self)) return MAPI_E_INVALID_OBJECT;
    (void)tags, (void)out;
    return MAPI_E_NO_SUPPORT;
}

/* --- saving --- */

static HRESULT object_store(Object *self) {
    IMalloc *heap = self->services->heap;
    if (self->kind == TOP) return top_store(self) ? S_OK : MAPI_E_CALL_FAILED;
    if (self->kind == EMBEDDED) {
        Content *copy = content_copy(heap, &self->content);
        Part *part = &self->owner->part;
        if (!copy) return MAPI_E_NOT_ENOUGH_MEMORY;
        if (part->embedded) content_free(heap, part->embedded);
        give(heap, part->embedded);
        part->embedded = copy;
        return S_OK;
    }
    Part *copy = part_copy(heap, &self->part);
    if (!copy) return MAPI_E_NOT_ENOUGH_MEMORY;
    copy->number = self->number;
    part_put(heap, &self->owner->content, copy);
    return S_OK;
}

static HRESULT CALL object_save(Object *self, ULONG flags) {
    const ULONG known =
        KEEP_OPEN_READONLY | KEEP_OPEN_READWRITE | FORCE_SAVE | MAPI_DEFERRED_ERRORS;
    HRESULT code;
    if (!usable(self)) return MAPI_E_INVALID_OBJECT;
    if (flags & ~known) return MAPI_E_UNKNOWN_FLAGS;
    if (self->deleted) return MAPI_E_OBJECT_DELETED;
    if (!self->writable) return MAPI_E_NO_ACCESS;
    code = object_store(self);
    if (code != S_OK) return code;
    for (Part *each = self->content.parts; each; each = each->next) each->saved = 1;
    if (flags & KEEP_OPEN_READONLY) self->writable = 0;
    return S_OK;
}

static HRESULT CALL object_no_support(Object *self) {
    return usable(self) ? MAPI_E_NO_SUPPORT : MAPI_E_INVALID_OBJECT;
}

static int iid_is(const IID *asked, ULONG number) {
    const IID known = MAPI_IID(number);
    return asked && memcmp(asked, &known, sizeof known) == 0;
}

static HRESULT CALL object_query(Object *self, const IID *iid, void **out) {
    ULONG own = self->kind == ATTACHMENT ? 0x00020308 : 0x00020307;
    if (!out) return MAPI_E_INVALID_PARAMETER;
    *out = NULL;
    if (!iid_is(iid, 0) && !iid_is(iid, 0x00020303) && !iid_is(iid, own)) return E_NOINTERFACE;
    *out = self;
    object_add_ref(self);
    return S_OK;
}

#endif
