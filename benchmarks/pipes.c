/* pipes.c: without arguments, sends every line back; with -j, answers it as a harness would;
   with COUNT and SIZE, plays ping-pong with a copy of itself and prints the rounds per second. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static char line[1 << 16];

static void send_back(int in, int out) {
    ssize_t size;
    while ((size = read(in, line, sizeof line)) > 0)
        if (write(out, line, size) != size)
            exit(1);
}

static void answer(void) {
    char said[512];
    ssize_t size;
    while ((size = read(0, line, sizeof line - 1)) > 0) {
        line[size] = 0;
        const char *id = strstr(line, "\"id\":");
        const char *result = "{\"return\":0}";
        if (strstr(line, "\"initialize\""))
            result = "{\"protocol\":1,\"implementation\":{\"name\":\"pipes\",\"version\":\"1\"},"
                     "\"families\":{\"simple\":{\"functions\":[\"MAPILogoff\"]}}}";
        int length = snprintf(said, sizeof said, "{\"jsonrpc\":\"2.0\",\"id\":%d,\"result\":%s}\n",
                              id ? atoi(id + 5) : 0, result);
        if (write(1, said, length) != length)
            exit(1);
        if (strstr(line, "\"shutdown\""))
            return;
    }
}

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec + time.tv_nsec / 1e9;
}

static void ping_pong(int count, int size) {
    int there[2], back[2];
    if (pipe(there) || pipe(back))
        exit(1);
    if (!fork()) {
        close(there[1]);
        close(back[0]);
        send_back(there[0], back[1]);
        exit(0);
    }
    memset(line, 'x', size);
    double started = now();
    for (int i = 0; i < count; i++)
        if (write(there[1], line, size) != size || read(back[0], line, sizeof line) != size)
            exit(1);
    printf("%.0f\n", count / (now() - started));
}

int main(int argc, char **argv) {
    if (argc == 3)
        ping_pong(atoi(argv[1]), atoi(argv[2]));
    else if (argc == 2)
        answer();
    else
        send_back(0, 1);
    return 0;
}
