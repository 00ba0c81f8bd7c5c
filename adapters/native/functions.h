/* The documented functions as a table: their parameters in order, and what undoes them. */

#ifndef MAPI_CONFORMANCE_FUNCTIONS_H
#define MAPI_CONFORMANCE_FUNCTIONS_H

#include "invoke.h"
#include "library.h"

/* Kinds of parameters, one letter each:
 *   u ULONG            U the same, optional     w ULONG_PTR        s string
 *   h session handle   n name of an object      0 always zero      c release callback
 *   a b f the buffer routines                   m message with a subject
 *   o out pointer      x out block              # out number       r out recipient
 *   i out message id   I in and out message id
 *   T property tags    C P number of properties, and properties    D rows of recipients
 *   B A tags and values of attributes           N K number of names, and names
 *   F e flags for "create", of OpenProperty and of GetIDsFromNames
 *   O G the tag and the interface of an embedded message
 * `result` is c for a code, v for VOID, n for a count. `slot` is the place among the methods of an
 * object. `closer` undoes what a successful call began. `reply` says what the out block holds:
 * P properties, Q problems, T tags, A attributes. */
typedef struct {
    const char *family, *name;
    char result, reply;
    int slot;
    const char *kinds;
    const char *params[MAX_ARGUMENTS];
    const char *closer;
} Function;

static const Function functions[] = {
    {"simple", "MAPILogon", 'c', 0, -1, "wssuuo",
     {"ulUIParam", "lpszProfileName", "lpszPassword", "flFlags", "ulReserved", "lplhSession"},
     "MAPILogoff"},
    {"simple", "MAPILogoff", 'c', 0, -1, "hwuu",
     {"lhSession", "ulUIParam", "flFlags", "ulReserved"}, NULL},
    {"simple", "MAPIFindNext", 'c', 0, -1, "hwssuui",
     {"lhSession", "ulUIParam", "lpszMessageType", "lpszSeedMessageID", "flFlags", "ulReserved",
      "lpszMessageID"}, NULL},
    {"simple", "MAPIReadMail", 'c', 0, -1, "hwsuuo",
     {"lhSession", "ulUIParam", "lpszMessageID", "flFlags", "ulReserved", "lppMessage"},
     "MAPIFreeBuffer"},
    {"simple", "MAPISaveMail", 'c', 0, -1, "h0muuI",
     {"lhSession", "", "subject", "flFlags", "ulReserved", "lpszMessageID"}, NULL},
    {"simple", "MAPIDeleteMail", 'c', 0, -1, "hwsuu",
     {"lhSession", "ulUIParam", "lpszMessageID", "flFlags", "ulReserved"}, NULL},
    {"simple", "MAPISendMail", 'c', 0, -1, "h0muu",
     {"lhSession", "", "subject", "flFlags", "ulReserved"}, NULL},
    {"simple", "MAPIResolveName", 'c', 0, -1, "h0suur",
     {"lhSession", "", "lpszName", "flFlags", "ulReserved", ""}, NULL},
    {"simple", "MAPIFreeBuffer", 'c', 0, -1, "n", {"pv"}, NULL},
    {"simple", "ScMAPIXFromSMAPI", 'c', 0, -1, "hu0o",
     {"lhSession", "ulFlags", "", "lppMAPISession"}, "IMessage.Release"},
    {"imsg", "MAPIInitialize", 'c', 0, -1, "0", {""}, "MAPIUninitialize"},
    {"imsg", "MAPIUninitialize", 'v', 0, -1, "", {NULL}, NULL},
    {"imsg", "OpenIMsgSession", 'c', 0, -1, "nuo", {"lpMalloc", "ulFlags", "lppMsgSess"},
     "CloseIMsgSession"},
    {"imsg", "CloseIMsgSession", 'v', 0, -1, "n", {"lpMsgSess"}, NULL},
    {"imsg", "OpenIMsgOnIStg", 'c', 0, -1, "nabfn0ncuuo",
     {"lpMsgSess", "lpAllocateBuffer", "lpAllocateMore", "lpFreeBuffer", "lpMalloc", "", "lpStg",
      "lpfMsgCallRelease", "ulCallerData", "ulFlags", "lppMsg"}, "IMessage.Release"},
    {"imsg", "IMessage.AddRef", 'n', 0, 1, "n", {"this"}, NULL},
    {"imsg", "IMessage.Release", 'n', 0, 2, "n", {"this"}, NULL},
    {"imsg", "IMessage.SaveChanges", 'c', 0, 4, "nu", {"this", "ulFlags"}, NULL},
    {"imsg", "IMessage.GetProps", 'c', 'P', 5, "nT0#x", {"this", "tags", "", "", ""}, NULL},
    {"imsg", "IMessage.SetProps", 'c', 'Q', 8, "nCPx", {"this", "props", "props", ""}, NULL},
    {"imsg", "IMessage.GetIDsFromNames", 'c', 'T', 13, "nNKex",
     {"this", "names", "names", "create", ""}, NULL},
    {"imsg", "IMessage.OpenAttach", 'c', 0, 15, "nu0Uo",
     {"this", "number", "", "ulFlags", "lppAttach"}, "IAttach.Release"},
    {"imsg", "IMessage.CreateAttach", 'c', 0, 16, "n00#o",
     {"this", "", "", "number", "lppAttach"}, "IAttach.Release"},
    {"imsg", "IMessage.DeleteAttach", 'c', 0, 17, "nu00U",
     {"this", "number", "", "", "ulFlags"}, NULL},
    {"imsg", "IMessage.ModifyRecipients", 'c', 0, 19, "nuD", {"this", "ulFlags", "rows"}, NULL},
    {"imsg", "IMessage.SubmitMessage", 'c', 0, 20, "nu", {"this", "ulFlags"}, NULL},
    {"imsg", "IAttach.Release", 'n', 0, 2, "n", {"this"}, NULL},
    {"imsg", "IAttach.SaveChanges", 'c', 0, 4, "nu", {"this", "ulFlags"}, NULL},
    {"imsg", "IAttach.GetProps", 'c', 'P', 5, "nT0#x", {"this", "tags", "", "", ""}, NULL},
    {"imsg", "IAttach.SetProps", 'c', 'Q', 8, "nCPx", {"this", "props", "props", ""}, NULL},
    {"imsg", "IAttach.OpenMessage", 'c', 0, 7, "nOG0Fo", {"this", "", "", "", "create", "lppMsg"},
     "IMessage.Release"},
    {"imsg", "GetAttribIMsgOnIStg", 'c', 'A', -1, "nTx", {"lpObject", "tags", ""}, NULL},
    {"imsg", "SetAttribIMsgOnIStg", 'c', 'Q', -1, "nBAx", {"lpObject", "attribs", "attribs", ""},
     NULL},
};
enum { FUNCTIONS = sizeof functions / sizeof *functions };

