/* The program's own malloc stands before libc's for all its libraries. The
 * address sanitizer has one already, and a hook instead. */

#include "allocs.h"

#include <stdbool.h>

static size_t count;

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define HAS_HOOKS 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__)
#define HAS_HOOKS 1
#endif

/* NOLINTBEGIN(readability-*,bugprone-*,cert-*): names of the libraries. */
#ifdef HAS_HOOKS

int __sanitizer_install_malloc_and_free_hooks(
    void (*on_malloc)(const volatile void *p, size_t size),
    void (*on_free)(const volatile void *p));

static void on_malloc(const volatile void *p, size_t size)
{
    (void)p;
    (void)size;
    count++;
}

static void on_free(const volatile void *p)
{
    (void)p;
}

size_t allocs_count(void)
{
    static bool installed;

    if (!installed) {
        installed =
            __sanitizer_install_malloc_and_free_hooks(on_malloc, on_free) != 0;
    }
    return count;
}

#else

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *old, size_t size);
void *malloc(size_t size);
void *calloc(size_t n, size_t size);
void *realloc(void *old, size_t size);

void *malloc(size_t size)
{
    count++;
    return __libc_malloc(size);
}

void *calloc(size_t n, size_t size)
{
    count++;
    return __libc_calloc(n, size);
}

void *realloc(void *old, size_t size)
{
    count++;
    return __libc_realloc(old, size);
}

size_t allocs_count(void)
{
    return count;
}

#endif
/* NOLINTEND(readability-*,bugprone-*,cert-*) */
