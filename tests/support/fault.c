#include "fault.h"

#include <stddef.h>

static int left = -1; /* allocations until the failing one; -1: none fails */
static bool failed;

/* NOLINTBEGIN(readability-identifier-naming): the linker names them. */
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *old, size_t size);
char *__real_strdup(const char *text);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *old, size_t size);
char *__wrap_strdup(const char *text);

/* NOLINTEND(readability-identifier-naming) */

void fault_alloc_after(int n)
{
    left = n;
    failed = false;
}

bool fault_alloc_stop(void)
{
    left = -1;
    return failed;
}

static bool fails(void)
{
    if (left < 0 || left-- > 0) {
        return false;
    }
    failed = true;
    return true;
}

void *__wrap_calloc(size_t n, size_t size)
{
    return fails() ? NULL : __real_calloc(n, size);
}

void *__wrap_realloc(void *old, size_t size)
{
    return fails() ? NULL : __real_realloc(old, size);
}

char *__wrap_strdup(const char *text)
{
    return fails() ? NULL : __real_strdup(text);
}
