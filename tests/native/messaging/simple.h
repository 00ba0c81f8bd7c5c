/* Simple MAPI: sessions with a handle for each logon, and a mailbox of a few messages. */

#ifndef MESSAGING_SIMPLE_H
#define MESSAGING_SIMPLE_H

#include "sessions.h"

enum {
    USER_ABORT = 1,
    FAILURE = 2,
    LOGON_FAILURE = 3,
    NO_MEMORY = 5,
    TOO_MANY = 8,
    UNKNOWN_RECIPIENT = 14,
    NO_MESSAGES = 16,
    INVALID_MESSAGE = 17,
    INVALID_SESSION = 19
};
enum { MOST_SESSIONS = 16, LONGEST = 256, MOST_MAILS = 512, MOST_BUFFERS = 4096, SUBJECT = 128 };
enum { LOGON_UI = 1, NEW_SESSION = 2, FORCE_DOWNLOAD = 0x1000, PASSWORD_UI = 0x20000 };

typedef struct Mailing {
    ULONG number;
    int shared;
    ULONG handles;
    struct Mailing *next;
} Mailing;
typedef struct Handle {
    LHANDLE value;
    Mailing *session;
    struct Handle *next;
} Handle;
typedef struct {
    char subject[SUBJECT];
    int there;
} Mail;

static Mailing *mailings;
static Handle *handles;
static Mail mails[MOST_MAILS];
static ULONG mail_count, mailing_number;
static LHANDLE next_handle = 0x1001;
static MapiMessage *buffers[MOST_BUFFERS];
static char busy;

static void enter(void) {
    while (__atomic_test_and_set(&busy, __ATOMIC_ACQUIRE)) continue;
}
static void leave(void) { __atomic_clear(&busy, __ATOMIC_RELEASE); }

static void deliver(const char *subject) {
    if (mail_count == MOST_MAILS) return;
    snprintf(mails[mail_count].subject, SUBJECT, "%s", subject);
    mails[mail_count++].there = 1;
}

/* The mailbox begins afresh when nobody looks at it. */
static void refill(void) {
    if (mailings) return;
    mail_count = 0;
    deliver("Welcome"), deliver("Minutes"), deliver("Lunch");
}

static Handle *handle_find(LHANDLE value) {
    Handle *each = handles;
    while (each && each->value != value) each = each->next;
    return each;
}

static Mailing *mailing_new(int shared) {
    Mailing *made = calloc(1, sizeof *made);
    made->number = ++mailing_number;
    made->shared = shared;
    made->next = mailings;
    return mailings = made;
}

static void mailing_end(Mailing *gone) {
    Mailing **link = &mailings;
    while (*link != gone) link = &(*link)->next;
    *link = gone->next;
    free(gone);
}

static void handle_retire(Handle *gone) {
    Handle **link = &handles;
    while (*link != gone) link = &(*link)->next;
    *link = gone->next;
    if (--gone->session->handles == 0) mailing_end(gone->session);
    free(gone);
}

static LHANDLE handle_issue(Mailing *session) {
    Handle *made;
    for (made = handles; PLANTED(logon_same_handle) && made; made = made->next)
        if (made->session == session) return made->value;
    made = calloc(1, sizeof *made);
    if (PLANTED(slow_handles)) {
        leave();
        made->value = next_handle;
        for (volatile int wait = 0; wait < 3000000; ++wait) continue;
        next_handle = made->value + 0x10;
        enter();
    } else {
        made->value = next_handle;
        next_handle += 0x10;
    }
    made->session = session;
    ++session->handles;
    made->next = handles;
    handles = made;
    return made->value;
}

static ULONG begin_session(const char *profile, const char *password, ULONG flags, Mailing **out) {
    const char *name = getenv("MAPI_CONFORMANCE_PROFILE"),
               *secret = getenv("MAPI_CONFORMANCE_PASSWORD");
    ULONG count = 0;
    if (!profile || !*profile || strcmp(profile, name ? name : "default") != 0 || !password ||
        strcmp(password, secret ? secret : "secret") != 0)
        return LOGON_FAILURE;
    for (Mailing *each = mailings; each; each = each->next) ++count;
    if (count >= MOST_SESSIONS) {
        Handle *oldest = handles;
        if (!PLANTED(logon_evicts)) return TOO_MANY;
        while (oldest->next) oldest = oldest->next;
        handle_retire(oldest);
    }
    refill();
    *out = mailing_new(!(flags & NEW_SESSION));
    return 0;
}

