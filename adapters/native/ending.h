/* The end of a sequence: everything it left open is given back, so that the process can stay.
 *
 * What is called for that may never come back, or end the process. Neither may pass for a failure
 * of the host, so `begin` is then answered at once: nothing fresh can be had from this process. */

#ifndef MAPI_CONFORMANCE_ENDING_H
#define MAPI_CONFORMANCE_ENDING_H

#include "calls.h"

enum { PATIENCE = 2 }; /* seconds */

static unsigned long long request_id; /* of the request that is being answered */
static volatile int ending;

static void give_up(void) {
    char line[80];
    int length = snprintf(line, sizeof line,
                          "{\"jsonrpc\":\"2.0\",\"id\":%llu,\"result\":{\"fresh\":false}}\n",
                          request_id);
    ending = 0;
    write_pipe(line, (size_t)length);
    leave_process(0);
}

static void on_exit_of_process(void) {
    if (ending) give_up();
}

#ifdef _WIN32

static HANDLE ended;

static DWORD WINAPI watch_ending(void *unused) {
    (void)unused;
    if (WaitForSingleObject(ended, PATIENCE * 1000) == WAIT_TIMEOUT) give_up();
    return 0;
}

static int end_sequence(void) {
    HANDLE watch;
    int clean;
    if (!ended) ended = CreateEventA(NULL, FALSE, FALSE, NULL);
    watch = CreateThread(NULL, 0, watch_ending, NULL, 0, NULL);
    clean = close_all();
    SetEvent(ended);
    if (!watch) return clean;
    WaitForSingleObject(watch, INFINITE);
    CloseHandle(watch);
    return clean;
}

#else

static void on_alarm(int number) {
    (void)number;
    give_up();
}

static int end_sequence(void) {
    int clean;
    signal(SIGALRM, on_alarm);
    alarm(PATIENCE);
    clean = close_all();
    alarm(0);
    return clean;
}

#endif

/* Ends what the sequence has begun; tells whether the library agreed each time. */
static int end_what_is_open(void) {
    static int prepared;
    int clean;
    if (!opened_count) return 1;
    if (!prepared) prepared = atexit(on_exit_of_process) == 0;
    ending = 1;
    clean = end_sequence();
    ending = 0;
    error_code = 0; /* a fault here ends this process, and is none of the next sequence */
    return clean;
}

#endif
