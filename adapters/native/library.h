/* Loading the library, and keeping the two pipes to the suite out of its reach. */

#ifndef MAPI_CONFORMANCE_LIBRARY_H
#define MAPI_CONFORMANCE_LIBRARY_H

#include "platform.h"

static char library_error[256];

#ifdef _WIN32

static HANDLE pipe_in, pipe_out;
static HMODULE library;

static int load_library(void) {
    /* Wide, because the path may hold characters that the ANSI code page lacks. */
    static wchar_t path[32768];
    if (!GetEnvironmentVariableW(L"MAPI_CONFORMANCE_LIBRARY", path, 32768)) return 0;
    library = LoadLibraryExW(path, NULL, LOAD_WITH_ALTERED_SEARCH_PATH);
    if (!library)
        snprintf(library_error, sizeof library_error, "LoadLibrary failed with error %lu",
                 GetLastError());
    return library != NULL;
}

/* OLE makes a temporary file for each transacted storage: in a folder that the suite chooses. */
static void use_temporary_folder(void) {
    static wchar_t path[MAX_PATH];
    if (GetEnvironmentVariableW(L"MAPI_CONFORMANCE_TEMP", path, MAX_PATH))
        SetEnvironmentVariableW(L"TMP", path);
}

static void *library_symbol(const char *name) { return (void *)GetProcAddress(library, name); }

static void *library_ordinal(unsigned number) {
    return (void *)GetProcAddress(library, (const char *)(uintptr_t)(number & 0xFFFFu));
}

/* The library gets stderr for its stdout and nothing for its stdin: the two pipes are ours. */
static void take_pipes(void) {
    HANDLE nothing = CreateFileA("NUL", GENERIC_READ, 0, NULL, OPEN_EXISTING, 0, NULL);
    pipe_in = (HANDLE)_get_osfhandle(_dup(0));
    pipe_out = (HANDLE)_get_osfhandle(_dup(1));
    _dup2(_open("NUL", _O_RDONLY), 0);
    _dup2(2, 1);
    SetStdHandle(STD_INPUT_HANDLE, nothing);
    SetStdHandle(STD_OUTPUT_HANDLE, GetStdHandle(STD_ERROR_HANDLE));
}

static long read_pipe(char *to, size_t room) {
    DWORD got = 0;
    return ReadFile(pipe_in, to, (DWORD)room, &got, NULL) ? (long)got : 0;
}

static int write_pipe(const char *from, size_t length) {
    while (length) {
        DWORD written = 0;
        if (!WriteFile(pipe_out, from, (DWORD)length, &written, NULL) || !written) return 0;
        from += written;
        length -= written;
    }
    return 1;
}

static void leave_process(int status) { TerminateProcess(GetCurrentProcess(), (UINT)status); }

#else

static int pipe_in, pipe_out;
static void *library;

static void use_temporary_folder(void) {}

static int load_library(void) {
    const char *path = getenv("MAPI_CONFORMANCE_LIBRARY");
    library = path ? dlopen(path, RTLD_NOW | RTLD_LOCAL) : NULL;
    if (path && !library) snprintf(library_error, sizeof library_error, "%s", dlerror());
    return library != NULL;
}

static void *library_symbol(const char *name) { return dlsym(library, name); }

static void *library_ordinal(unsigned number) { /* ELF files have no ordinals */
    (void)number;
    return NULL;
}

/* The library gets stderr for its stdout and nothing for its stdin: the two pipes are ours. */
static void take_pipes(void) {
    int nothing = open("/dev/null", O_RDONLY);
    pipe_in = fcntl(0, F_DUPFD_CLOEXEC, 3);
    pipe_out = fcntl(1, F_DUPFD_CLOEXEC, 3);
    if (dup2(nothing, 0) < 0 || dup2(2, 1) < 0) exit(3);
}

static long read_pipe(char *to, size_t room) {
    ssize_t got;
    do got = read(pipe_in, to, room);
    while (got < 0 && errno == EINTR);
    return (long)got;
}

static int write_pipe(const char *from, size_t length) {
    while (length) {
        ssize_t written = write(pipe_out, from, length);
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) return 0;
        from += written;
        length -= (size_t)written;
    }
    return 1;
}

static void leave_process(int status) { _exit(status); }

#endif
#endif
