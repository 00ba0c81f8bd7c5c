/* Compound files of OLE, on bytes in memory. */

#ifndef MAPI_CONFORMANCE_BACKEND_OLE_H
#define MAPI_CONFORMANCE_BACKEND_OLE_H

typedef struct { ILockBytes *bytes; } Backend;

static void backend_drop(Backend *backend) {
    if (backend->bytes) ILockBytes_Release(backend->bytes);
    backend->bytes = NULL;
}

static int backend_from(Backend *backend, const void *bytes, size_t length) {
    ULARGE_INTEGER size, start;
    ULONG written = 0;
    backend->bytes = NULL;
    size.QuadPart = length;
    start.QuadPart = 0;
    return CreateILockBytesOnHGlobal(NULL, TRUE, &backend->bytes) == S_OK &&
           ILockBytes_SetSize(backend->bytes, size) == S_OK &&
           ILockBytes_WriteAt(backend->bytes, start, bytes, (ULONG)length, &written) == S_OK &&
           written == length;
}

static int backend_bytes(const Backend *backend, Text *out) {
    ULARGE_INTEGER start;
    STATSTG stat;
    ULONG got = 0;
    size_t length;
    start.QuadPart = 0;
    if (ILockBytes_Stat(backend->bytes, &stat, STATFLAG_NONAME) != S_OK) return 0;
    length = (size_t)stat.cbSize.QuadPart;
    return ILockBytes_ReadAt(backend->bytes, start, text_grow(out, length), (ULONG)length, &got) ==
               S_OK &&
           got == length;
}

/* An empty file, made once: writing one takes longer than copying it. */
static int backend_empty(Text *file) {
    const DWORD mode = STGM_CREATE | STGM_READWRITE | STGM_SHARE_EXCLUSIVE;
    Backend backend = {NULL};
    IStorage *storage = NULL;
    int made = CreateILockBytesOnHGlobal(NULL, TRUE, &backend.bytes) == S_OK &&
               StgCreateDocfileOnILockBytes(backend.bytes, mode, 0, &storage) == S_OK &&
               IStorage_SetClass(storage, &clsid_mail_message) == S_OK &&
               IStorage_Commit(storage, STGC_DEFAULT) == S_OK;
    if (storage) IStorage_Release(storage);
    made = made && backend_bytes(&backend, file);
    backend_drop(&backend);
    return made;
}

static int backend_create(Backend *backend, const void *bytes, size_t length) {
    static Text empty;
    if (!bytes) {
        if (!empty.length && !backend_empty(&empty)) return 0;
        bytes = empty.data;
        length = empty.length;
    }
    if (backend_from(backend, bytes, length) && StgIsStorageILockBytes(backend->bytes) == S_OK)
        return 1;
    backend_drop(backend);
    return 0;
}

static int backend_copy(Backend *to, const Backend *from) {
    static Text file;
    file.length = 0;
    return backend_bytes(from, &file) && backend_create(to, file.data, file.length);
}

static int backend_open(Backend *backend, DWORD mode, IStorage **storage) {
    return StgOpenStorageOnILockBytes(backend->bytes, NULL, mode, NULL, 0, storage) == S_OK;
}

#endif
