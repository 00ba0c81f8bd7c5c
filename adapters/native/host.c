/* The host: puts a library with the documented C API behind the harness protocol, version 1.
 *
 * It takes the path of the library from MAPI_CONFORMANCE_LIBRARY, reads requests from stdin and
 * answers on stdout. A fault inside a call is caught and answered; whatever cannot be caught ends
 * the process, which the suite takes for a crash too. Each header has one job; build.py has the
 * commands that compile this file. */

#define _GNU_SOURCE

#include "ending.h"
#include "parallel.h"

static int declares(const char *what) {
    const char *declared = getenv("MAPI_CONFORMANCE_DECLARES");
    return declared && strstr(declared, what) != NULL;
}

static void write_family(const char *family, const char *observes) {
    const char *comma = "";
    text_format(out, "\"%s\":{\"functions\":[", family);
    for (int i = 0; i < FUNCTIONS; ++i)
        if (strcmp(functions[i].family, family) == 0 && is_offered(&functions[i])) {
            text_format(out, "%s\"%s\"", comma, functions[i].name);
            comma = ",";
        }
    text_format(out, "],\"observes\":[%s],\"checked_handles\":%s,\"parallel\":%s}", observes,
                declares("checked_handles") ? "true" : "false",
                declares("parallel") ? "true" : "false");
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
    text_put(out, "{\"protocol\":1,\"implementation\":{\"name\":");
    text_string(out, name ? name : "native library");
    text_format(out, ",\"version\":\"unknown\",\"language\":\"C API\",\"platform\":\"%s\"}",
                platform_name());
    text_put(out, ",\"families\":{");
    if (imsg) write_family("imsg", "\"mallocs\",\"storages\",\"released\",\"buffers\"");
    if (imsg && simple) text_put(out, ",");
    if (simple) write_family("simple", "");
    text_put(out, "}}");
    return 1;
}

static int begin(void) {
    int closed = end_what_is_open(), stored, lent;
    stored = drop_storages();
    lent = drop_lent();
    unbind_all();
    fresh = fresh && closed && stored && lent;
    if (fresh) blocks_reset();
    text_put(out, fresh ? "{}" : "{\"fresh\":false}");
    return 1;
}

static int perform(const char *method, const Json *params) {
    if (strcmp(method, "begin") == 0) return begin();
    if (strcmp(method, "initialize") == 0) return initialize(params);
    if (strcmp(method, "parallel") == 0) return parallel(params);
    if (strcmp(method, "shutdown") == 0) return text_put(out, "{}"), 1;
    return perform_shared(method, params);
}

static int refuse(const char *method, const Json *params) {
    (void)method, (void)params;
    return fail(NO_REQUEST, "this is no request");
}

/* Answers one line; returns whether another may come. */
static int answer(char *line) {
    const Json *request = json_read(line);
    const Json *id = json_member(request, "id"), *method = json_member(request, "method");
    int sound = id && method && method->type == JSON_STRING;
    out->length = 0;
    request_id = id ? (unsigned long long)id->integer : 0;
    text_format(out, "{\"jsonrpc\":\"2.0\",\"id\":%llu,", request_id);
    write_answer(sound ? method->text : "", json_member(request, "params"),
                 sound ? perform : refuse);
    text_put(out, "}\n");
    return write_pipe(out->data, out->length) && !(sound && strcmp(method->text, "shutdown") == 0);
}

int main(void) {
    static Text in, answers;
    static char piece[65536];
    const char *missing;
    long got;
    out = &answers;
    lock_create();
    take_pipes();
    use_temporary_folder();
    if (!load_library()) {
        fprintf(stderr, "host: cannot load the library: %s\n", library_error);
        return 3;
    }
    if ((missing = find_exports()) != NULL) {
        fprintf(stderr, "host: it has no export %s\n", missing);
        return 3;
    }
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
