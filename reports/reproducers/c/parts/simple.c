/* --- Simple MAPI: compile with -DUSE_MAPI_HEADERS to take mapi.h of the platform instead --- */

#ifdef USE_MAPI_HEADERS
#include <mapi.h>
#else
typedef ULONG FLAGS;
typedef ULONG_PTR LHANDLE;
typedef struct {
    ULONG ulReserved, ulRecipClass;
    LPSTR lpszName, lpszAddress;
    ULONG ulEIDSize;
    LPVOID lpEntryID;
} MapiRecipDesc, *lpMapiRecipDesc;
typedef struct {
    ULONG ulReserved;
    LPSTR lpszSubject, lpszNoteText, lpszMessageType, lpszDateReceived, lpszConversationID;
    FLAGS flFlags;
    lpMapiRecipDesc lpOriginator;
    ULONG nRecipCount;
    lpMapiRecipDesc lpRecips;
    ULONG nFileCount;
    LPVOID lpFiles;
} MapiMessage, *lpMapiMessage;
#endif

static struct {
    ULONG(WINAPI *MAPILogon)(ULONG_PTR, LPSTR, LPSTR, FLAGS, ULONG, LHANDLE *);
    ULONG(WINAPI *MAPILogoff)(LHANDLE, ULONG_PTR, FLAGS, ULONG);
    ULONG(WINAPI *MAPIFindNext)(LHANDLE, ULONG_PTR, LPSTR, LPSTR, FLAGS, ULONG, LPSTR);
    ULONG(WINAPI *MAPIReadMail)(LHANDLE, ULONG_PTR, LPSTR, FLAGS, ULONG, lpMapiMessage *);
    ULONG(WINAPI *MAPISaveMail)(LHANDLE, ULONG_PTR, lpMapiMessage, FLAGS, ULONG, LPSTR);
    ULONG(WINAPI *MAPIDeleteMail)(LHANDLE, ULONG_PTR, LPSTR, FLAGS, ULONG);
    ULONG(WINAPI *MAPISendMail)(LHANDLE, ULONG_PTR, lpMapiMessage, FLAGS, ULONG);
    ULONG(WINAPI *MAPIResolveName)(LHANDLE, ULONG_PTR, LPSTR, FLAGS, ULONG, lpMapiRecipDesc *);
    ULONG(WINAPI *MAPIFreeBuffer)(LPVOID);
    HRESULT(WINAPI *ScMAPIXFromSMAPI)(LHANDLE, ULONG, const void *, LPVOID *);
} mapi;

/* A message to an address that no mail can reach. */
static inline MapiMessage mail(LPSTR subject) {
    static MapiRecipDesc to = {0, 1, "Conformance", "SMTP:nobody@example.invalid", 0, NULL};
    MapiMessage message;
    memset(&message, 0, sizeof message);
    message.lpszSubject = subject;
    message.lpszNoteText = "";
    message.nRecipCount = 1;
    message.lpRecips = &to;
    return message;
}

static inline void text(const char *name, const char *value) {
    add("; %s ", name);
    if (value && *value) add("\"%s\"", value);
    else add("is empty");
}
