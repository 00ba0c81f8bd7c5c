/* --- what a call came to, as one line that can be compared with that of the run --- */

static char came[65536]; /* what the latest call came to */
static int step;         /* its number */

#define UNTOUCHED ((uintptr_t)(0xA5C3A5C3A5C3A5C3u & UINTPTR_MAX)) /* stands in out variables before */

static struct { const char *name; uintptr_t value; } known[1024];
static size_t known_count;

static inline void add(const char *format, ...) {
    size_t used = strlen(came);
    va_list values;
    va_start(values, format);
    vsnprintf(came + used, sizeof came - used, format, values);
    va_end(values);
}

/* Describes an out variable: untouched, NULL, the value of another one, or a new value. */
static inline void wrote(const char *name, uintptr_t value) {
    size_t i = 0;
    add("; %s ", name);
    if (value == UNTOUCHED) { add("untouched"); return; }
    if (!value) { add("is NULL"); return; }
    while (i < known_count && known[i].value != value) ++i;
    if (i < known_count) add("is %s", known[i].name);
    else add("is new");
    if (known_count < sizeof known / sizeof *known) {
        known[known_count].name = name;
        known[known_count++].value = value;
    }
}

/* The value of a closed object may come again for another one. */
static inline void forget(uintptr_t value) {
    size_t kept = 0;
    for (size_t i = 0; i < known_count; ++i)
        if (known[i].value != value) known[kept++] = known[i];
    known_count = kept;
}

static inline void begins(int number, const char *call) {
    step = number;
    came[0] = 0;
    printf("%d. %s\n", number, call);
    fflush(stdout);
}

static inline void ends(void) {
    printf("   %s\n", came);
    fflush(stdout);
}

static inline int verdict(int shows) {
    printf("The violation of %s %s.\n", REQUIREMENT, shows ? "shows" : "does not show");
    return shows ? 1 : 0;
}

static inline int left_out(const char *call) {
    printf("%s cannot be made from here, so nothing can be said.\n", call);
    return 2;
}

/* Later calls need what an earlier one handed out in the run. */
static inline void need(const char *name, uintptr_t value) {
    if (value && value != UNTOUCHED) return;
    printf("%s was not handed out this time, so nothing can be said.\n", name);
    exit(3);
}

/* A crash, or no answer: it is the violation if the run ended so at the same call. */
static void died(const char *how, int as_in_the_run) {
    printf("   %s\n", how);
    if (as_in_the_run && step == LAST_STEP) printf("The violation of %s shows.\n", REQUIREMENT);
    else printf("The run went on here, so nothing can be said.\n");
    fflush(stdout);
    _exit(as_in_the_run && step == LAST_STEP ? 1 : 3);
}

/* --- the library --- */

#ifdef _WIN32
static HMODULE library;
static int load(const char *path) {
    static char full[32768];
    if (!GetFullPathNameA(path, sizeof full, full, NULL)) return 0;
    library = LoadLibraryExA(full, NULL, LOAD_WITH_ALTERED_SEARCH_PATH);
    return library != NULL;
}
static void *symbol(const char *name) { return (void *)GetProcAddress(library, name); }
static LONG WINAPI on_fault(EXCEPTION_POINTERS *raised) {
    char how[80];
    snprintf(how, sizeof how, "crashed (0x%08lX)", raised->ExceptionRecord->ExceptionCode);
    died(how, CRASHES);
    return EXCEPTION_EXECUTE_HANDLER;
}
static DWORD WINAPI on_time(void *unused) {
    (void)unused;
    Sleep(1000 * SECONDS);
    died("no answer", HANGS);
    return 0;
}
static void guard(void) {
    SetErrorMode(SEM_FAILCRITICALERRORS | SEM_NOGPFAULTERRORBOX);
    SetUnhandledExceptionFilter(on_fault);
    CreateThread(NULL, 0, on_time, NULL, 0, NULL);
}
#else
static void *library;
static int load(const char *path) { return (library = dlopen(path, RTLD_NOW)) != NULL; }
static void *symbol(const char *name) { return dlsym(library, name); }
static void on_fault(int number) {
    died(number == SIGALRM ? "no answer" : "crashed", number == SIGALRM ? HANGS : CRASHES);
}
static void guard(void) {
    static const int signals[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGALRM};
    static char spare[65536]; /* a stack of its own: that of the program may be used up */
    stack_t stack = {.ss_sp = spare, .ss_size = sizeof spare};
    struct sigaction action = {.sa_handler = on_fault, .sa_flags = SA_ONSTACK};
    sigaltstack(&stack, NULL);
    for (size_t i = 0; i < sizeof signals / sizeof *signals; ++i) sigaction(signals[i], &action, NULL);
    alarm(SECONDS);
}
#endif

/* On 32-bit Windows names carry the bytes of their parameters, and in Wine everywhere. */
static inline void *function(const char *name, int parameters) {
    char decorated[80];
    void *found = symbol(name);
    for (int underscore = 0; underscore < 2 && !found; ++underscore) {
        snprintf(decorated, sizeof decorated, "%s%s@%d", underscore ? "_" : "", name, 4 * parameters);
        found = symbol(decorated);
    }
    if (!found) {
        fprintf(stderr, "the library has no %s\n", name);
        exit(3);
    }
    return found;
}
