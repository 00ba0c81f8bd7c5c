/* A tiny Simple MAPI in memory. It stands in for your implementation: replace it.
 * It knows nothing of the suite and its protocol. The codes are those of Simple MAPI. */

#ifndef MAIL_H
#define MAIL_H

#include <stdint.h>

enum { SUCCESS = 0, FAILURE = 2, LOGON_FAILURE = 3, INSUFFICIENT_MEMORY = 5, INVALID_SESSION = 19 };

#define PROFILE "tester"
#define PASSWORD "secret"

/* Writes the handle of the session where it returns SUCCESS. `profile`, `password` may be NULL. */
unsigned mail_logon(const char *profile, const char *password, uint32_t flags, uint32_t reserved,
                    uintptr_t *session);

/* The handle is of no use afterwards. */
unsigned mail_logoff(uintptr_t session, uint32_t flags, uint32_t reserved);

/* The sessions; a shared one counts once, however many handles it has. */
unsigned mail_live_sessions(void);

/* Forgets everything. */
void mail_reset(void);

#endif
