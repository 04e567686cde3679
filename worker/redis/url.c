#include <stdlib.h>
#include <string.h>

#include "redis/session.h"

/* Nothing of the text is repeated in an error: a slip in one part (a missing
 * '@', a '/' in a password) can put the password into another. */

#define DEFAULT_PORT 6379
#define MAX_PORT     65535
#define MAX_DB       65535
#define MAX_URL      2048
#define MAX_HOST     255
#define MAX_PATH     107 /* what sockaddr_un has room for */

static enum fup_code bad(struct fup_err *err, const char *what)
{
    return fup_err_set(err, FUP_EINVAL, "redis url: %s", what);
}

static enum fup_code no_memory(struct fup_err *err)
{
    return fup_err_set(err, FUP_ENOMEM, "redis url: out of memory");
}

static enum fup_code
copy(const char *text, size_t len, char **ret_copy, struct fup_err *err)
{
    char *made = malloc(len + 1);

    if (made == NULL) {
        return no_memory(err);
    }
    memcpy(made, text, len);
    made[len] = '\0';
    *ret_copy = made;
    return FUP_OK;
}

static int hex_digit(char c)
{
    static const char digits[] = "0123456789abcdef0123456789ABCDEF";
    const char *at = c == '\0' ? NULL : strchr(digits, c);

    return at == NULL ? -1 : (int)((at - digits) % 16);
}

/* The byte that "%XX" at @at stands for; -1 when it is none or a NUL. */
static int escaped(const char *at, const char *end)
{
    int high = end - at >= 3 ? hex_digit(at[1]) : -1;
    int low = end - at >= 3 ? hex_digit(at[2]) : -1;

    if (high < 0 || low < 0 || high + low == 0) {
        return -1;
    }
    return high * 16 + low;
}

static enum fup_code
decode(const char *text, const char *end, char **ret_text, struct fup_err *err)
{
    char *made = malloc((size_t)(end - text) + 1);
    size_t n = 0;

    if (made == NULL) {
        return no_memory(err);
    }
    while (text < end) {
        int byte = (unsigned char)*text;

        if (byte == '%') {
            byte = escaped(text, end);
            if (byte < 0) {
                free(made);
                return bad(err, "user or password: expected %XX after '%'");
            }
            text += 2;
        }
        text++;
        made[n++] = (char)byte;
    }
    made[n] = '\0';
    *ret_text = made;
    return FUP_OK;
}

/* The first @c of [text, end), or NULL. */
static const char *find(const char *text, const char *end, char c)
{
    for (; text < end; text++) {
        if (*text == c) {
            return text;
        }
    }
    return NULL;
}

/* A number of digits only, from @text to @end. */
static bool number(const char *text, const char *end, int max, int *ret_number)
{
    int value = 0;

    if (text == end) {
        return false;
    }
    for (; text < end; text++) {
        if (*text < '0' || *text > '9') {
            return false;
        }
        value = value * 10 + (*text - '0');
        if (value > max) {
            return false;
        }
    }
    *ret_number = value;
    return true;
}

/* "[user]:password" between @text and @end. */
static enum fup_code credentials(const char *text,
                                 const char *end,
                                 struct fup_redis_url *url,
                                 struct fup_err *err)
{
    const char *colon = find(text, end, ':');
    enum fup_code code = FUP_OK;

    if (colon == NULL) {
        return bad(err, "before '@': expected user:password or :password");
    }
    if (colon + 1 == end) {
        return bad(err, "password: expected one after ':'");
    }
    if (colon > text) {
        code = decode(text, colon, &url->user, err);
    }
    return code != FUP_OK ? code : decode(colon + 1, end, &url->password, err);
}

/* The last '@' of [text, end), or NULL. */
static const char *last_at(const char *text, const char *end)
{
    while (end > text) {
        if (*--end == '@') {
            return end;
        }
    }
    return NULL;
}

static enum fup_code parse_port(const char *text,
                                const char *end,
                                struct fup_redis_url *url,
                                struct fup_err *err)
{
    if (text == end) {
        return FUP_OK;
    }
    if (*text != ':' || !number(text + 1, end, MAX_PORT, &url->port) ||
        url->port == 0) {
        return bad(err, "port: expected 1 to 65535");
    }
    return FUP_OK;
}

