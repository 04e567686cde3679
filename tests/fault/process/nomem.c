/* Preloaded into the worker: one allocation fails, the one numbered FUP_FAIL_AT
 * (from 1), and stderr says where. FUP_FAIL_COUNT=1 says at the end how many
 * there were. The allocator behind is glibc's. */

// NOLINTBEGIN(bugprone-reserved-identifier,readability-identifier-naming)
#define _GNU_SOURCE /* dladdr() */
// NOLINTEND(bugprone-reserved-identifier,readability-identifier-naming)
#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FRAMES 24

// NOLINTBEGIN(bugprone-reserved-identifier,readability-identifier-naming)
void *__libc_malloc(size_t n);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *old, size_t n);
// NOLINTEND(bugprone-reserved-identifier,readability-identifier-naming)

static atomic_long count;
static long fail_at;

__attribute__((constructor)) static void begin(void)
{
    const char *at = getenv("FUP_FAIL_AT");

    fail_at = at != NULL ? strtol(at, NULL, 10) : 0;
    atomic_store(&count, 0);
}

__attribute__((destructor)) static void end(void)
{
    if (getenv("FUP_FAIL_COUNT") != NULL) {
        (void)fprintf(stderr, "allocations=%ld\n", atomic_load(&count));
    }
}

/* Not asked for by libraries that cannot do without memory: libuv aborts, and
 * hiredis 0.14 and ICU 72 write through null. */
static int is_counted(const void *caller)
{
    static const char *const left_out[] = {"hiredis", "libuv", "libicu"};
    Dl_info info;

    if (dladdr(caller, &info) == 0 || info.dli_fname == NULL) {
        return 1;
    }
    for (size_t i = 0; i < sizeof left_out / sizeof left_out[0]; i++) {
        if (strstr(info.dli_fname, left_out[i]) != NULL) {
            return 0;
        }
    }
    return 1;
}

static int fails(const void *caller)
{
    void *frames[FRAMES];

    if (!is_counted(caller)) {
        return 0;
    }
    if (atomic_fetch_add(&count, 1) + 1 != fail_at) {
        return 0;
    }
    backtrace_symbols_fd(frames, backtrace(frames, FRAMES), STDERR_FILENO);
    errno = ENOMEM;
    return 1;
}

// NOLINTBEGIN(readability-inconsistent-declaration-parameter-name)
void *malloc(size_t n)
{
    return fails(__builtin_return_address(0)) ? NULL : __libc_malloc(n);
}

void *calloc(size_t n, size_t size)
{
    return fails(__builtin_return_address(0)) ? NULL : __libc_calloc(n, size);
}

void *realloc(void *old, size_t n)
{
    return fails(__builtin_return_address(0)) ? NULL : __libc_realloc(old, n);
}

// NOLINTEND(readability-inconsistent-declaration-parameter-name)
