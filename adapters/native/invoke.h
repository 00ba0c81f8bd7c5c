/* One call of a C function whose parameters are only known while the host runs. */

#ifndef MAPI_CONFORMANCE_INVOKE_H
#define MAPI_CONFORMANCE_INVOKE_H

#include "platform.h"

#define MAX_ARGUMENTS 11

/* Each documented parameter is an integer of 32 bits or as wide as a pointer; zero-extended to the
 * width of a pointer, both pass alike in every convention used here. */
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

#endif
