/* What differs between POSIX and Windows: loading a library, surviving a fault, the two pipes. */

#ifndef MAPI_CONFORMANCE_PLATFORM_H
#define MAPI_CONFORMANCE_PLATFORM_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STUB_EXCEPTION 0x80000100u /* raised by Wine for an export that is only a name */
#define MAX_ARGUMENTS 11

#ifdef _WIN32
#define WIN32_LEAN_AND_MEAN
#include <fcntl.h>
#include <io.h>
#include <windows.h>
#define CALL __stdcall
#else
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <sys/types.h>
#include <unistd.h>
#define CALL
#endif

/* One call of a documented function. Each of their parameters is an integer of 32 bits or as wide as
 * a pointer; zero-extended to the width of a pointer, both pass alike in every convention used here. */
typedef struct {
    void *function;
    int count;
    uintptr_t arguments[MAX_ARGUMENTS];
    uintptr_t result;
} Invocation;

#define A(i) a[i]
static void invoke(Invocation *call) {
    typedef uintptr_t W;
    uintptr_t *a = call->arguments;
    void *f = call->function;
    switch (call->count) {
    case 1: call->result = ((W(CALL *)(W))f)(A(0)); break;
    case 2: call->result = ((W(CALL *)(W, W))f)(A(0), A(1)); break;
    case 3: call->result = ((W(CALL *)(W, W, W))f)(A(0), A(1), A(2)); break;
    case 4: call->result = ((W(CALL *)(W, W, W, W))f)(A(0), A(1), A(2), A(3)); break;
    case 5: call->result = ((W(CALL *)(W, W, W, W, W))f)(A(0), A(1), A(2), A(3), A(4)); break;
    case 6:
        call->result = ((W(CALL *)(W, W, W, W, W, W))f)(A(0), A(1), A(2), A(3), A(4), A(5));
        break;
    case 7:
        call->result =
            ((W(CALL *)(W, W, W, W, W, W, W))f)(A(0), A(1), A(2), A(3), A(4), A(5), A(6));
        break;
    case 11:
        call->result = ((W(CALL *)(W, W, W, W, W, W, W, W, W, W, W))f)(
            A(0), A(1), A(2), A(3), A(4), A(5), A(6), A(7), A(8), A(9), A(10));
        break;
    default: call->result = ((W(CALL *)(void))f)(); break;
    }
}
#undef A

static volatile uint32_t fault_code;

#ifdef _WIN32

static volatile LONG in_call;
static DWORD call_thread;
static HANDLE pipe_in, pipe_out;

static void fatal(uint32_t code) {
    /* One line, and an end without a debugger: winedbg would write to our answers. */
    char line[80];
    DWORD written;
    int length = snprintf(line, sizeof line, "host: unhandled exception 0x%08x\n", (unsigned)code);
    WriteFile(GetStdHandle(STD_ERROR_HANDLE), line, (DWORD)length, &written, NULL);
    TerminateProcess(GetCurrentProcess(), code);
}

#ifdef _MSC_VER

static LONG WINAPI last_resort(EXCEPTION_POINTERS *raised) {
    fatal(raised->ExceptionRecord->ExceptionCode);
    return EXCEPTION_EXECUTE_HANDLER;
}

static uint32_t guarded(Invocation *call) {
    fault_code = 0;
    __try {
        invoke(call);
    } __except (fault_code = GetExceptionCode(), EXCEPTION_EXECUTE_HANDLER) {
    }
    return fault_code;
}

static void install_guards(void) {
    SetErrorMode(SEM_FAILCRITICALERRORS | SEM_NOGPFAULTERRORBOX);
    SetUnhandledExceptionFilter(last_resort);
}

#else

/* The builtin pair restores the registers without unwinding, which is what leaving a handler needs.
 * It must be used in one function that is not inlined. */
static void *jump_target[5];

static void leave(uint32_t code) {
    fault_code = code;
    in_call = 0;
    __builtin_longjmp(jump_target, 1);
}

/* Comes first, before any handler of the library: only stubs are ours to take there. */
static LONG WINAPI first_look(EXCEPTION_POINTERS *raised) {
    if (in_call && GetCurrentThreadId() == call_thread &&
        raised->ExceptionRecord->ExceptionCode == STUB_EXCEPTION)
        leave(STUB_EXCEPTION);
    return EXCEPTION_CONTINUE_SEARCH;
}

/* Comes last: what the library raises and handles itself never arrives here. */
static LONG WINAPI last_resort(EXCEPTION_POINTERS *raised) {
    uint32_t code = raised->ExceptionRecord->ExceptionCode;
    if (in_call && GetCurrentThreadId() == call_thread) leave(code);
    fatal(code);
    return EXCEPTION_EXECUTE_HANDLER;
}

static __attribute__((noinline)) uint32_t guarded(Invocation *call) {
    fault_code = 0;
    if (__builtin_setjmp(jump_target) == 0) {
        in_call = 1;
        invoke(call);
        in_call = 0;
    }
    return fault_code;
}

