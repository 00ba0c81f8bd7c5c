/* Outlook and Notes: how a session of each is started, used and closed.
 *
 * Outlook (object model, Application and NameSpace): GetNamespace("MAPI"), Logon, Logoff.
 * Notes (COM classes of Domino, NotesSession): Initialize; the connection ends with the last
 * reference to the session. */

#ifndef MAPI_CONFORMANCE_PROGRAMS_H
#define MAPI_CONFORMANCE_PROGRAMS_H

#include "dispatch.h"

typedef struct {
    IDispatch *program; /* Outlook's Application; NULL for Notes */
    IDispatch *session; /* Outlook's NameSpace, or a NotesSession */
} Opened;

typedef struct {
    const char *protocol, *starter;
    const WCHAR *id;
    int (*open)(Opened *, const char *profile, const char *password);
    int (*count)(Opened *, long *mails);
    int (*send)(Opened *, const char *to, const char *subject);
    void (*close)(Opened *);
} Program;

static IDispatch *create(const WCHAR *id) {
    CLSID class;
    IDispatch *object = NULL;
    HRESULT code = CLSIDFromProgID(id, &class);
    if (SUCCEEDED(code))
        code = CoCreateInstance(&class, NULL, CLSCTX_INPROC_SERVER | CLSCTX_LOCAL_SERVER,
                                &IID_IDispatch, (void **)&object);
    if (FAILED(code)) explain(code, id, NULL);
    return SUCCEEDED(code) ? object : NULL;
}

static int put_text(IDispatch *object, const WCHAR *name, const char *text) {
    VARIANT value = from_text(text);
    return call_by_name(object, name, DISPATCH_PROPERTYPUT, &value, 1, NULL);
}

/* --- Outlook --- */

static const WCHAR outlook_id[] = L"Outlook.Application";

static void outlook_close(Opened *opened) {
    if (opened->session) call_by_name(opened->session, L"Logoff", DISPATCH_METHOD, NULL, 0, NULL);
    let_go(&opened->session);
    let_go(&opened->program);
}

static int outlook_open(Opened *opened, const char *profile, const char *password) {
    VARIANT kind = from_text("MAPI");
    VARIANT how[4] = {from_text(profile), from_text(password), from_truth(0), from_truth(1)};
    opened->program = create(outlook_id);
    if (opened->program) opened->session = object_of(opened->program, L"GetNamespace", &kind, 1);
    if (opened->session && call_by_name(opened->session, L"Logon", DISPATCH_METHOD, how, 4, NULL))
        return 1;
    let_go(&opened->session); /* nobody is logged on, so nobody is logged off */
    let_go(&opened->program);
    return 0;
}

static int outlook_count(Opened *opened, long *mails) {
    VARIANT inbox = from_number(6); /* olFolderInbox */
    IDispatch *folder = object_of(opened->session, L"GetDefaultFolder", &inbox, 1);
    IDispatch *items = folder ? object_of(folder, L"Items", NULL, 0) : NULL;
    int done = items && whole_number(items, L"Count", mails);
    let_go(&items);
    let_go(&folder);
    return done;
}

static int outlook_send(Opened *opened, const char *to, const char *subject) {
    VARIANT mail = from_number(0); /* olMailItem */
    IDispatch *item = object_of(opened->program, L"CreateItem", &mail, 1);
    int done = item && put_text(item, L"To", to) && put_text(item, L"Subject", subject) &&
               call_by_name(item, L"Send", DISPATCH_METHOD, NULL, 0, NULL);
    let_go(&item);
    return done;
}

/* --- Notes --- */

static const WCHAR notes_id[] = L"Lotus.NotesSession";

static void notes_close(Opened *opened) { let_go(&opened->session); }

/* The user is that of the ID file that Notes is set up with, so that a profile is not asked for. */
static int notes_open(Opened *opened, const char *profile, const char *password) {
    VARIANT secret = from_text(password);
    (void)profile;
    opened->session = create(notes_id);
    if (opened->session &&
        call_by_name(opened->session, L"Initialize", DISPATCH_METHOD, &secret, 1, NULL))
        return 1;
    let_go(&opened->session);
    return 0;
}

/* The mail database of the user; NULL where it cannot be opened. */
static IDispatch *notes_mail(Opened *opened) {
    VARIANT here = from_text("");
    IDispatch *directory = object_of(opened->session, L"GetDbDirectory", &here, 1);
    IDispatch *database = directory ? object_of(directory, L"OpenMailDatabase", NULL, 0) : NULL;
    let_go(&directory);
    return database;
}

static int notes_count(Opened *opened, long *mails) {
    VARIANT inbox = from_text("($Inbox)");
    IDispatch *database = notes_mail(opened);
    IDispatch *view = database ? object_of(database, L"GetView", &inbox, 1) : NULL;
    int done = view && whole_number(view, L"EntryCount", mails);
    let_go(&view);
    let_go(&database);
    return done;
}

static int notes_item(IDispatch *document, const char *name, const char *text) {
    VARIANT pair[2] = {from_text(name), from_text(text)}, old;
    if (!call_by_name(document, L"ReplaceItemValue", DISPATCH_METHOD, pair, 2, &old)) return 0;
    VariantClear(&old);
    return 1;
}

static int notes_send(Opened *opened, const char *to, const char *subject) {
    VARIANT how[2] = {from_truth(0), from_text(to)};
    IDispatch *database = notes_mail(opened);
    IDispatch *document = database ? object_of(database, L"CreateDocument", NULL, 0) : NULL;
    int done = document && notes_item(document, "Form", "Memo") &&
               notes_item(document, "Subject", subject);
    if (done) {
        done = call_by_name(document, L"Send", DISPATCH_METHOD, how, 2, NULL);
    } else {
        VariantClear(&how[1]);
    }
    let_go(&document);
    let_go(&database);
    return done;
}

static const Program programs[] = {
    {"outlook", "EmailStartOutlookSession", outlook_id, outlook_open, outlook_count, outlook_send,
     outlook_close},
    {"notes", "EmailStartNotesSession", notes_id, notes_open, notes_count, notes_send, notes_close},
};
enum { PROGRAMS = sizeof programs / sizeof *programs };

static int is_registered(const Program *program) {
    CLSID class;
    return SUCCEEDED(CLSIDFromProgID(program->id, &class));
}

#endif
