/* --- storages: compound files of OLE, each a temporary file --- */

#ifdef _WIN32
static IStorage *storage(DWORD mode) {
    static HMODULE ole;
    wchar_t folder[MAX_PATH], path[MAX_PATH];
    IStorage *made = NULL;
    HRESULT(WINAPI *create)(const wchar_t *, DWORD, DWORD, IStorage **);
    HRESULT(WINAPI *open)(const wchar_t *, IStorage *, DWORD, void *, DWORD, IStorage **);
    if (!ole) ole = LoadLibraryA("ole32.dll");
    create = (void *)GetProcAddress(ole, "StgCreateDocfile");
    open = (void *)GetProcAddress(ole, "StgOpenStorage");
    GetTempPathW(MAX_PATH, folder);
    GetTempFileNameW(folder, L"mapi", 0, path);
    if (create(path, STGM_CREATE | STGM_SHARE_EXCLUSIVE | STGM_READWRITE, 0, &made)) return NULL;
    IStorage_Release(made);
    return open(path, NULL, mode, NULL, 0, &made) ? NULL : made;
}
#else
static IStorage *storage(DWORD mode) { return (void)mode, NULL; } /* only OLE has them */
#define IStorage_Release(storage) ((void)(storage), 0)
#endif
