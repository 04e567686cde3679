#include "args.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "session_private.h"

#define MAX_BYTES ((size_t)64 * 1024 * 1024)

void fup_args_init(struct fup_args *args)
{
    fup_buf_init(&args->bytes, MAX_BYTES);
    fup_buf_init(&args->ends, MAX_BYTES);
}

void fup_args_done(struct fup_args *args)
{
    fup_buf_done(&args->bytes);
    fup_buf_done(&args->ends);
}

void fup_args_add(struct fup_args *args, const void *bytes, size_t len)
{
    fup_buf_add(&args->bytes, bytes, len);
    fup_buf_add(&args->ends, &args->bytes.len, sizeof args->bytes.len);
}

void fup_args_text(struct fup_args *args, const char *text)
{
    fup_args_add(args, text, strlen(text));
}

void fup_args_printf(struct fup_args *args, const char *fmt, ...)
{
    char text[512];
    va_list list;
    int len;

    va_start(list, fmt);
    len = vsnprintf(text, sizeof text, fmt, list);
    va_end(list);
    if (len < 0 || (size_t)len >= sizeof text) {
        args->bytes.failed = FUP_ELIMIT;
        return;
    }
    fup_args_add(args, text, (size_t)len);
}

void fup_args_int(struct fup_args *args, int64_t number)
{
    fup_buf_addi(&args->bytes, number);
    fup_buf_add(&args->ends, &args->bytes.len, sizeof args->bytes.len);
}

void fup_args_id(struct fup_args *args, int64_t id)
{
    unsigned char bytes[8];

    for (size_t i = 0; i < sizeof bytes; i++) {
        bytes[i] = (unsigned char)((uint64_t)id >> (56 - 8 * i));
    }
    fup_args_add(args, bytes, sizeof bytes);
}

/* The arguments as C wants them. */
struct vector {
    int argc;
    const char **argv;
    size_t *lens;
};

static enum fup_code vector_init(struct vector *vector,
                                 const struct fup_args *args)
{
    size_t n = args->ends.len / sizeof(size_t);
    size_t start = 0;
    size_t end;

    if (args->bytes.failed != FUP_OK || args->ends.failed != FUP_OK) {
        return args->bytes.failed != FUP_OK ? args->bytes.failed
                                            : args->ends.failed;
    }
    vector->argc = (int)n;
    vector->argv = calloc(n, sizeof *vector->argv);
    vector->lens = calloc(n, sizeof *vector->lens);
    if (vector->argv == NULL || vector->lens == NULL) {
        return FUP_ENOMEM;
    }
    for (size_t i = 0; i < n; i++) {
        memcpy(&end, args->ends.data + i * sizeof end, sizeof end);
        vector->argv[i] = args->bytes.data + start;
        vector->lens[i] = end - start;
        start = end;
    }
    return FUP_OK;
}

static void vector_done(struct vector *vector)
{
    free(vector->argv);
    free(vector->lens);
}

void fup_args_command(struct fup_args *args,
                      struct fup_redis *redis,
                      fup_redis_cb cb,
                      void *data)
{
    struct vector vector = {.argc = 0};
    enum fup_code code = vector_init(&vector, args);

    if (code == FUP_OK) {
        fup_redis_command(redis, vector.argc, vector.argv, vector.lens, cb,
                          data);
    } else {
        fup_redis_defer(redis, code, fup_err_text(code), cb, data);
    }
    vector_done(&vector);
    fup_args_done(args);
}

void fup_args_eval(struct fup_args *args,
                   struct fup_redis *redis,
                   struct fup_redis_script *script,
                   int n_keys,
                   fup_redis_cb cb,
                   void *data)
{
    struct vector vector = {.argc = 0};
    enum fup_code code = vector_init(&vector, args);

    if (code == FUP_OK) {
        const struct fup_redis_args all = {.n_keys = n_keys,
                                           .argc = vector.argc,
                                           .argv = vector.argv,
                                           .lens = vector.lens};

        fup_redis_eval(redis, script, &all, cb, data);
    } else {
        fup_redis_defer(redis, code, fup_err_text(code), cb, data);
    }
    vector_done(&vector);
    fup_args_done(args);
}
