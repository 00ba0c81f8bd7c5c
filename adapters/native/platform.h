/* What differs between POSIX and Windows for every part of the host: threads, locks, pages. */

#ifndef MAPI_CONFORMANCE_PLATFORM_H
#define MAPI_CONFORMANCE_PLATFORM_H

#define _CRT_SECURE_NO_WARNINGS
#define _CRT_NONSTDC_NO_WARNINGS

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mapi.h"

#ifndef _WIN32
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/types.h>
#include <unistd.h>
#else
#include <fcntl.h>
#include <io.h>
#endif

#ifdef _MSC_VER
#define THREAD_LOCAL __declspec(thread)
#else
#define THREAD_LOCAL __thread
#endif

enum { PAGE = 4096 };

/* --- one recursive lock around everything that threads of the library may share with us --- */

static THREAD_LOCAL int lock_depth;

#ifdef _WIN32
static CRITICAL_SECTION the_lock;
static void lock_create(void) { InitializeCriticalSection(&the_lock); }
static void lock(void) { EnterCriticalSection(&the_lock), ++lock_depth; }
static void unlock(void) { --lock_depth, LeaveCriticalSection(&the_lock); }
#else
static pthread_mutex_t the_lock;
static void lock_create(void) {
    pthread_mutexattr_t kind;
    pthread_mutexattr_init(&kind);
    pthread_mutexattr_settype(&kind, PTHREAD_MUTEX_RECURSIVE);
    pthread_mutex_init(&the_lock, &kind);
}
static void lock(void) { pthread_mutex_lock(&the_lock), ++lock_depth; }
static void unlock(void) { --lock_depth, pthread_mutex_unlock(&the_lock); }
#endif

/* After a fault that began inside one of our own routines: a caller passed a bad pointer to it. */
static void unlock_all(void) {
    while (lock_depth) unlock();
}

/* --- threads --- */

typedef void (*ThreadBody)(void *);
typedef struct { ThreadBody body; void *argument; } ThreadStart;

#ifdef _WIN32
typedef HANDLE Thread;
static DWORD WINAPI thread_main(void *start) {
    ((ThreadStart *)start)->body(((ThreadStart *)start)->argument);
    return 0;
}
static int thread_start(Thread *thread, ThreadStart *start) {
    return (*thread = CreateThread(NULL, 0, thread_main, start, 0, NULL)) != NULL;
}
static void thread_join(Thread thread) {
    WaitForSingleObject(thread, INFINITE);
    CloseHandle(thread);
}
static LONG volatile stamp_counter;
static unsigned long stamp(void) { return (unsigned long)InterlockedIncrement(&stamp_counter); }
#else
typedef pthread_t Thread;
static void *thread_main(void *start) {
    ((ThreadStart *)start)->body(((ThreadStart *)start)->argument);
    return NULL;
}
static int thread_start(Thread *thread, ThreadStart *start) {
    return pthread_create(thread, NULL, thread_main, start) == 0;
}
static void thread_join(Thread thread) { pthread_join(thread, NULL); }
static unsigned long stamp_counter;
static unsigned long stamp(void) { return __atomic_add_fetch(&stamp_counter, 1, __ATOMIC_SEQ_CST); }
#endif

/* --- pages that can be made unreadable --- */

#ifdef _WIN32
static void *pages_reserve(size_t bytes) {
    return VirtualAlloc(NULL, bytes, MEM_RESERVE | MEM_COMMIT, PAGE_NOACCESS);
}
static void pages_allow(void *start, size_t bytes, int allowed) {
    DWORD before;
    VirtualProtect(start, bytes, allowed ? PAGE_READWRITE : PAGE_NOACCESS, &before);
}
#else
static void *pages_reserve(size_t bytes) {
    void *start = mmap(NULL, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return start == MAP_FAILED ? NULL : start;
}
static void pages_allow(void *start, size_t bytes, int allowed) {
    mprotect(start, bytes, allowed ? PROT_READ | PROT_WRITE : PROT_NONE);
}
#endif

#endif
