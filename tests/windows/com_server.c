/* Stand-ins for Outlook and Notes, registered under their ProgIDs: an in-process COM server.
 *
 * What happens goes to the file MAPI_TEST_COM_LOG; MAPI_TEST_COM_FAULT plants a fault. */

#define COBJMACROS
#include <initguid.h>
#include <windows.h>
#include <oleauto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

DEFINE_GUID(CLSID_Outlook, 0x6d617069, 0x0001, 0x4f75, 0x80, 1, 1, 1, 1, 1, 1, 1);
DEFINE_GUID(CLSID_Notes, 0x6d617069, 0x0002, 0x4e6f, 0x80, 1, 1, 1, 1, 1, 1, 1);

enum { APPLICATION, NAMESPACE, FOLDER, ITEMS, MAIL, NOTES, DIRECTORY, DATABASE, VIEW, DOCUMENT };
static const char *const kinds[] = {"Application", "NameSpace", "Folder", "Items", "MailItem",
                                    "NotesSession", "Directory", "Database", "View", "Document"};
static const WCHAR *const names[] = {L"GetNamespace", L"Logon", L"Logoff", L"GetDefaultFolder", L"Items",
    L"Count", L"CreateItem", L"To", L"Subject", L"Send", L"Initialize", L"GetDbDirectory",
    L"OpenMailDatabase", L"GetView", L"EntryCount", L"CreateDocument", L"ReplaceItemValue"};
enum { GETNAMESPACE = 1, LOGON, LOGOFF, GETDEFAULTFOLDER, ITEMS_OF, COUNT, CREATEITEM, TO, SUBJECT, SEND,
       INITIALIZE, GETDBDIRECTORY, OPENMAILDATABASE, GETVIEW, ENTRYCOUNT, CREATEDOCUMENT, REPLACE };

typedef struct Object { IDispatch iface; LONG references; int kind; struct Object *owner; int on; } Object;

static int evicted; /* every session that is there: the fault "logoff ends all" */

static int fault(const char *name) {
    const char *planted = getenv("MAPI_TEST_COM_FAULT");
    return planted && strcmp(planted, name) == 0;
}

static void note(const char *what, const Object *object) {
    FILE *log = fopen(getenv("MAPI_TEST_COM_LOG"), "a");
    if (!log) return;
    fprintf(log, "%s %s\n", what, kinds[object->kind]);
    fclose(log);
}

static HRESULT answer_new(int kind, Object *owner, VARIANT *result);

static HRESULT raise(EXCEPINFO *raised, const WCHAR *text) {
    if (!raised) return E_FAIL;
    memset(raised, 0, sizeof *raised);
    raised->bstrDescription = SysAllocString(text);
    raised->scode = (SCODE)0x80040111; /* MAPI_E_LOGON_FAILED */
    return DISP_E_EXCEPTION;
}

static HRESULT STDMETHODCALLTYPE query(IDispatch *self, REFIID iid, void **to) {
    if (!IsEqualIID(iid, &IID_IUnknown) && !IsEqualIID(iid, &IID_IDispatch)) return *to = NULL, E_NOINTERFACE;
    *to = self;
    IDispatch_AddRef(self);
    return S_OK;
}

static ULONG STDMETHODCALLTYPE add(IDispatch *self) {
    return (ULONG)InterlockedIncrement(&((Object *)self)->references);
}

static ULONG STDMETHODCALLTYPE release(IDispatch *self) {
    Object *object = (Object *)self;
    ULONG left = (ULONG)InterlockedDecrement(&object->references);
    if (left) return left;
    note("gone", object);
    if (object->owner) IDispatch_Release(&object->owner->iface);
    free(object);
    return 0;
}

static HRESULT STDMETHODCALLTYPE count_types(IDispatch *self, UINT *count) {
    (void)self;
    return *count = 0, S_OK;
}

static HRESULT STDMETHODCALLTYPE types(IDispatch *self, UINT number, LCID locale, ITypeInfo **to) {
    (void)self, (void)number, (void)locale, (void)to;
    return E_NOTIMPL;
}

static HRESULT STDMETHODCALLTYPE ids(IDispatch *self, REFIID iid, LPOLESTR *asked, UINT count, LCID locale, DISPID *to) {
    (void)self, (void)iid, (void)count, (void)locale;
    for (size_t i = 0; i < sizeof names / sizeof *names; ++i)
        if (_wcsicmp(names[i], asked[0]) == 0) return *to = (DISPID)i + 1, S_OK;
    return DISP_E_UNKNOWNNAME;
}

/* Arguments come last first. */
static const WCHAR *word(DISPPARAMS *given, UINT place) {
    VARIANT *at = &given->rgvarg[given->cArgs - 1 - place];
    return place < given->cArgs && at->vt == VT_BSTR ? at->bstrVal : L"";
}

static HRESULT logon(Object *object, const WCHAR *password, EXCEPINFO *raised) {
    if (fault("crash")) RaiseException(EXCEPTION_ACCESS_VIOLATION, 0, 0, NULL);
    if (fault("moves")) SetCurrentDirectoryA("C:\\windows");
    if (fault("refuses") || wcscmp(password, L"wrong") == 0) return raise(raised, L"The logon f\u00e4iled.");
    object->on = 1;
    note("on", object);
    return S_OK;
}