static const Function *find_function(const char *name) {
    for (int i = 0; i < FUNCTIONS; ++i)
        if (strcmp(functions[i].name, name) == 0) return &functions[i];
    return NULL;
}

static void *exports[FUNCTIONS];

/* What the user says about a function: `name=export` or `name=@ordinal`, separated by commas. */
static int told_export(const char *name, char *export, size_t room) {
    const char *told = getenv("MAPI_CONFORMANCE_EXPORTS");
    size_t length = strlen(name);
    for (; told && *told; told += strcspn(told, ","), told += *told == ',')
        if (strncmp(told, name, length) == 0 && told[length] == '=') {
            told += length + 1;
            snprintf(export, room, "%.*s", (int)strcspn(told, ","), told);
            return 1;
        }
    return 0;
}

static void *find_export(const Function *function) {
    char name[80];
    int bytes = 4 * (int)strlen(function->kinds);
    void *found;
    if (told_export(function->name, name, sizeof name))
        return *name == '@' ? library_ordinal((unsigned)strtoul(name + 1, NULL, 10))
                            : library_symbol(name);
    found = library_symbol(function->name);
    /* 32-bit Windows decorates stdcall names with the bytes they take, and Wine does everywhere. */
    for (int underscore = 0; underscore < 2 && !found; ++underscore) {
        snprintf(name, sizeof name, "%s%s@%d", underscore ? "_" : "", function->name, bytes);
        found = library_symbol(name);
    }
    return found;
}

/* Returns an export that the user named and that is not there, or NULL. */
static const char *find_exports(void) {
    static char told[80];
    for (int i = 0; i < FUNCTIONS; ++i) {
        if (functions[i].slot >= 0) continue;
        exports[i] = find_export(&functions[i]);
        if (!exports[i] && told_export(functions[i].name, told, sizeof told)) return told;
    }
    return NULL;
}

static int is_exported(const char *name) {
    return exports[find_function(name) - functions] != NULL;
}

static int is_offered(const Function *function) {
    /* Objects come from one export only. */
    return is_exported(function->slot < 0 ? function->name : "OpenIMsgOnIStg");
}

#endif