static ULONG logon(const char *profile, const char *password, ULONG flags, ULONG reserved,
                   LHANDLE *out) {
    const ULONG dialogs = LOGON_UI | PASSWORD_UI;
    Mailing *session = mailings;
    ULONG code;
    if ((!out && !PLANTED(logon_writes_through_null)) || reserved) return FAILURE;
    if (flags & ~(dialogs | NEW_SESSION | FORCE_DOWNLOAD) || (flags & dialogs) == dialogs)
        return FAILURE;
    if ((profile && strlen(profile) > LONGEST) || (password && strlen(password) > LONGEST))
        return LOGON_FAILURE;
    while (session &&
           (!session->shared || flags & NEW_SESSION || (PLANTED(logon_never_finds) && !profile)))
        session = session->next;
    if (!session && (code = begin_session(profile, password, flags, &session)) != 0)
        return PLANTED(logon_scode) ? 0x80040111u : code;
    *out = PLANTED(logon_handle_zero) ? 0 : handle_issue(session);
    return 0;
}

EXPORT ULONG CALL MAPILogon(ULONG_PTR window, LPSTR profile, LPSTR password, ULONG flags,
                            ULONG reserved, LHANDLE *out) {
    ULONG code;
    (void)window;
    enter();
    if (!out && PLANTED(logon_writes_through_null)) leave();
    code = logon(profile, password, flags, reserved, out);
    leave();
    return code;
}

EXPORT ULONG CALL MAPILogoff(LHANDLE value, ULONG_PTR window, ULONG flags, ULONG reserved) {
    Handle *found;
    ULONG code = 0;
    enter();
    found = handle_find(value);
    if (!value && PLANTED(logoff_takes_zero)) found = handles;
    if (!found) code = value && PLANTED(logoff_takes_any) ? 0 : INVALID_SESSION;
    else if (flags && !PLANTED(logoff_ignores_flags)) code = FAILURE;
    else if (reserved || PLANTED(logoff_fails) || (window && PLANTED(logoff_minds_window)))
        code = FAILURE;
    else if (!PLANTED(logoff_keeps_session)) {
        for (int i = 0; PLANTED(logoff_frees_buffers) && i < MOST_BUFFERS; ++i) {
            free(buffers[i]);
            buffers[i] = NULL;
        }
        handle_retire(found);
    }
    leave();
    return code;
}

/* --- mail --- */

static ULONG check(LHANDLE value, ULONG flags, ULONG reserved) {
    if (!handle_find(value)) return INVALID_SESSION;
    return reserved || flags & ~0x0007FFFFu ? FAILURE : 0;
}

static Mail *mail_find(LHANDLE value, const char *id, ULONG *at) {
    Handle *handle = handle_find(value);
    unsigned long number = 0, place = 0;
    if (!id || sscanf(id, "%8lX%8lX", &number, &place) != 2 || place >= mail_count) return NULL;
    if (handle && handle->session->number != number) return NULL;
    if (at) *at = (ULONG)place;
    return mails[place].there ? &mails[place] : NULL;
}

static void write_id(LHANDLE value, ULONG place, LPSTR id) {
    Handle *handle = handle_find(value);
    sprintf(id, "%08lX%08lX", (unsigned long)(handle ? handle->session->number : 0),
            (unsigned long)place);
}

EXPORT ULONG CALL MAPIFindNext(LHANDLE value, ULONG_PTR window, LPSTR type, LPSTR seed, ULONG flags,
                               ULONG reserved, LPSTR id) {
    ULONG code = check(value, flags, reserved), at = 0;
    (void)window, (void)type;
    if (code && !(value == 0 && PLANTED(find_takes_zero))) return code;
    if (!value) refill();
    if (seed && *seed) {
        if (!mail_find(value, seed, &at)) return INVALID_MESSAGE;
        ++at;
    }
    while (at < mail_count && !mails[at].there) ++at;
    if (at == mail_count) return NO_MESSAGES;
    write_id(value, at, id);
    return 0;
}