static int is_on(const Object *object) {
    while (object->owner && object->kind != NAMESPACE && object->kind != NOTES) object = object->owner;
    return object->on && !evicted;
}

static HRESULT number(VARIANT *result, long value) {
    result->vt = VT_I4;
    result->lVal = value;
    return S_OK;
}

static HRESULT STDMETHODCALLTYPE call(IDispatch *self, DISPID id, REFIID iid, LCID locale, WORD flags,
                                      DISPPARAMS *given, VARIANT *result, EXCEPINFO *raised, UINT *wrong) {
    Object *object = (Object *)self;
    (void)iid, (void)locale, (void)flags, (void)wrong;
    switch (object->kind * 100 + id) {
    case APPLICATION * 100 + GETNAMESPACE: return answer_new(NAMESPACE, object, result);
    case APPLICATION * 100 + CREATEITEM: return answer_new(MAIL, object, result);
    case NAMESPACE * 100 + LOGON: return logon(object, word(given, 1), raised);
    case NOTES * 100 + INITIALIZE: return logon(object, word(given, 0), raised);
    case NAMESPACE * 100 + LOGOFF:
        note("off", object);
        object->on = 0;
        if (fault("logoff ends all")) evicted = 1;
        return fault("logoff raises") ? raise(raised, L"not now") : S_OK;
    case NAMESPACE * 100 + GETDEFAULTFOLDER:
        if (!is_on(object)) return raise(raised, L"nobody is logged on");
        return answer_new(FOLDER, object, result);
    case FOLDER * 100 + ITEMS_OF: return answer_new(ITEMS, object, result);
    case ITEMS * 100 + COUNT: return number(result, 2);
    case NOTES * 100 + GETDBDIRECTORY:
        if (!is_on(object)) return raise(raised, L"nobody is logged on");
        return answer_new(DIRECTORY, object, result);
    case DIRECTORY * 100 + OPENMAILDATABASE: return answer_new(DATABASE, object, result);
    case DATABASE * 100 + GETVIEW: return answer_new(VIEW, object, result);
    case DATABASE * 100 + CREATEDOCUMENT: return answer_new(DOCUMENT, object, result);
    case VIEW * 100 + ENTRYCOUNT: return number(result, 2);
    case DOCUMENT * 100 + REPLACE: return answer_new(DOCUMENT, object, result);
    case MAIL * 100 + TO:
    case MAIL * 100 + SUBJECT: return S_OK;
    case MAIL * 100 + SEND:
    case DOCUMENT * 100 + SEND: return note("sent", object), S_OK;
    }
    return DISP_E_MEMBERNOTFOUND;
}

static IDispatchVtbl methods = {query, add, release, count_types, types, ids, call};

static Object *create(int kind, Object *owner) {
    Object *object = calloc(1, sizeof *object);
    object->iface.lpVtbl = &methods;
    object->references = 1;
    object->kind = kind;
    object->owner = owner;
    if (owner) IDispatch_AddRef(&owner->iface);
    note("made", object);
    return object;
}

static HRESULT answer_new(int kind, Object *owner, VARIANT *result) {
    Object *made;
    if (!result) return E_POINTER;
    made = create(kind, owner);
    result->vt = VT_DISPATCH;
    result->pdispVal = &made->iface;
    return S_OK;
}

/* --- the class objects, which live as long as the DLL --- */

typedef struct { IClassFactory iface; int kind; } Factory;

static HRESULT STDMETHODCALLTYPE factory_query(IClassFactory *self, REFIID iid, void **to) {
    int known = IsEqualIID(iid, &IID_IUnknown) || IsEqualIID(iid, &IID_IClassFactory);
    *to = known ? self : NULL;
    return known ? S_OK : E_NOINTERFACE;
}
static ULONG STDMETHODCALLTYPE factory_count(IClassFactory *self) { return (void)self, 2; }
static HRESULT STDMETHODCALLTYPE factory_create(IClassFactory *self, IUnknown *outer, REFIID iid, void **to) {
    Object *object;
    HRESULT code;
    if (outer) return CLASS_E_NOAGGREGATION;
    object = create(((Factory *)self)->kind, NULL);
    code = IDispatch_QueryInterface(&object->iface, iid, to);
    IDispatch_Release(&object->iface);
    return code;
}
static HRESULT STDMETHODCALLTYPE factory_lock(IClassFactory *self, BOOL on) { return (void)self, (void)on, S_OK; }
static IClassFactoryVtbl factory_methods = {factory_query, factory_count, factory_count, factory_create, factory_lock};
static Factory outlook = {{&factory_methods}, APPLICATION}, notes = {{&factory_methods}, NOTES};

__declspec(dllexport) HRESULT STDMETHODCALLTYPE DllGetClassObject(REFCLSID class, REFIID iid, void **to) {
    if (IsEqualCLSID(class, &CLSID_Outlook)) return factory_query(&outlook.iface, iid, to);
    if (IsEqualCLSID(class, &CLSID_Notes)) return factory_query(&notes.iface, iid, to);
    return *to = NULL, CLASS_E_CLASSNOTAVAILABLE;
}