static void install_guards(void) {
    call_thread = GetCurrentThreadId();
    SetErrorMode(SEM_FAILCRITICALERRORS | SEM_NOGPFAULTERRORBOX);
    AddVectoredExceptionHandler(1, first_look);
    SetUnhandledExceptionFilter(last_resort);
}

#endif

static HMODULE library;
static char library_error[256];

static int load_library(void) {
    /* Wide, because the path may hold characters that the ANSI code page lacks. */
    static wchar_t path[32768];
    if (!GetEnvironmentVariableW(L"MAPI_CONFORMANCE_LIBRARY", path, 32768)) return 0;
    library = LoadLibraryExW(path, NULL, LOAD_WITH_ALTERED_SEARCH_PATH);
    if (!library)
        snprintf(library_error, sizeof library_error, "LoadLibrary failed with error %lu",
                 GetLastError());
    return library != NULL;
}

static void *library_symbol(const char *name) { return (void *)GetProcAddress(library, name); }

/* The library gets stderr for its stdout and nothing for its stdin: the two pipes are ours. */
static void take_pipes(void) {
    HANDLE nothing = CreateFileA("NUL", GENERIC_READ, 0, NULL, OPEN_EXISTING, 0, NULL);
    pipe_in = (HANDLE)_get_osfhandle(_dup(0));
    pipe_out = (HANDLE)_get_osfhandle(_dup(1));
    _dup2(_open("NUL", _O_RDONLY), 0);
    _dup2(2, 1);
    SetStdHandle(STD_INPUT_HANDLE, nothing);
    SetStdHandle(STD_OUTPUT_HANDLE, GetStdHandle(STD_ERROR_HANDLE));
}

static long read_pipe(char *to, size_t room) {
    DWORD got = 0;
    return ReadFile(pipe_in, to, (DWORD)room, &got, NULL) ? (long)got : 0;
}

static int write_pipe(const char *from, size_t length) {
    DWORD written = 0;
    return WriteFile(pipe_out, from, (DWORD)length, &written, NULL) && written == length;
}

static void leave_process(int status) { TerminateProcess(GetCurrentProcess(), (UINT)status); }

#else

static volatile sig_atomic_t in_call;
static sigjmp_buf jump_target;
static pthread_t call_thread;
static int pipe_in, pipe_out;

static void on_signal(int number) {
    if (in_call && pthread_equal(pthread_self(), call_thread)) {
        in_call = 0;
        fault_code = (uint32_t)number;
        siglongjmp(jump_target, 1);
    }
    signal(number, SIG_DFL); /* not ours: the process dies of it, as it would have */
    raise(number);
}

static uint32_t guarded(Invocation *call) {
    fault_code = 0;
    if (sigsetjmp(jump_target, 0) == 0) {
        in_call = 1;
        invoke(call);
        in_call = 0;
    }
    return fault_code;
}

static void install_guards(void) {
    static const int signals[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};
    static char spare_stack[65536]; /* so that an overflow of the stack is caught too */
    stack_t stack;
    struct sigaction action;
    call_thread = pthread_self();
    memset(&stack, 0, sizeof stack);
    stack.ss_sp = spare_stack;
    stack.ss_size = sizeof spare_stack;
    sigaltstack(&stack, NULL);
    memset(&action, 0, sizeof action);
    action.sa_handler = on_signal;
    action.sa_flags = SA_ONSTACK | SA_NODEFER; /* the mask is not restored by siglongjmp */
    for (size_t i = 0; i < sizeof signals / sizeof *signals; ++i)
        sigaction(signals[i], &action, NULL);
}

static void *library;
static char library_error[256];

static int load_library(void) {
    const char *path = getenv("MAPI_CONFORMANCE_LIBRARY");
    library = path ? dlopen(path, RTLD_NOW | RTLD_LOCAL) : NULL;
    if (path && !library) snprintf(library_error, sizeof library_error, "%s", dlerror());
    return library != NULL;
}

static void *library_symbol(const char *name) { return dlsym(library, name); }

/* The library gets stderr for its stdout and nothing for its stdin: the two pipes are ours. */
static void take_pipes(void) {
    int nothing = open("/dev/null", O_RDONLY);
    pipe_in = fcntl(0, F_DUPFD_CLOEXEC, 3);
    pipe_out = fcntl(1, F_DUPFD_CLOEXEC, 3);
    dup2(nothing, 0);
    dup2(2, 1);
}

static long read_pipe(char *to, size_t room) { return (long)read(pipe_in, to, room); }

static int write_pipe(const char *from, size_t length) {
    while (length) {
        ssize_t written = write(pipe_out, from, length);
        if (written <= 0) return 0;
        from += written;
        length -= (size_t)written;
    }
    return 1;
}

static void leave_process(int status) { _exit(status); }

#endif
#endif