EXPORT ULONG CALL MAPIReadMail(LHANDLE value, ULONG_PTR window, LPSTR id, ULONG flags,
                               ULONG reserved, MapiMessage **out) {
    ULONG code = check(value, flags, reserved);
    Mail *mail = mail_find(value, id, NULL);
    MapiMessage *made;
    int i = 0;
    (void)window;
    if (code && !(code == INVALID_SESSION && value && PLANTED(read_takes_dead_handle))) return code;
    if (!mail) return INVALID_MESSAGE;
    if (!out) return FAILURE;
    while (i < MOST_BUFFERS && buffers[i]) ++i;
    if (i == MOST_BUFFERS) return NO_MEMORY;
    made = buffers[i] = calloc(1, sizeof *made + SUBJECT);
    made->lpszSubject = strcpy((char *)(made + 1), mail->subject);
    *out = made;
    return 0;
}

EXPORT ULONG CALL MAPIDeleteMail(LHANDLE value, ULONG_PTR window, LPSTR id, ULONG flags,
                                 ULONG reserved) {
    ULONG code = check(value, flags, reserved);
    Mail *mail = mail_find(value, id, NULL);
    (void)window;
    if (code) return code;
    if (!mail) return INVALID_MESSAGE;
    mail->there = 0;
    return 0;
}

EXPORT ULONG CALL MAPISaveMail(LHANDLE value, ULONG_PTR window, MapiMessage *message, ULONG flags,
                               ULONG reserved, LPSTR id) {
    const char *subject = message && message->lpszSubject ? message->lpszSubject : "";
    ULONG code = value || (id && *id) ? check(value, flags, reserved) : 0;
    (void)window;
    if (code) return code;
    if (reserved || flags & ~0x0007FFFFu) return FAILURE;
    if (id && *id) {
        Mail *mail = mail_find(value, id, NULL);
        if (!mail) return INVALID_MESSAGE;
        snprintf(mail->subject, SUBJECT, "%s", subject);
        return 0;
    }
    deliver(subject);
    if (id) write_id(value, mail_count - 1, id);
    return 0;
}

EXPORT ULONG CALL MAPISendMail(LHANDLE value, ULONG_PTR window, MapiMessage *message, ULONG flags,
                               ULONG reserved) {
    ULONG code = value && !PLANTED(send_takes_dead_handle) ? check(value, flags, reserved) : 0;
    (void)window, (void)message;
    return code ? code : reserved || flags & ~0x0007FFFFu ? FAILURE : 0;
}

EXPORT ULONG CALL MAPIResolveName(LHANDLE value, ULONG_PTR window, LPSTR name, ULONG flags,
                                  ULONG reserved, MapiRecipDesc **out) {
    ULONG code = value ? check(value, flags, reserved) : 0;
    (void)window, (void)out;
    if (code) return code;
    if (reserved || flags & ~0x0007FFFFu) return FAILURE;
    return name && strchr(name, '@') ? 0 : UNKNOWN_RECIPIENT;
}

EXPORT ULONG CALL MAPIFreeBuffer(void *buffer) {
    if (!buffer) return PLANTED(free_minds_null) ? FAILURE : 0;
    for (int i = 0; i < MOST_BUFFERS; ++i)
        if (buffers[i] == buffer) {
            free(buffer);
            buffers[i] = NULL;
            return 0;
        }
    return FAILURE;
}

/* --- the way to Extended MAPI: an object that can only be released --- */

typedef struct {
    const void *const *methods;
    ULONG references;
} Extended;

static HRESULT CALL extended_query(Extended *self, const IID *iid, void **out) {
    (void)self, (void)iid;
    *out = NULL;
    return E_NOINTERFACE;
}
static ULONG CALL extended_add_ref(Extended *self) { return ++self->references; }
static ULONG CALL extended_release(Extended *self) {
    ULONG left = --self->references;
    if (!left) free(self);
    return left;
}

EXPORT SCODE CALL ScMAPIXFromSMAPI(LHANDLE value, ULONG flags, const IID *iid, void **out) {
    static const void *const methods[] = {(void *)extended_query, (void *)extended_add_ref,
                                          (void *)extended_release};
    Extended *made;
    (void)iid;
    if (!out || !handle_find(value))
        return PLANTED(convert_simple_codes) ? INVALID_SESSION : MAPI_E_INVALID_PARAMETER;
    if (flags) return PLANTED(convert_simple_codes) ? FAILURE : MAPI_E_UNKNOWN_FLAGS;
    made = calloc(1, sizeof *made);
    made->methods = methods;
    made->references = 1;
    *out = made;
    return S_OK;
}

#endif
