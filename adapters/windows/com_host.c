/* The COM host: puts Outlook and Lotus Notes, as this machine has them, behind the harness
 * protocol, version 1, by late-bound calls.
 *
 * A start answers with an integer that identifies the session from then on; the session variable
 * that was given identifies it too. A fault inside a program that runs in this process ends it,
 * which the suite takes for a crash. build.py has the commands that compile this file. */

#define _GNU_SOURCE

#include "../native/json.h"
#include "../native/encoded.h"
#include "programs.h"

enum { BAD_PARAMS = -32602, NOT_OFFERED = -32601, MOST_SESSIONS = 1024, FIRST_NUMBER = 7001 };

typedef struct {
    const Program *program; /* NULL: the place is free */
    Opened opened;
    uint64_t number;
    char variable[128]; /* or a user name; "" where none was given */
} Session;

static Session sessions[MOST_SESSIONS];
static uint64_t last_number = FIRST_NUMBER - 1;
static Text reply;
static Text *const out = &reply;

static int refuse(int code, const char *message) {
    out->length = 0;
    text_format(out, "\"error\":{\"code\":%d,\"message\":\"%s\"}", code, message);
    return 0;
}

static const char *text_of(const Json *object, const char *key) {
    const Json *member = json_member(object, key);
    return member && member->type == JSON_STRING ? member->text : NULL;
}

/* --- sessions --- */

static Session *find(const Json *identity) {
    const Json *number = json_member(identity, "integer");
    const char *name = text_of(identity, "variable");
    if (!name) name = text_of(identity, "user");
    for (Session *each = sessions; each < sessions + MOST_SESSIONS; ++each) {
        if (!each->program) continue;
        if (number ? number->type == JSON_INTEGER && number->integer == each->number
                   : name && strcmp(name, each->variable) == 0)
            return each;
    }
    return NULL;
}

static void close_session(Session *session) {
    if (!session || !session->program) return;
    session->program->close(&session->opened);
    session->program = NULL;
}

static void close_all(void) {
    for (Session *each = sessions; each < sessions + MOST_SESSIONS; ++each) close_session(each);
    error_text[0] = 0;
}

static int live(void) {
    int count = 0;
    for (Session *each = sessions; each < sessions + MOST_SESSIONS; ++each) count += !!each->program;
    return count;
}

/* --- functions --- */

/* What the call leaves out or empty comes from the environment: the account of this machine. */
static const char *account(const Json *params, const char *key, const char *variable) {
    const char *given = text_of(params, key), *usual = getenv(variable);
    return given && (*given || !usual) ? given : usual;
}

static int start(const Program *program, const Json *params) {
    const Json *identity = json_member(params, "session");
    const char *name = text_of(identity, "variable");
    Session *place = sessions;
    Opened opened = {NULL, NULL};
    if (!name) name = text_of(identity, "user");
    if (!identity || (name && strlen(name) >= sizeof place->variable))
        return refuse(BAD_PARAMS, "the session is neither a variable nor a user of 127 bytes");
    while (place < sessions + MOST_SESSIONS && place->program) ++place;
    if (place == sessions + MOST_SESSIONS ||
        !program->open(&opened, account(params, "profile", "MAPI_CONFORMANCE_PROFILE"),
                       account(params, "password", "MAPI_CONFORMANCE_PASSWORD"))) {
        if (!error_text[0]) explain(E_OUTOFMEMORY, L"sessions", NULL);
        return text_put(out, "\"result\":{\"return\":false}"), 1;
    }
    close_session(name ? find(identity) : NULL); /* the variable names the new session now */
    place->program = program;
    place->opened = opened;
    place->number = ++last_number;
    strcpy(place->variable, name ? name : "");
    text_format(out, "\"result\":{\"return\":%llu}", (unsigned long long)place->number);
    return 1;
}

static int count_mails(Session *session) {
    long mails = 0;
    if (session && session->program->count(&session->opened, &mails)) {
        text_format(out, "\"result\":{\"return\":%ld}", mails);
    } else {
        if (!session) explain(E_HANDLE, L"there is no such session", NULL);
        text_put(out, "\"result\":{\"return\":null}");
    }
    return 1;
}

static int send_message(Session *session, const Json *params) {
    const char *to = text_of(params, "to"), *subject = text_of(params, "subject");
    int sent = session && to && subject && session->program->send(&session->opened, to, subject);
    if (!session) explain(E_HANDLE, L"there is no such session", NULL);
    text_format(out, "\"result\":{\"return\":%s}", sent ? "true" : "false");
    return 1;
}

static int error_info(void) {
    text_format(out, "\"result\":{\"occurred\":%s,\"message\":", error_text[0] ? "true" : "false");
    text_wide(out, error_text);
    text_put(out, "}");
    return 1;
}

