/* Configuration files: a value is taken over within its range, or the file is
 * refused with a reason that names it. */

#include "fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "options.h"

static void check(int good)
{
    if (!good) {
        abort();
    }
}

static void check_ranges(const struct fup_options *options)
{
    for (size_t i = 0; i < fup_option_rows_n; i++) {
        const struct fup_option_row *row = &fup_option_rows[i];
        int64_t value;

        if (row->type == FUP_OPTION_IS_INT) {
            memcpy(&value, (const char *)options + row->offset, sizeof value);
            check(value >= row->min && value <= row->max);
        }
    }
}

static void try_file(const char *path)
{
    char config[64];
    char program[] = "followup";
    char flag[] = "--config";
    char *argv[] = {program, flag, config, NULL};
    char *environment[] = {NULL};
    int argc = 3;
    struct fup_options options;
    struct fup_err err = {.msg = ""};
    enum fup_code code;

    (void)snprintf(config, sizeof config, "%s", path);
    code = fup_options_parse(&argc, argv, environment, &options, &err);
    if (code == FUP_OK) {
        struct fup_buf out;

        check_ranges(&options);
        fup_buf_init(&out, 65536);
        fup_options_print(&options, &out);
        check(out.failed == FUP_OK);
        fup_buf_done(&out);
    } else {
        check(err.msg[0] != '\0');
    }
    fup_options_done(&options);
}

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size)
{
    FILE *file = tmpfile();
    char path[64];

    check(file != NULL);
    check(fwrite(input, 1, size, file) == size && fflush(file) == 0);
    (void)snprintf(path, sizeof path, "/proc/self/fd/%d", fileno(file));
    try_file(path);
    (void)fclose(file);
    return 0;
}
