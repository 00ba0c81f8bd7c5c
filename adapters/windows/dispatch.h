/* Late-bound calls: a method or property of an object, by its name (IDispatch). */

#ifndef MAPI_CONFORMANCE_DISPATCH_H
#define MAPI_CONFORMANCE_DISPATCH_H

#include <windows.h>
#include <oleauto.h>

enum { MOST_ARGUMENTS = 4 };

static WCHAR error_text[1024]; /* of the last call that failed, else empty */

static void explain(HRESULT code, const WCHAR *where, EXCEPINFO *raised) {
    const WCHAR *said = raised && raised->bstrDescription ? raised->bstrDescription : L"failed";
    _snwprintf(error_text, sizeof error_text / sizeof *error_text - 1, L"%ls: %ls (0x%08lX)", where,
               said, (unsigned long)(raised && raised->scode ? raised->scode : code));
}

static void forget(EXCEPINFO *raised) {
    SysFreeString(raised->bstrSource);
    SysFreeString(raised->bstrDescription);
    SysFreeString(raised->bstrHelpFile);
}

/* Calls `name` with arguments in their documented order, which are cleared; tells whether it
 * returned. `result` may be NULL. */
static int call_by_name(IDispatch *object, const WCHAR *name, WORD kind, VARIANT *arguments,
                        UINT count, VARIANT *result) {
    DISPID id, put = DISPID_PROPERTYPUT;
    VARIANT reversed[MOST_ARGUMENTS];
    DISPPARAMS given = {reversed, NULL, count, 0};
    EXCEPINFO raised;
    UINT wrong;
    HRESULT code;
    memset(&raised, 0, sizeof raised);
    for (UINT i = 0; i < count; ++i) reversed[count - 1 - i] = arguments[i];
    if (kind == DISPATCH_PROPERTYPUT) given.rgdispidNamedArgs = &put, given.cNamedArgs = 1;
    if (result) VariantInit(result);
    code = IDispatch_GetIDsOfNames(object, &IID_NULL, (LPOLESTR *)&name, 1, LOCALE_USER_DEFAULT, &id);
    if (SUCCEEDED(code))
        code = IDispatch_Invoke(object, id, &IID_NULL, LOCALE_USER_DEFAULT, kind, &given, result,
                                &raised, &wrong);
    if (code == DISP_E_EXCEPTION && raised.pfnDeferredFillIn) raised.pfnDeferredFillIn(&raised);
    if (FAILED(code)) explain(code, name, code == DISP_E_EXCEPTION ? &raised : NULL);
    forget(&raised);
    for (UINT i = 0; i < count; ++i) VariantClear(&arguments[i]);
    return SUCCEEDED(code);
}

/* The object that a method or property answers with, or NULL. */
static IDispatch *object_of(IDispatch *object, const WCHAR *name, VARIANT *arguments, UINT count) {
    VARIANT answer;
    if (!call_by_name(object, name, DISPATCH_METHOD | DISPATCH_PROPERTYGET, arguments, count, &answer))
        return NULL;
    if (answer.vt == VT_DISPATCH && answer.pdispVal) return answer.pdispVal;
    explain(E_NOINTERFACE, name, NULL);
    VariantClear(&answer);
    return NULL;
}

static int whole_number(IDispatch *object, const WCHAR *name, long *number) {
    VARIANT answer;
    if (!call_by_name(object, name, DISPATCH_METHOD | DISPATCH_PROPERTYGET, NULL, 0, &answer)) return 0;
    if (FAILED(VariantChangeType(&answer, &answer, 0, VT_I4))) {
        explain(DISP_E_TYPEMISMATCH, name, NULL);
        VariantClear(&answer);
        return 0;
    }
    *number = answer.lVal;
    return 1;
}

/* --- arguments --- */

static VARIANT from_text(const char *utf8) { /* NULL: the optional argument is left out */
    VARIANT value;
    VariantInit(&value);
    value.vt = VT_ERROR;
    value.scode = DISP_E_PARAMNOTFOUND;
    if (utf8) {
        int length = MultiByteToWideChar(CP_UTF8, 0, utf8, -1, NULL, 0);
        value.vt = VT_BSTR;
        value.bstrVal = SysAllocStringLen(NULL, (UINT)(length ? length - 1 : 0));
        MultiByteToWideChar(CP_UTF8, 0, utf8, -1, value.bstrVal, length);
    }
    return value;
}

static VARIANT from_number(long number) {
    VARIANT value;
    VariantInit(&value);
    value.vt = VT_I4;
    value.lVal = number;
    return value;
}

static VARIANT from_truth(int truth) {
    VARIANT value;
    VariantInit(&value);
    value.vt = VT_BOOL;
    value.boolVal = truth ? VARIANT_TRUE : VARIANT_FALSE;
    return value;
}

static void let_go(IDispatch **object) {
    if (*object) IDispatch_Release(*object);
    *object = NULL;
}

#endif
