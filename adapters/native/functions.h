/* The documented functions as a table: their parameters in order, and what undoes them. */

#ifndef MAPI_CONFORMANCE_FUNCTIONS_H
#define MAPI_CONFORMANCE_FUNCTIONS_H

#include "platform.h"

/* Kinds of parameters: u ULONG, U the same but optional, w ULONG_PTR, s string, h session handle,
 * n name of an object, o out pointer, # out number, i out message id, I in and out message id,
 * m message with a subject, r out recipient, a b f buffer routines, c callback, 0 always zero,
 * ? something that this host cannot pass yet.
 * `result` is c for a code, v for VOID, n for a count. `slot` is the place among the methods of an
 * object. `closer` undoes what a successful call began. */
typedef struct {
    const char *family, *name;
    char result;
    int slot;
    const char *kinds;
    const char *params[MAX_ARGUMENTS];
    const char *closer;
} Function;

static const Function functions[] = {
    {"simple", "MAPILogon", 'c', -1, "wssuuo",
     {"ulUIParam", "lpszProfileName", "lpszPassword", "flFlags", "ulReserved", "lplhSession"},
     "MAPILogoff"},
    {"simple", "MAPILogoff", 'c', -1, "hwuu", {"lhSession", "ulUIParam", "flFlags", "ulReserved"},
     NULL},
    {"simple", "MAPIFindNext", 'c', -1, "hwssuui",
     {"lhSession", "ulUIParam", "lpszMessageType", "lpszSeedMessageID", "flFlags", "ulReserved",
      "lpszMessageID"}, NULL},
    {"simple", "MAPIReadMail", 'c', -1, "hwsuuo",
     {"lhSession", "ulUIParam", "lpszMessageID", "flFlags", "ulReserved", "lppMessage"},
     "MAPIFreeBuffer"},
    {"simple", "MAPISaveMail", 'c', -1, "h0muuI",
     {"lhSession", "", "subject", "flFlags", "ulReserved", "lpszMessageID"}, NULL},
    {"simple", "MAPIDeleteMail", 'c', -1, "hwsuu",
     {"lhSession", "ulUIParam", "lpszMessageID", "flFlags", "ulReserved"}, NULL},
    {"simple", "MAPISendMail", 'c', -1, "h0muu",
     {"lhSession", "", "subject", "flFlags", "ulReserved"}, NULL},
    {"simple", "MAPIResolveName", 'c', -1, "h0suur",
     {"lhSession", "", "lpszName", "flFlags", "ulReserved", ""}, NULL},
    {"simple", "MAPIFreeBuffer", 'c', -1, "n", {"pv"}, NULL},
    {"simple", "ScMAPIXFromSMAPI", 'c', -1, "hu0o",
     {"lhSession", "ulFlags", "", "lppMAPISession"}, "IMessage.Release"},
    {"imsg", "MAPIInitialize", 'c', -1, "0", {""}, "MAPIUninitialize"},
    {"imsg", "MAPIUninitialize", 'v', -1, "", {NULL}, NULL},
    {"imsg", "OpenIMsgSession", 'c', -1, "nuo", {"lpMalloc", "ulFlags", "lppMsgSess"},
     "CloseIMsgSession"},
    {"imsg", "CloseIMsgSession", 'v', -1, "n", {"lpMsgSess"}, NULL},
    {"imsg", "OpenIMsgOnIStg", 'c', -1, "nabfn0ncuuo",
     {"lpMsgSess", "lpAllocateBuffer", "lpAllocateMore", "lpFreeBuffer", "lpMalloc", "", "lpStg",
      "lpfMsgCallRelease", "ulCallerData", "ulFlags", "lppMsg"}, "IMessage.Release"},
    {"imsg", "IMessage.AddRef", 'n', 1, "n", {"this"}, NULL},
    {"imsg", "IMessage.Release", 'n', 2, "n", {"this"}, NULL},
    {"imsg", "IMessage.GetProps", 'c', 5, "n?", {"this", ""}, NULL},
    {"imsg", "IMessage.SetProps", 'c', 8, "n?", {"this", ""}, NULL},
    {"imsg", "IMessage.ModifyRecipients", 'c', 19, "n?", {"this", ""}, NULL},
    {"imsg", "IMessage.SaveChanges", 'c', 4, "nu", {"this", "ulFlags"}, NULL},
    {"imsg", "IMessage.OpenAttach", 'c', 15, "nu0Uo",
     {"this", "number", "", "ulFlags", "lppAttach"}, "IAttach.Release"},
    {"imsg", "IMessage.CreateAttach", 'c', 16, "n00#o", {"this", "", "", "number", "lppAttach"},
     "IAttach.Release"},
    {"imsg", "IMessage.DeleteAttach", 'c', 17, "nu00U", {"this", "number", "", "", "ulFlags"}, NULL},
    {"imsg", "IMessage.SubmitMessage", 'c', 20, "nu", {"this", "ulFlags"}, NULL},
    {"imsg", "IAttach.Release", 'n', 2, "n", {"this"}, NULL},
    {"imsg", "IAttach.SaveChanges", 'c', 4, "nu", {"this", "ulFlags"}, NULL},
    {"imsg", "IAttach.GetProps", 'c', 5, "n?", {"this", ""}, NULL},
    {"imsg", "IAttach.SetProps", 'c', 8, "n?", {"this", ""}, NULL},
    {"imsg", "IAttach.OpenMessage", 'c', 7, "n?", {"this", ""}, NULL},
    {"imsg", "GetAttribIMsgOnIStg", 'c', -1, "n??", {"lpObject", "", ""}, NULL},
    {"imsg", "SetAttribIMsgOnIStg", 'c', -1, "n???", {"lpObject", "", "", ""}, NULL},
};
enum { FUNCTIONS = sizeof functions / sizeof *functions };


static const Function *find_function(const char *name) {
    for (int i = 0; i < FUNCTIONS; ++i)
        if (strcmp(functions[i].name, name) == 0) return &functions[i];
    return NULL;
}

static void *exports[FUNCTIONS];

static void *find_export(const Function *function) {
    char name[80];
    int bytes = 4 * (int)strlen(function->kinds);
    void *found = library_symbol(function->name);
    /* 32-bit Windows decorates stdcall names with the bytes they take, and Wine does so everywhere. */
    for (int underscore = 0; underscore < 2 && !found; ++underscore) {
        snprintf(name, sizeof name, "%s%s@%d", underscore ? "_" : "", function->name, bytes);
        found = library_symbol(name);
    }
    return found;
}

static void find_exports(void) {
    for (int i = 0; i < FUNCTIONS; ++i)
        if (functions[i].slot < 0) exports[i] = find_export(&functions[i]);
}

static int is_exported(const char *name) { return exports[find_function(name) - functions] != NULL; }

static int is_offered(const Function *function) {
    /* Objects come from one export only. */
    return is_exported(function->slot < 0 ? function->name : "OpenIMsgOnIStg");
}

#endif