static int initialize(void) {
    const char *comma = "";
    text_put(out, "\"result\":{\"protocol\":1,\"implementation\":{\"name\":\"Outlook and Notes\","
                  "\"version\":\"unknown\",\"language\":\"COM\",\"platform\":\"Windows\"},"
                  "\"families\":{\"email\":{\"functions\":[");
    for (int i = 0; i < PROGRAMS; ++i)
        if (is_registered(&programs[i])) text_format(out, "\"%s\",", programs[i].starter);
    text_put(out, "\"EmailCloseSession\",\"EmailGetCount\",\"EmailSendMessage\",\"ErrorInfo\"],"
                  "\"observes\":[\"live\"],\"protocols\":[");
    for (int i = 0; i < PROGRAMS; ++i)
        if (is_registered(&programs[i])) {
            text_format(out, "%s\"%s\"", comma, programs[i].protocol);
            comma = ",";
        }
    text_put(out, "]}}}");
    return 1;
}

static int perform(const char *method, const Json *params) {
    Session *session = find(json_member(params, "session"));
    if (strcmp(method, "initialize") == 0) return initialize();
    if (strcmp(method, "ErrorInfo") == 0) return error_info();
    if (strcmp(method, "observe") == 0)
        return text_format(out, "\"result\":{\"live\":{\"sessions\":%d}}", live()), 1;
    error_text[0] = 0;
    if (strcmp(method, "begin") == 0 || strcmp(method, "shutdown") == 0)
        return close_all(), text_put(out, "\"result\":{}"), 1;
    for (int i = 0; i < PROGRAMS; ++i)
        if (strcmp(method, programs[i].starter) == 0) return start(&programs[i], params);
    if (strcmp(method, "EmailCloseSession") == 0)
        return close_session(session), text_put(out, "\"result\":{\"return\":null}"), 1;
    if (strcmp(method, "EmailGetCount") == 0) return count_mails(session);
    if (strcmp(method, "EmailSendMessage") == 0) return send_message(session, params);
    return refuse(NOT_OFFERED, "it is not offered");
}

/* --- the process --- */

static HANDLE answers;

static LONG WINAPI last_resort(EXCEPTION_POINTERS *raised) {
    fprintf(stderr, "host: unhandled exception 0x%08lx\n", raised->ExceptionRecord->ExceptionCode);
    TerminateProcess(GetCurrentProcess(), raised->ExceptionRecord->ExceptionCode);
    return EXCEPTION_EXECUTE_HANDLER;
}

static void answer(char *line) {
    const Json *request = json_read(line), *method = json_member(request, "method");
    const Json *id = json_member(request, "id");
    static Text whole;
    DWORD written;
    int last = method && method->type == JSON_STRING && strcmp(method->text, "shutdown") == 0;
    out->length = 0;
    if (!id || !method || method->type != JSON_STRING)
        refuse(-32600, "this is no request");
    else
        perform(method->text, json_member(request, "params"));
    whole.length = 0;
    text_format(&whole, "{\"jsonrpc\":\"2.0\",\"id\":%llu,", id ? (unsigned long long)id->integer : 0ull);
    text_bytes(&whole, out->data, out->length);
    text_put(&whole, "}\n");
    WriteFile(answers, whole.data, (DWORD)whole.length, &written, NULL);
    if (last) {
        CoUninitialize();
        TerminateProcess(GetCurrentProcess(), 0); /* no thread of a program keeps us */
    }
}

int main(void) {
    static Text in;
    static char piece[65536];
    DWORD got;
    int known = 0;
    /* Whatever a program in this process prints goes to stderr: the pipe is ours. */
    answers = (HANDLE)_get_osfhandle(_dup(1));
    _dup2(2, 1);
    SetStdHandle(STD_OUTPUT_HANDLE, GetStdHandle(STD_ERROR_HANDLE));
    SetErrorMode(SEM_FAILCRITICALERRORS | SEM_NOGPFAULTERRORBOX);
    SetUnhandledExceptionFilter(last_resort);
    CoInitializeEx(NULL, COINIT_APARTMENTTHREADED);
    for (int i = 0; i < PROGRAMS; ++i) known += is_registered(&programs[i]);
    if (!known) {
        fprintf(stderr, "host: neither Outlook nor Lotus Notes is installed here\n");
        return 3;
    }
    while (ReadFile(GetStdHandle(STD_INPUT_HANDLE), piece, sizeof piece, &got, NULL) && got) {
        char *from, *end;
        text_bytes(&in, piece, got);
        from = in.data;
        while ((end = memchr(from, '\n', (size_t)(in.data + in.length - from))) != NULL) {
            *end = 0;
            while (*from == ' ' || *from == '\r') ++from;
            if (*from) answer(from);
            from = end + 1;
        }
        in.length -= (size_t)(from - in.data);
        memmove(in.data, from, in.length);
    }
    close_all(); /* the program ends: so do its sessions */
    CoUninitialize();
    return 0;
}
