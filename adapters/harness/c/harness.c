/* A harness: it stands between the conformance suite and mail.c, one JSON object a line.
 *
 * The suite calls what `initialize` lists, and nothing else. To offer another function, list it and
 * add a function to `calls`. The protocol is described in docs/protocol.md of the suite.
 *
 * Each function below writes the result of its call to `out` and returns NULL, or returns what is
 * wrong after setting `code`. */

#include <inttypes.h>

#include "json.h"
#include "text.h"
#include "mail.h"

enum { NOT_EXPRESSIBLE = -32001, BAD_PARAMS = -32602, NAMES = 4096 };

static Text out;
static int code;

/* What the suite calls the values that it was given. */
static struct { char *name; uintptr_t value; } names[NAMES];
static int named;

static const char *refuse(int with, const char *message) {
    code = with;
    return message;
}

static uint32_t number(const Json *params, const char *key) {
    const Json *found = json_member(params, key);
    return found && found->type == JSON_INTEGER ? (uint32_t)found->integer : 0;
}

static const char *string(const Json *params, const char *key) {
    const Json *found = json_member(params, key);
    return found && found->type == JSON_STRING ? found->text : NULL;
}

/* Binds a name to a value; false where there is no room. */
static int bind(const char *name, uintptr_t value) {
    size_t size = strlen(name) + 1;
    char *copy = named < NAMES ? malloc(size) : NULL;
    if (!copy) return 0;
    memcpy(copy, name, size);
    names[named].name = copy;
    names[named++].value = value;
    return 1;
}

/* The handle that a name stands for, or a forged one: {"literal": 7} or "0x7" in it. */
static const char *session(const Json *params, uintptr_t *value) {
    const Json *given = json_member(params, "lhSession");
    const Json *literal = json_member(given, "literal");
    if (literal) {
        uint64_t forged = literal->type == JSON_STRING ? strtoull(literal->text, NULL, 0)
                                                       : literal->integer;
        *value = (uintptr_t)forged;
        return *value == forged ? NULL : refuse(NOT_EXPRESSIBLE, "no handle is that wide here");
    }
    if (given && given->type == JSON_STRING)
        for (int i = named - 1; i >= 0; --i)
            if (strcmp(names[i].name, given->text) == 0) {
                *value = names[i].value;
                return NULL;
            }
    return refuse(BAD_PARAMS, "that session was never bound");
}

/* --- the suite's own methods --- */

/* Says who is here, and which functions are offered. */
static const char *initialize(const Json *params) {
    if (number(params, "protocol") != 1) return refuse(BAD_PARAMS, "only protocol 1 is spoken here");
    text_format(&out, "{\"protocol\":1,\"implementation\":{\"name\":\"my mail\",\"version\":\"0.1\","
                      "\"language\":\"C\"},\"families\":{\"simple\":{\"functions\":"
                      "[\"MAPILogon\",\"MAPILogoff\"],\"observes\":[\"live\"]}}}");
    return NULL;
}

/* Starts from nothing: no session is open, and no name is bound. */
static const char *begin(const Json *params) {
    (void)params;
    mail_reset();
    while (named > 0) free(names[--named].name);
    text_format(&out, "{}");
    return NULL;
}

/* Counts what can be seen without a call: this is how leaks are found. */
static const char *observe(const Json *params) {
    (void)params;
    text_format(&out, "{\"live\":{\"sessions\":%u}}", mail_live_sessions());
    return NULL;
}

/* Credentials that can log on. */
static const char *profile(const Json *params) {
    (void)params;
    text_format(&out, "{\"profile\":\"%s\",\"password\":\"%s\"}", PROFILE, PASSWORD);
    return NULL;
}

static const char *shut_down(const Json *params) {
    (void)params;
    text_format(&out, "{}");
    return NULL;
}

/* --- the functions of the implementation --- */

static const char *logon(const Json *params) {
    /* The name under which the suite will pass the handle later; null stands for NULL. */
    const char *name = string(params, "lplhSession");
    uintptr_t handle = 0;
    unsigned result = mail_logon(string(params, "lpszProfileName"), string(params, "lpszPassword"),
                                 number(params, "flFlags"), number(params, "ulReserved"),
                                 name ? &handle : NULL);
    if (handle && !bind(name, handle)) return refuse(NOT_EXPRESSIBLE, "too many names");
    text_format(&out, "{\"return\":%u", result);
    if (handle) text_format(&out, ",\"out\":{\"lplhSession\":\"0x%" PRIxPTR "\"}", handle);
    else if (name) text_format(&out, ",\"out\":{\"lplhSession\":null}");
    text_format(&out, "}");
    return NULL;
}

static const char *logoff(const Json *params) {
    uintptr_t handle;
    const char *wrong = session(params, &handle);
    if (wrong) return wrong;
    text_format(&out, "{\"return\":%u}",
                mail_logoff(handle, number(params, "flFlags"), number(params, "ulReserved")));
    return NULL;
}

static const struct { const char *method; const char *(*perform)(const Json *params); } calls[] = {
    {"initialize", initialize},
    {"begin", begin},
    {"observe", observe},
    {"shutdown", shut_down},
    {"world.profile", profile},
    {"MAPILogon", logon},
    {"MAPILogoff", logoff},
};

/* --- the loop --- */

/* Answers one line; false after the last one. */
static int answer(char *line) {
    const Json *request = json_read(line), *id = json_member(request, "id");
    const char *method = string(request, "method");
    const char *wrong = refuse(NOT_EXPRESSIBLE, "that is not offered");
    size_t start;
    if (!method || !id || id->type != JSON_INTEGER) {
        fprintf(stderr, "this is no request\n");
        exit(1);
    }
    text_format(&out, "{\"jsonrpc\":\"2.0\",\"id\":%" PRIu64 ",\"result\":", id->integer);
    start = out.length;
    for (size_t i = 0; i < sizeof calls / sizeof *calls; ++i)
        if (strcmp(method, calls[i].method) == 0)
            wrong = calls[i].perform(json_member(request, "params"));
    if (wrong) {
        out.length = start - strlen("\"result\":");
        text_format(&out, "\"error\":{\"code\":%d,\"message\":", code);
        text_string(&out, wrong);
        text_format(&out, "}");
    }
    text_format(&out, "}\n");
    fwrite(out.data, 1, out.length, stdout);
    fflush(stdout);
    out.length = 0;
    return strcmp(method, "shutdown") != 0;
}

/* Reads a line of any length; false at the end. */
static int read_line(Text *line) {
    int c;
    line->length = 0;
    while ((c = getchar()) != EOF && c != '\n') {
        char byte = (char)c;
        text_bytes(line, &byte, 1);
    }
    text_bytes(line, "", 1);
    return c != EOF || line->length > 1;
}

int main(void) {
    Text line = {0};
    while (read_line(&line))
        if (line.data[strspn(line.data, " \t\r")] && !answer(line.data)) break;
    return 0;
}