/* "host[:port]" or "[v6 address][:port]". */
static enum fup_code parse_host(const char *text,
                                const char *end,
                                struct fup_redis_url *url,
                                struct fup_err *err)
{
    const char *stop;
    const char *rest;
    enum fup_code code;

    if (text < end && *text == '[') {
        text++;
        stop = find(text, end, ']');
        if (stop == NULL) {
            return bad(err, "host: expected ']' after the address");
        }
        rest = stop + 1;
    } else {
        stop = find(text, end, ':');
        stop = stop == NULL ? end : stop;
        rest = stop;
    }
    if (text == stop || stop - text > MAX_HOST) {
        return bad(err, "host: expected a name or an address");
    }
    code = copy(text, (size_t)(stop - text), &url->host, err);
    return code != FUP_OK ? code : parse_port(rest, end, url, err);
}

/* redis://[…@]host[:port][/db] */
static enum fup_code
parse_tcp(const char *text, struct fup_redis_url *url, struct fup_err *err)
{
    const char *end = text + strcspn(text, "/?#");
    const char *tail = end + strlen(end);
    const char *at = last_at(text, end);

    if (*end == '/' && end + 1 < tail &&
        !number(end + 1, tail, MAX_DB, &url->db)) {
        return bad(err, "after the host: expected /db, a number");
    }
    if (*end == '?' || *end == '#') {
        return bad(err, "no options are known after the host");
    }
    if (at != NULL) {
        enum fup_code code = credentials(text, at, url, err);

        if (code != FUP_OK) {
            return code;
        }
        text = at + 1;
    }
    return parse_host(text, end, url, err);
}

/* unix://[…@]/path[?db=N] */
static enum fup_code
parse_unix(const char *text, struct fup_redis_url *url, struct fup_err *err)
{
    const char *path = strchr(text, '/');
    const char *end;

    if (path == NULL) {
        return bad(err, "unix: expected /path");
    }
    if (path > text) {
        enum fup_code code;

        if (path[-1] != '@') {
            return bad(err, "unix: expected [user]:password@/path or /path");
        }
        code = credentials(text, path - 1, url, err);
        if (code != FUP_OK) {
            return code;
        }
    }
    end = path + strcspn(path, "?");
    if (*end == '?' &&
        (strncmp(end, "?db=", 4) != 0 ||
         !number(end + 4, end + strlen(end), MAX_DB, &url->db))) {
        return bad(err, "after the path: expected ?db=N");
    }
    if (end - path < 2 || end - path > MAX_PATH) {
        return bad(err, "path: expected 2 to 107 bytes");
    }
    return copy(path, (size_t)(end - path), &url->path, err);
}

static bool starts_with(const char *text, const char *word)
{
    return strncmp(text, word, strlen(word)) == 0;
}

static bool has_blanks(const char *text)
{
    for (; *text != '\0'; text++) {
        if ((unsigned char)*text <= ' ' || *text == 0x7f) {
            return true;
        }
    }
    return false;
}

static enum fup_code
parse(const char *text, struct fup_redis_url *url, struct fup_err *err)
{
    if (strlen(text) > MAX_URL) {
        return bad(err, "longer than 2048 bytes");
    }
    if (has_blanks(text)) {
        return bad(err, "expected no blanks and no control characters");
    }
    if (starts_with(text, "unix://")) {
        return parse_unix(text + strlen("unix://"), url, err);
    }
    if (starts_with(text, "redis://")) {
        return parse_tcp(text + strlen("redis://"), url, err);
    }
    if (starts_with(text, "rediss://")) {
        url->tls = true;
        return parse_tcp(text + strlen("rediss://"), url, err);
    }
    return bad(err, "expected redis://, rediss:// or unix://");
}

enum fup_code fup_redis_url_parse(const char *text,
                                  struct fup_redis_url *ret_url,
                                  struct fup_err *err)
{
    struct fup_redis_url url = {.port = DEFAULT_PORT};
    enum fup_code code = parse(text, &url, err);

    if (code != FUP_OK) {
        fup_redis_url_done(&url);
        return code;
    }
    *ret_url = url;
    return FUP_OK;
}

void fup_redis_url_done(struct fup_redis_url *url)
{
    if (url == NULL) {
        return;
    }
    free(url->path);
    free(url->host);
    free(url->user);
    free(url->password);
    *url = (struct fup_redis_url){.port = 0};
}
