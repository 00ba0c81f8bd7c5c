/* The methods of the counting storages and streams; part of storage.h. */

#ifndef MAPI_CONFORMANCE_WRAPPERS_H
#define MAPI_CONFORMANCE_WRAPPERS_H

/* A storage that everybody has given up has no inner one any more. The lock makes up for what inner
 * ones lack: they are not made for several threads. */
#define INNER(face) (((Element *)(face))->inner.storage)
#define ASK(code, face, call)                                                                   \
    HRESULT code = STG_E_REVERTED;                                                              \
    lock();                                                                                     \
    called((Element *)(face));                                                                  \
    if (INNER(face)) code = INNER(face)->lpVtbl->call;                                          \
    unlock()
#define PASS(face, call)                                                                        \
    ASK(code, face, call);                                                                      \
    return code

static const IStorageVtbl storage_methods;
static const IStreamVtbl stream_methods;

static HRESULT wrap_storage(void *self, HRESULT code, IStorage **made) {
    Element *element = code >= 0 ? element_new(((Element *)self)->lent) : NULL;
    if (code < 0) return code;
    if (!element) return E_OUTOFMEMORY;
    element->face.storage.lpVtbl = &storage_methods;
    element->inner.storage = *made;
    *made = &element->face.storage;
    return code;
}

static HRESULT wrap_stream(void *self, HRESULT code, IStream **made) {
    Element *element = code >= 0 ? element_new(((Element *)self)->lent) : NULL;
    if (code < 0) return code;
    if (!element) return E_OUTOFMEMORY;
    element->face.stream.lpVtbl = &stream_methods;
    element->inner.stream = *made;
    *made = &element->face.stream;
    return code;
}

/* --- IUnknown of both --- */

static ULONG element_add_ref(Element *self) {
    ULONG count;
    called(self);
    lock();
    count = ++self->references;
    if (self->lent->root == self) ++self->lent->references;
    unlock();
    return count;
}

/* The root stays until the sequence ends, so that calls on it afterwards are seen. */
static ULONG element_release(Element *self, int counted) {
    IStorage *inner = NULL;
    ULONG count;
    int root = self->lent->root == self;
    if (counted) called(self);
    lock();
    count = --self->references;
    if (root) --self->lent->references;
    if (count == 0) {
        inner = self->inner.storage;
        self->inner.storage = NULL;
    }
    unlock();
    if (inner) inner->lpVtbl->Release(inner); /* at the same place for streams */
    if (count == 0 && !root) element_end(self);
    return count;
}

static HRESULT element_query(Element *self, const IID *iid, const IID *own, void **object) {
    int known = iid_is(iid, &iid_unknown) || iid_is(iid, own) ||
                (own == &iid_stream && iid_is(iid, &iid_sequential));
    called(self);
    if (!object) return E_INVALIDARG;
    *object = known ? self : NULL;
    if (known) element_add_ref(self);
    return known ? S_OK : E_NOINTERFACE;
}

static HRESULT CALL storage_query(IStorage *self, const IID *iid, void **object) {
    return element_query((Element *)self, iid, &iid_storage, object);
}
static ULONG CALL storage_add_ref(IStorage *self) { return element_add_ref((Element *)self); }
static ULONG CALL storage_release(IStorage *self) { return element_release((Element *)self, 1); }
static HRESULT CALL stream_query(IStream *self, const IID *iid, void **object) {
    return element_query((Element *)self, iid, &iid_stream, object);
}
static ULONG CALL stream_add_ref(IStream *self) { return element_add_ref((Element *)self); }
static ULONG CALL stream_release(IStream *self) { return element_release((Element *)self, 1); }

/* --- IStorage --- */

