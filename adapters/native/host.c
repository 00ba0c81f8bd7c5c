/* The host: puts a library with the documented C API behind the harness protocol, version 1.
 *
 * It takes the path of the library from MAPI_CONFORMANCE_LIBRARY, reads requests from stdin and
 * answers on stdout. A fault inside a call is caught and answered; whatever cannot be caught ends
 * the process, which the suite takes for a crash too.
 *
 * cc -O2 -o host host.c -ldl        x86_64-w64-mingw32-gcc -O2 -o host.exe host.c */

#define _GNU_SOURCE

#include "calls.h"

/* --- the suite's own methods --- */

static void write_family(const char *family, const char *observes) {
    const char *comma = "";
    text_format(&out, "\"%s\":{\"functions\":[", family);
    for (int i = 0; i < FUNCTIONS; ++i)
        if (strcmp(functions[i].family, family) == 0 && is_offered(&functions[i])) {
            text_format(&out, "%s\"%s\"", comma, functions[i].name);
            comma = ",";
        }
    text_format(&out, "],\"observes\":[%s]}", observes);
}

static const char *platform_name(void) {
#ifdef _WIN32
    typedef const char *(*Version)(void);
    HMODULE ntdll = GetModuleHandleA("ntdll.dll");
    Version wine = ntdll ? (Version)(void *)GetProcAddress(ntdll, "wine_get_version") : NULL;
    static char name[80];
    snprintf(name, sizeof name, "%d-bit Windows%s%s", (int)(8 * sizeof(void *)),
             wine ? ", Wine " : "", wine ? wine() : "");
    return name;
#else
    return sizeof(void *) == 8 ? "64-bit POSIX" : "32-bit POSIX";
#endif
}

static int initialize(const Json *params) {
    const char *name = getenv("MAPI_CONFORMANCE_NAME");
    const Json *protocol = json_member(params, "protocol");
    int simple = is_exported("MAPILogon"), imsg = is_exported("OpenIMsgSession");
    if (!protocol || protocol->integer != 1) return fail(BAD_PARAMS, "only protocol 1 is spoken");
    text_format(&out, "{\"protocol\":1,\"implementation\":{\"name\":");
    text_string(&out, name ? name : "native library");
    text_format(&out, ",\"version\":\"unknown\",\"language\":\"C API\",\"platform\":\"%s\"}",
                platform_name());
    text_format(&out, ",\"families\":{");
    if (imsg) write_family("imsg", "\"mallocs\",\"released\",\"buffers\"");
    if (imsg && simple) text_format(&out, ",");
    if (simple) write_family("simple", "");
    text_format(&out, "}}");
    return 1;
}

static int begin(void) {
    int closed = close_all();
    int returned = drop_lent();
    unbind_all();
    text_format(&out, fresh && closed && returned ? "{}" : "{\"fresh\":false}");
    return 1;
}

static int world_malloc(const Json *params) {
    const Json *name = json_member(params, "name"), *limit = json_member(params, "fail_after");
    int64_t successes = limit && limit->type == JSON_INTEGER ? (int64_t)limit->integer : -1;
    if (!name || name->type != JSON_STRING) return fail(BAD_PARAMS, "the allocator has no name");
    text_format(&out, "{}");
    return bind_name(name->text, (uintptr_t)lend_malloc(name->text, successes));
}

static int world_storage(const Json *params) {
    static const char *const modes[] = {"read", "write", "readwrite"};
    const Json *name = json_member(params, "name"), *mode = json_member(params, "mode");
    const Json *transacted = json_member(params, "transacted");
    uintptr_t storage = 0;
    if (!name || name->type != JSON_STRING || !mode || mode->type != JSON_STRING)
        return fail(BAD_PARAMS, "the storage has no name or no mode");
    for (uint32_t i = 0; i < 3; ++i)
        if (strcmp(mode->text, modes[i]) == 0 && !json_member(params, "base64"))
            storage = lend_storage(i, transacted && transacted->type == JSON_TRUE);
    if (!storage) return fail(NOT_EXPRESSIBLE, "this host cannot lend such a storage");
    note_open("IMessage.Release", storage, 0);
    text_format(&out, "{}");
    return bind_name(name->text, storage);
}

