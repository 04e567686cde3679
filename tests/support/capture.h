/* Run a command in a child process and keep what it printed. */

#ifndef FUP_TESTS_CAPTURE_H
#define FUP_TESTS_CAPTURE_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define CAPTURE_ARGS_MAX 32
#ifndef CAPTURE_BYTES
#define CAPTURE_BYTES 65536 /* of each output; a test may want more */
#endif

struct capture {
    int exit_code; /* -1: it did not end by itself */
    char out[CAPTURE_BYTES];
    char err[CAPTURE_BYTES];
};

static void capture_read(FILE *from, char *into, size_t size)
{
    size_t n;

    rewind(from);
    n = fread(into, 1, size - 1, from);
    into[n] = '\0';
    (void)fclose(from);
}

/* In the child: commands may move their arguments about, so they get copies,
 * which are left to the end of the process. */
static int capture_call(int (*command)(int, char **), const char *const *argv)
{
    static char *copies[CAPTURE_ARGS_MAX + 1];
    int argc = 0;

    for (; argv[argc] != NULL && argc < CAPTURE_ARGS_MAX; argc++) {
        copies[argc] = strdup(argv[argc]);
    }
    return command(argc, copies);
}

/* @argv ends with NULL; argv[0] is the command's name. */
static void capture_run(struct capture *c,
                        int (*command)(int, char **),
                        const char *const *argv)
{
    FILE *out = tmpfile();
    FILE *err = tmpfile();
    int status = -1;
    pid_t child;

    (void)fflush(NULL);
    child = out == NULL || err == NULL ? -1 : fork();
    if (child == 0) {
        if (dup2(fileno(out), STDOUT_FILENO) < 0 ||
            dup2(fileno(err), STDERR_FILENO) < 0) {
            _exit(99);
        }
        /* exit, so that a leak checker has its say */
        exit(capture_call(command, argv)); // NOLINT(concurrency-mt-unsafe)
    }
    if (child < 0 || waitpid(child, &status, 0) != child) {
        abort();
    }
    c->exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    capture_read(out, c->out, sizeof c->out);
    capture_read(err, c->err, sizeof c->err);
}

static inline bool starts_with(const char *text, const char *start)
{
    return strncmp(text, start, strlen(start)) == 0;
}

#endif
