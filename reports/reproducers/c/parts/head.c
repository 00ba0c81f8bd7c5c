#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef _WIN32
#define COBJMACROS
#include <windows.h>
#include <objbase.h>
#else
#include <dlfcn.h>
#include <signal.h>
#include <unistd.h>
#define WINAPI
typedef size_t SIZE_T;
typedef uint32_t ULONG, DWORD;
typedef uintptr_t ULONG_PTR;
typedef int32_t LONG, SCODE, HRESULT;
typedef char *LPSTR;
typedef uint16_t WCHAR, *LPWSTR;
typedef uint8_t BYTE;
typedef void VOID, *LPVOID;
typedef struct { uint32_t Data1; uint16_t Data2, Data3; uint8_t Data4[8]; } GUID;
typedef struct { uint32_t dwLowDateTime, dwHighDateTime; } FILETIME;
#endif