static int world_release(const Json *params) {
    uintptr_t object;
    Invocation call = {NULL, 1, {0}, 0};
    if (!to_object(json_member(params, "name"), &object)) return 0;
    call.arguments[0] = object;
    if (!run(find_function("IMessage.Release"), &call)) return 0; /* IUnknown's, at the same place */
    note_close("IMessage.Release", object);
    text_format(&out, "{\"return\":%u}", (unsigned)(uint32_t)call.result);
    return 1;
}

static int world_profile(void) {
    text_format(&out, "{\"profile\":");
    const char *profile = getenv("MAPI_CONFORMANCE_PROFILE");
    const char *password = getenv("MAPI_CONFORMANCE_PASSWORD");
    if (profile) text_string(&out, profile);
    else text_format(&out, "null");
    text_format(&out, ",\"password\":");
    if (password) text_string(&out, password);
    else text_format(&out, "null");
    text_format(&out, "}");
    return 1;
}

/* Writes a result and returns 1, or sets the error and returns 0. */
static int perform(const char *method, const Json *params) {
    const Function *function = find_function(method);
    if (function) return call_function(function, params);
    if (strcmp(method, "observe") == 0) return observe_lent(&out), 1;
    if (strcmp(method, "begin") == 0) return begin();
    if (strcmp(method, "initialize") == 0) return initialize(params);
    if (strcmp(method, "shutdown") == 0) return text_format(&out, "{}"), 1;
    if (strcmp(method, "world.malloc") == 0) return world_malloc(params);
    if (strcmp(method, "world.storage") == 0) return world_storage(params);
    if (strcmp(method, "world.release") == 0) return world_release(params);
    if (strcmp(method, "world.profile") == 0) return world_profile();
    if (strncmp(method, "world.", 6) == 0)
        return fail(NOT_EXPRESSIBLE, "this host cannot do that");
    return fail(NOT_OFFERED, "this host has no such method");
}

/* Answers one line; returns whether another may come. */
static int answer(char *line) {
    const Json *request = json_read(line);
    const Json *id = json_member(request, "id"), *method = json_member(request, "method");
    unsigned long long number = id ? (unsigned long long)id->integer : 0;
    size_t start;
    out.length = 0;
    text_format(&out, "{\"jsonrpc\":\"2.0\",\"id\":%llu,\"result\":", number);
    start = out.length;
    error_code = 0;
    if (!id || !method || method->type != JSON_STRING)
        fail(-32600, "this is no request");
    else
        perform(method->text, json_member(request, "params"));
    if (error_code) {
        out.length = start - strlen("\"result\":");
        text_format(&out, "\"error\":{\"code\":%d,\"message\":", error_code);
        text_string(&out, error_message);
        if (error_code == CRASHED) {
            fresh = 0;
            text_format(&out, ",\"data\":{\"code\":%u}", (unsigned)fault_code);
        }
        text_format(&out, "}");
    }
    text_format(&out, "}\n");
    return write_pipe(out.data, out.length) &&
           !(method && method->text && strcmp(method->text, "shutdown") == 0);
}

int main(void) {
    static Text in;
    char piece[65536];
    long got;
    take_pipes();
    if (!load_library()) {
        fprintf(stderr, "host: cannot load the library: %s\n", library_error);
        return 3;
    }
    find_exports();
    install_guards(); /* after loading, so that no handler of the library comes first */
    while ((got = read_pipe(piece, sizeof piece)) > 0) {
        char *from, *end;
        text_bytes(&in, piece, (size_t)got);
        from = in.data;
        while ((end = memchr(from, '\n', (size_t)(in.data + in.length - from))) != NULL) {
            *end = 0;
            while (*from == ' ' || *from == '\r') ++from;
            if (*from && !answer(from)) leave_process(0);
            from = end + 1;
        }
        in.length -= (size_t)(from - in.data);
        memmove(in.data, from, in.length);
    }
    leave_process(0);
}
