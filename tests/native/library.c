/* A library with a little of the C API. It behaves, unless the profile name plants a fault. */

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef _WIN32
#include <windows.h>
#define CALL __stdcall
#ifndef EXPORT /* empty where a .def file says what is exported */
#define EXPORT __declspec(dllexport)
#endif
#else
#include <pthread.h>
#include <unistd.h>
#define CALL
#define EXPORT __attribute__((visibility("default")))
#endif

enum { SESSIONS = 64, FAILURE = 2, INVALID_SESSION = 19, INVALID_MESSAGE = 17 };
#define INVALID_PARAMETER 0x80070057u
#define UNKNOWN_FLAGS 0x80040106u
#define NO_MEMORY 0x8007000Eu

static int open_sessions[SESSIONS];
static int quarrelsome; /* refuses to log off */
static int last_word;   /* 'h': hangs when logged off, 'e': ends the process */
static volatile int zero;

static int recurse(int depth) {
    volatile char big[4096];
    big[0] = (char)depth;
    return recurse(depth + 1) + big[0];
}

/* A fault on a thread of the library's own, while the call waits for it. */
#ifdef _WIN32
static DWORD WINAPI stumble(void *unused) {
    (void)unused;
    *(volatile int *)(uintptr_t)zero = 1;
    return 0;
}
static void start_thread(void) {
    WaitForSingleObject(CreateThread(NULL, 0, stumble, NULL, 0, NULL), INFINITE);
}
#else
static void *stumble(void *unused) {
    *(volatile int *)(uintptr_t)zero = 1;
    return unused;
}
static void start_thread(void) {
    pthread_t thread;
    if (pthread_create(&thread, NULL, stumble, NULL) == 0) pthread_join(thread, NULL);
}
#endif

static void plant(const char *fault) {
    if (strcmp(fault, "null") == 0) *(volatile int *)(uintptr_t)zero = 1;
    if (strcmp(fault, "divide") == 0) zero = 100 / zero;
    if (strcmp(fault, "stack") == 0) recurse(0);
    if (strcmp(fault, "abort") == 0) abort();
    if (strcmp(fault, "thread") == 0) start_thread();
    if (strcmp(fault, "exit") == 0) exit(9);
    if (strcmp(fault, "print") == 0) puts("{\"id\": 1}"), fflush(stdout);
    if (strcmp(fault, "read") == 0) getchar();
    if (strcmp(fault, "quarrel") == 0) quarrelsome = 1;
    if (strncmp(fault, "late ", 5) == 0) last_word = fault[5];
#ifdef _WIN32
    if (strcmp(fault, "raise") == 0) RaiseException(0xE0001234u, 0, 0, NULL);
    if (strcmp(fault, "hang") == 0) Sleep(600000);
#else
    if (strcmp(fault, "hang") == 0) sleep(600);
#endif
}

EXPORT uint32_t CALL MAPILogon(uintptr_t window, const char *profile, const char *password,
                               uint32_t flags, uint32_t reserved, uintptr_t *session) {
    (void)window, (void)password;
    if (profile) plant(profile);
    if (!session || reserved || (flags & 0x80000000u)) return FAILURE;
    if (profile && strcmp(profile, "writes zero") == 0) return *session = 0, FAILURE;
    for (uintptr_t i = 0; i < SESSIONS; ++i)
        if (!open_sessions[i]) {
            open_sessions[i] = 1;
            *session = 0x500 + i;
            return 0;
        }
    return 8;
}

static int is_open(uintptr_t session) {
    return session >= 0x500 && session < 0x500 + SESSIONS && open_sessions[session - 0x500];
}

EXPORT uint32_t CALL MAPILogoff(uintptr_t session, uintptr_t window, uint32_t flags,
                                uint32_t reserved) {
    (void)window;
    if (last_word) plant(last_word == 'h' ? "hang" : "exit");
    if (!is_open(session)) return INVALID_SESSION;
    if (flags || reserved || quarrelsome) return FAILURE;
    open_sessions[session - 0x500] = 0;
    return 0;
}

EXPORT uint32_t CALL MAPIFindNext(uintptr_t session, uintptr_t window, const char *type,
                                  const char *seed, uint32_t flags, uint32_t reserved, char *id) {
    (void)window, (void)type, (void)flags, (void)reserved;
    if (!is_open(session)) return INVALID_SESSION;
    if (seed && *seed) return 16;
    strcpy(id, "m\xfc\"1");
    return 0;
}

typedef struct {
    uint32_t reserved;
    char *subject, *text, *type, *received, *conversation;
    uint32_t flags;
    void *originator;
    uint32_t recipient_count;
    void *recipients;
    uint32_t file_count;
    void *files;
} Message;

static char saved[256];

EXPORT uint32_t CALL MAPISaveMail(uintptr_t session, uintptr_t window, Message *message,
                                  uint32_t flags, uint32_t reserved, char *id) {
    (void)window, (void)flags, (void)reserved;
    if (session && !is_open(session)) return INVALID_SESSION;
    snprintf(saved, sizeof saved, "%s", message->subject);
    strcpy(id, "saved");
    return 0;
}

EXPORT uint32_t CALL MAPIReadMail(uintptr_t session, uintptr_t window, const char *id,
                                  uint32_t flags, uint32_t reserved, Message **message) {
    (void)window, (void)flags, (void)reserved;
    if (!is_open(session)) return INVALID_SESSION;
    if (!id || strcmp(id, "saved") != 0) return INVALID_MESSAGE;
    *message = calloc(1, sizeof **message);
    (*message)->subject = saved;
    return 0;
}

EXPORT uint32_t CALL MAPIFreeBuffer(void *buffer) { return free(buffer), 0; }

/* --- message sessions: enough to see the allocator that was lent --- */

typedef struct Allocator {
    struct {
        uint32_t(CALL *query)(struct Allocator *, const void *, void **);
        uint32_t(CALL *add_ref)(struct Allocator *);
        uint32_t(CALL *release)(struct Allocator *);
        void *(CALL *alloc)(struct Allocator *, size_t);
        void *(CALL *realloc)(struct Allocator *, void *, size_t);
        void(CALL *free)(struct Allocator *, void *);
    } const *methods;
} Allocator;

typedef struct { Allocator *allocator; } Session;

EXPORT uint32_t CALL OpenIMsgSession(Allocator *allocator, uint32_t flags, Session **session) {
    if (!allocator || !session) return INVALID_PARAMETER;
    if (flags & ~0x80000000u) return UNKNOWN_FLAGS;
    Session *fresh = allocator->methods->alloc(allocator, sizeof *fresh);
    if (!fresh) return NO_MEMORY;
    fresh->allocator = allocator;
    allocator->methods->add_ref(allocator);
    *session = fresh;
    return 0;
}

EXPORT void CALL CloseIMsgSession(Session *session) {
    if (!session) return;
    Allocator *allocator = session->allocator;
    allocator->methods->free(allocator, session);
    allocator->methods->release(allocator);
}
