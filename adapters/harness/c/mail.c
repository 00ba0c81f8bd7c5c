#include "mail.h"

#include <stdlib.h>
#include <string.h>

enum { LOGON_UI = 0x1, NEW_SESSION = 0x2, FORCE_DOWNLOAD = 0x1000 };

typedef struct Handle {
    uintptr_t value;
    int shared; /* behind a shared handle is the one session that all of them share */
    struct Handle *next;
} Handle;

static Handle *handles;
static uintptr_t last = 0x1000;

static int same(const char *given, const char *wanted) {
    return given != NULL && strcmp(given, wanted) == 0;
}

static int any_shared(void) {
    for (const Handle *each = handles; each; each = each->next)
        if (each->shared) return 1;
    return 0;
}

unsigned mail_logon(const char *profile, const char *password, uint32_t flags, uint32_t reserved,
                    uintptr_t *session) {
    int apart = (flags & NEW_SESSION) != 0;
    Handle *handle;
    if (reserved || flags & ~(uint32_t)(LOGON_UI | NEW_SESSION | FORCE_DOWNLOAD) || !session)
        return FAILURE;
    if ((apart || !any_shared()) && !(same(profile, PROFILE) && same(password, PASSWORD)))
        return LOGON_FAILURE;
    if (!(handle = malloc(sizeof *handle))) return INSUFFICIENT_MEMORY;
    handle->value = last += 16;
    handle->shared = !apart;
    handle->next = handles;
    handles = handle;
    *session = handle->value;
    return SUCCESS;
}

unsigned mail_logoff(uintptr_t session, uint32_t flags, uint32_t reserved) {
    for (Handle **link = &handles; *link; link = &(*link)->next) {
        Handle *found = *link;
        if (found->value != session) continue;
        if (flags || reserved) return FAILURE;
        *link = found->next;
        free(found);
        return SUCCESS;
    }
    return INVALID_SESSION;
}

unsigned mail_live_sessions(void) {
    unsigned count = 0, shared = 0;
    for (const Handle *each = handles; each; each = each->next) {
        if (each->shared) shared = 1;
        else ++count;
    }
    return count + shared;
}

void mail_reset(void) {
    while (handles) {
        Handle *next = handles->next;
        free(handles);
        handles = next;
    }
}
