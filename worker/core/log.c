#include "core/log.h"

#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

#include "core/time.h"

static const char *const levels[] = {"error", "warn", "info", "debug"};

enum fup_code fup_log_level_parse(const char *text,
                                  enum fup_log_level *ret_level)
{
    for (size_t i = 0; i < sizeof levels / sizeof levels[0]; i++) {
        if (strcmp(text, levels[i]) == 0) {
            *ret_level = (enum fup_log_level)i;
            return FUP_OK;
        }
    }
    return FUP_EINVAL;
}

static int64_t wall_clock(void)
{
    struct timespec ts;

    (void)clock_gettime(CLOCK_REALTIME, &ts);
    return (int64_t)ts.tv_sec * FUP_US_PER_S + ts.tv_nsec / 1000;
}

/* A line is one line, whatever the values hold. */
static void blank_controls(char *line)
{
    for (char *p = line; *p != '\0'; p++) {
        if ((unsigned char)*p < 0x20 || *p == 0x7f) {
            *p = ' ';
        }
    }
}

void fup_log(const struct fup_log *log,
             enum fup_log_level level,
             const char *event,
             const char *fmt,
             ...)
{
    char at[FUP_TIME_TEXT];
    char rest[1024];
    va_list args;

    if (log == NULL || log->to == NULL || level > log->level) {
        return;
    }
    va_start(args, fmt);
    (void)vsnprintf(rest, sizeof rest, fmt, args);
    va_end(args);
    blank_controls(rest);
    (void)fprintf(log->to, "%s %s %s%s%s\n", fup_time_format(wall_clock(), at),
                  levels[level], event, rest[0] != '\0' ? " " : "", rest);
    (void)fflush(log->to);
}
