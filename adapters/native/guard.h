/* Surviving a fault inside a call: structured exceptions on Windows, signals elsewhere.
 *
 * Faults on threads of the library, outside any call of ours, end the process: the suite takes
 * that for a crash too. */

#ifndef MAPI_CONFORMANCE_GUARD_H
#define MAPI_CONFORMANCE_GUARD_H

#include "invoke.h"

#define STUB_EXCEPTION 0x80000100u /* raised by Wine for an export that is only a name */

static THREAD_LOCAL volatile uint32_t fault_code;

#ifdef _WIN32

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
        if (fault_code == EXCEPTION_STACK_OVERFLOW) _resetstkoflw();
        unlock_all();
    }
    return fault_code;
}

static void guard_thread(void) {}

static void install_guards(void) {
    SetErrorMode(SEM_FAILCRITICALERRORS | SEM_NOGPFAULTERRORBOX);
    SetUnhandledExceptionFilter(last_resort);
}

#else

/* The builtin pair restores the registers without unwinding, which is what leaving a handler needs.
 * It must be used in one function that is not inlined. */
static THREAD_LOCAL void *jump_target[5];
static THREAD_LOCAL volatile int in_call;

static void leave(uint32_t code) {
    fault_code = code;
    in_call = 0;
    __builtin_longjmp(jump_target, 1);
}

/* Comes first, before any handler of the library: only stubs are ours to take there. */
static LONG WINAPI first_look(EXCEPTION_POINTERS *raised) {
    if (raised->ExceptionRecord->ExceptionCode == STUB_EXCEPTION && in_call) leave(STUB_EXCEPTION);
    return EXCEPTION_CONTINUE_SEARCH;
}

/* Comes last: what the library raises and handles itself never arrives here. */
static LONG WINAPI last_resort(EXCEPTION_POINTERS *raised) {
    uint32_t code = raised->ExceptionRecord->ExceptionCode;
    if (in_call) leave(code);
    fatal(code);
    return EXCEPTION_EXECUTE_HANDLER;
}

static __attribute__((noinline)) uint32_t guarded(Invocation *call) {
    fault_code = 0;
    if (__builtin_setjmp(jump_target) == 0) {
        in_call = 1;
        invoke(call);
        in_call = 0;
    } else {
        unlock_all();
    }
    return fault_code;
}

/* Touches what is kept per thread, so that no handler has to make it. */
static void guard_thread(void) { in_call = 0, fault_code = 0, jump_target[0] = NULL; }

static void install_guards(void) {
    guard_thread();
    SetErrorMode(SEM_FAILCRITICALERRORS | SEM_NOGPFAULTERRORBOX);
    AddVectoredExceptionHandler(1, first_look);
    SetUnhandledExceptionFilter(last_resort);
}

#endif

#else

enum { SPARE_STACK = 65536 };
static THREAD_LOCAL volatile sig_atomic_t in_call;
static THREAD_LOCAL sigjmp_buf jump_target;

static void on_signal(int number) {
    if (in_call) {
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
    } else {
        unlock_all();
    }
    return fault_code;
}

/* Gives this thread a spare stack, so that an overflow of its own is caught too. */
static void guard_thread(void) {
    stack_t stack;
    memset(&stack, 0, sizeof stack);
    stack.ss_sp = malloc(SPARE_STACK);
    stack.ss_size = SPARE_STACK;
    if (stack.ss_sp) sigaltstack(&stack, NULL);
}

static void install_guards(void) {
    static const int signals[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};
    struct sigaction action;
    guard_thread();
    memset(&action, 0, sizeof action);
    action.sa_handler = on_signal;
    action.sa_flags = SA_ONSTACK | SA_NODEFER; /* the mask is not restored by siglongjmp */
    for (size_t i = 0; i < sizeof signals / sizeof *signals; ++i)
        sigaction(signals[i], &action, NULL);
}

#endif
#endif
