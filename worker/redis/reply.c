#include "reply.h"

#include <string.h>

#include <hiredis/hiredis.h>

/* First words of error lines that are more than a plain no. */
static const struct {
    const char *word;
    enum fup_code code;
} words[] = {
    {"FENCED", FUP_EFENCED},   {"LOST", FUP_ELOST},
    {"LOADING", FUP_EAWAY},    {"READONLY", FUP_EAWAY},
    {"MASTERDOWN", FUP_EAWAY}, {"CLUSTERDOWN", FUP_EAWAY},
    {"TRYAGAIN", FUP_EAWAY},   {"OOM", FUP_EAWAY},
    {"BUSY", FUP_EAWAY},       /* another script holds the server */
    {"MISCONF", FUP_EAWAY},    /* it cannot persist, and refuses writes */
    {"NOREPLICAS", FUP_EAWAY}, /* too few replicas for a write */
};

static bool begins_with(const char *line, const char *word)
{
    size_t len = strlen(word);

    return strncmp(line, word, len) == 0 &&
           (line[len] == ' ' || line[len] == '\0');
}

/* Redis before 7 wraps the error of a command inside a script:
 * "ERR Error running script (call to f_…): @user_script:1: OOM command …". */
static const char *unwrapped(const char *line)
{
    const char *at;

    if (strncmp(line, "ERR Error ", strlen("ERR Error ")) != 0) {
        return line;
    }
    at = strstr(line, "@user_script");
    while (at != NULL && strstr(at, ": ") != NULL) {
        at = strstr(at, ": ") + 2;
        at += *at == '-';
        for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
            if (begins_with(at, words[i].word)) {
                return at;
            }
        }
    }
    return line;
}

/* An unknown command is answered with the arguments it was given, which may
 * be a password or a customer's text. */
static void set_line(struct fup_err *err, enum fup_code code, const char *line)
{
    const char *args = strstr(line, "with args beginning");
    int len = (int)strnlen(line, sizeof err->msg);

    if (args != NULL && args - line < len) {
        len = (int)(args - line);
    }
    (void)fup_err_set(err, code, "%.*s", len, line);
    for (char *c = err->msg; *c != '\0'; c++) {
        if ((unsigned char)*c < ' ') {
            *c = ' ';
        }
    }
}

enum fup_code fup_reply_line_code(const char *line, struct fup_err *err)
{
    enum fup_code code = FUP_EREFUSED;

    line = unwrapped(line);
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (begins_with(line, words[i].word)) {
            code = words[i].code;
        }
    }
    set_line(err, code, line);
    return code;
}

enum fup_code fup_reply_code(const struct redisReply *reply,
                             struct fup_err *err)
{
    if (reply->type != REDIS_REPLY_ERROR) {
        return FUP_OK;
    }
    return fup_reply_line_code(reply->str, err);
}

bool fup_reply_is_error(const struct redisReply *reply, const char *word)
{
    return reply->type == REDIS_REPLY_ERROR && begins_with(reply->str, word);
}