static HRESULT CALL storage_create_stream(IStorage *self, const OLECHAR *name, DWORD mode, DWORD a,
                                          DWORD b, IStream **made) {
    ASK(code, self, CreateStream(INNER(self), name, mode, a, b, made));
    return wrap_stream(self, code, made);
}
static HRESULT CALL storage_open_stream(IStorage *self, const OLECHAR *name, void *a, DWORD mode,
                                        DWORD b, IStream **made) {
    ASK(code, self, OpenStream(INNER(self), name, a, mode, b, made));
    return wrap_stream(self, code, made);
}
static HRESULT CALL storage_create_storage(IStorage *self, const OLECHAR *name, DWORD mode, DWORD a,
                                           DWORD b, IStorage **made) {
    ASK(code, self, CreateStorage(INNER(self), name, mode, a, b, made));
    return wrap_storage(self, code, made);
}
static HRESULT CALL storage_open_storage(IStorage *self, const OLECHAR *name, IStorage *priority,
                                         DWORD mode, SNB excluded, DWORD a, IStorage **made) {
    ASK(code, self, OpenStorage(INNER(self), name, priority, mode, excluded, a, made));
    return wrap_storage(self, code, made);
}
static HRESULT CALL storage_copy_to(IStorage *self, DWORD count, const IID *iids, SNB excluded,
                                    IStorage *to) {
    PASS(self, CopyTo(INNER(self), count, iids, excluded, to));
}
static HRESULT CALL storage_move(IStorage *self, const OLECHAR *name, IStorage *to,
                                 const OLECHAR *as, DWORD flags) {
    PASS(self, MoveElementTo(INNER(self), name, to, as, flags));
}
static HRESULT CALL storage_commit(IStorage *self, DWORD flags) {
    Element *element = (Element *)self;
    lock();
    element->lent->commits += element->lent->root == element;
    unlock();
    PASS(self, Commit(INNER(self), flags));
}
static HRESULT CALL storage_revert(IStorage *self) {
    PASS(self, Revert(INNER(self)));
}
static HRESULT CALL storage_enum(IStorage *self, DWORD a, void *b, DWORD c, IEnumSTATSTG **made) {
    PASS(self, EnumElements(INNER(self), a, b, c, made));
}
static HRESULT CALL storage_destroy(IStorage *self, const OLECHAR *name) {
    PASS(self, DestroyElement(INNER(self), name));
}
static HRESULT CALL storage_rename(IStorage *self, const OLECHAR *from, const OLECHAR *to) {
    PASS(self, RenameElement(INNER(self), from, to));
}
static HRESULT CALL storage_times(IStorage *self, const OLECHAR *name, const FILETIME *created,
                                  const FILETIME *accessed, const FILETIME *modified) {
    PASS(self, SetElementTimes(INNER(self), name, created, accessed, modified));
}
static HRESULT CALL storage_set_class(IStorage *self, const CLSID *clsid) {
    PASS(self, SetClass(INNER(self), clsid));
}
static HRESULT CALL storage_set_bits(IStorage *self, DWORD bits, DWORD mask) {
    PASS(self, SetStateBits(INNER(self), bits, mask));
}
static HRESULT CALL storage_stat(IStorage *self, STATSTG *stat, DWORD flags) {
    PASS(self, Stat(INNER(self), stat, flags));
}

static const IStorageVtbl storage_methods = {
    storage_query, storage_add_ref, storage_release, storage_create_stream, storage_open_stream,
    storage_create_storage, storage_open_storage, storage_copy_to, storage_move, storage_commit,
    storage_revert, storage_enum, storage_destroy, storage_rename, storage_times,
    storage_set_class, storage_set_bits, storage_stat};

/* --- IStream --- */

#undef INNER
#define INNER(face) (((Element *)(face))->inner.stream)

static HRESULT CALL stream_read(IStream *self, void *to, ULONG size, ULONG *got) {
    PASS(self, Read(INNER(self), to, size, got));
}
static HRESULT CALL stream_write(IStream *self, const void *from, ULONG size, ULONG *put) {
    PASS(self, Write(INNER(self), from, size, put));
}
static HRESULT CALL stream_seek(IStream *self, LARGE_INTEGER move, DWORD origin,
                                ULARGE_INTEGER *now) {
    PASS(self, Seek(INNER(self), move, origin, now));
}
static HRESULT CALL stream_set_size(IStream *self, ULARGE_INTEGER size) {
    PASS(self, SetSize(INNER(self), size));
}
static HRESULT CALL stream_copy_to(IStream *self, IStream *to, ULARGE_INTEGER size,
                                   ULARGE_INTEGER *got, ULARGE_INTEGER *put) {
    PASS(self, CopyTo(INNER(self), to, size, got, put));
}
static HRESULT CALL stream_commit(IStream *self, DWORD flags) {
    PASS(self, Commit(INNER(self), flags));
}
static HRESULT CALL stream_revert(IStream *self) {
    PASS(self, Revert(INNER(self)));
}
static HRESULT CALL stream_lock(IStream *self, ULARGE_INTEGER at, ULARGE_INTEGER size, DWORD kind) {
    PASS(self, LockRegion(INNER(self), at, size, kind));
}
static HRESULT CALL stream_unlock(IStream *self, ULARGE_INTEGER at, ULARGE_INTEGER size,
                                  DWORD kind) {
    PASS(self, UnlockRegion(INNER(self), at, size, kind));
}
static HRESULT CALL stream_stat(IStream *self, STATSTG *stat, DWORD flags) {
    PASS(self, Stat(INNER(self), stat, flags));
}
static HRESULT CALL stream_clone(IStream *self, IStream **made) {
    ASK(code, self, Clone(INNER(self), made));
    return wrap_stream(self, code, made);
}

static const IStreamVtbl stream_methods = {
    stream_query, stream_add_ref, stream_release, stream_read, stream_write, stream_seek,
    stream_set_size, stream_copy_to, stream_commit, stream_revert, stream_lock, stream_unlock,
    stream_stat, stream_clone};

#undef INNER
#undef PASS
#undef ASK

#endif
