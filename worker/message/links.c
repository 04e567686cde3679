/* Finding links.
 *
 * A text is cut into words at white space and at what cannot be in a link. In
 * each, "://" behind letters makes a link of the rest; otherwise runs of name
 * characters with dots are looked at. Everything that may be a link is one:
 * what is taken for one in vain costs a default, what is missed may cost a
 * customer. */

#include "message/links.h"

#include <stdint.h>
#include <string.h>
#include <strings.h>

#include <unicode/uchar.h>

#include "core/utf8.h"

#define HOST_MAX 253

static bool is_alnum(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (c >= '0' && c <= '9');
}

/* How many bytes of the name character at @p, with what it is; 0: it is none.
 * Joiners and marks are parts of names in several scripts. */
static size_t name_character(const char *p, bool *ret_letter)
{
    uint32_t c = 0;
    size_t n;

    if ((unsigned char)*p < 0x80) {
        *ret_letter = is_alnum(*p) && (*p < '0' || *p > '9');
        return is_alnum(*p) || *p == '-' || *p == '_';
    }
    n = fup_utf8_decode(p, strnlen(p, FUP_UTF8_MAX), &c);
    *ret_letter = true;
    return n > 0 && (u_isalnum((UChar32)c) ||
                     (U_GET_GC_MASK((UChar32)c) & U_GC_M_MASK) != 0 ||
                     c == 0x200c || c == 0x200d)
               ? n
               : 0;
}

/* One label of a name: its bytes; 0: there is none. */
static size_t label_of(const char *p, size_t *ret_letters, size_t *ret_all)
{
    const char *start = p;
    bool letter;
    size_t n;

    *ret_letters = 0;
    *ret_all = 0;
    while ((n = name_character(p, &letter)) > 0) {
        *ret_letters += letter ? 1 : 0;
        (*ret_all)++;
        p += n;
    }
    return (size_t)(p - start);
}

/* Whether a label can be the last of a host: letters, or Punycode. */
static bool is_ending(const char *label, size_t letters, size_t all)
{
    return (letters == all && all >= 2) || strncasecmp(label, "xn--", 4) == 0;
}

/* The bytes of a name with dots at @p. @ret_host: how many of them are a
 * host, 0: none. A last part that is no ending ("3.50") makes none. */
static size_t name_of(const char *p, size_t *ret_host)
{
    const char *start = p;
    size_t labels = 0;
    size_t numbers = 0;
    size_t letters;
    size_t all;
    size_t n;

    *ret_host = 0;
    while ((n = label_of(p, &letters, &all)) > 0) {
        labels++;
        numbers += letters == 0 ? 1 : 0;
        if (labels > 1 && is_ending(p, letters, all)) {
            *ret_host = (size_t)(p - start) + n;
        }
        p += n;
        if (*p != '.') {
            break;
        }
        p++;
    }
    if (labels == 4 && numbers == 4) { /* an address in numbers */
        *ret_host = (size_t)(p - start);
    }
    return (size_t)(p - start);
}

/* What ends a link: white space, quotes, brackets, the end. */
static size_t rest_of(const char *p)
{
    return strcspn(p, " \t\r\n\"<>{}|^`");
}

/* The host of what stands behind "://": up to a port, a path or a query. */
static void set_host(const char *p, size_t n, struct fup_link *link)
{
    size_t authority = strcspn(p, "/?#\\");
    size_t host;

    authority = authority < n ? authority : n;
    host = strcspn(p, ":");
    host = host < authority ? host : authority;
    link->host = p;
    link->host_len = host;
    /* A name and password before the host, a character in disguise, and the
     * backslash that browsers read as a slash, are there to deceive. */
    if (memchr(p, '@', authority) != NULL ||
        memchr(p, '%', authority) != NULL || memchr(p, '\\', n) != NULL) {
        link->host_len = 0;
    }
}

/* The end of a sentence is none of a link. */
static size_t without_stop(const char *p, size_t n)
{
    while (n > 0 && strchr(".,;:!?)'", p[n - 1]) != NULL) {
        n--;
    }
    return n;
}

static bool with_scheme(const char *text, struct fup_link *ret_link)
{
    const char *colon = strstr(text, "://");
    const char *at = colon;

    if (colon == NULL) {
        return false;
    }
    while (at > text && is_alnum(at[-1])) {
        at--;
    }
    ret_link->at = at;
    ret_link->len =
        (size_t)(colon - at) + 3 + without_stop(colon + 3, rest_of(colon + 3));
    set_host(colon + 3, ret_link->len - (size_t)(colon - at) - 3, ret_link);
    return true;
}

/* A name with a dot, and the path behind it. In "good.example@evil.example"
 * each name is a link of its own. */
static void set_bare(const char *p, size_t host, struct fup_link *link)
{
    size_t n = without_stop(p, rest_of(p));
    bool joined = memchr(p, '@', strcspn(p, "/?#")) != NULL;

    link->at = p;
    link->host = p;
    link->host_len = host;
    link->len = n > host && !joined ? n : host;
}

/* The next name with a dot before @end. */
static bool
bare_name(const char *text, const char *end, struct fup_link *ret_link)
{
    const char *p = text;
    size_t host;

    while (*p != '\0' && (end == NULL || p < end)) {
        size_t n = name_of(p, &host);

        if (host > 0) {
            set_bare(p, host, ret_link);
            return true;
        }
        p += n > 0 ? n : 1;
    }
    return false;
}

bool fup_link_find(const char *text, struct fup_link *ret_link)
{
    struct fup_link scheme;
    bool schemed = with_scheme(text, &scheme);

    if (bare_name(text, schemed ? scheme.at : NULL, ret_link)) {
        return true;
    }
    if (schemed) {
        *ret_link = scheme;
    }
    return schemed;
}

/* Whether the @n bytes at @host are @allowed or end in "." and it. */
static bool is_below(const char *host, size_t n, const char *allowed)
{
    size_t len = strlen(allowed);

    return n >= len && strncasecmp(host + n - len, allowed, len) == 0 &&
           (n == len || host[n - len - 1] == '.');
}

bool fup_link_allowed(const struct fup_link *link,
                      const struct fup_names *hosts)
{
    bool known = strncasecmp(link->at, "https://", 8) == 0 ||
                 strncasecmp(link->at, "http://", 7) == 0 ||
                 link->at == link->host;

    for (size_t i = 0; known && hosts != NULL && i < hosts->n; i++) {
        if (is_below(link->host, link->host_len, hosts->items[i])) {
            return true;
        }
    }
    return false;
}

bool fup_links_allowed(const char *text,
                       const struct fup_names *hosts,
                       struct fup_link *ret_link)
{
    struct fup_link link;

    for (; fup_link_find(text, &link); text = link.at + link.len) {
        if (!fup_link_allowed(&link, hosts)) {
            if (ret_link != NULL) {
                *ret_link = link;
            }
            return false;
        }
    }
    return true;
}

bool fup_host_is(const char *text)
{
    struct fup_link link;
    size_t n = strlen(text);

    return n > 0 && n <= HOST_MAX &&
           strspn(text, "abcdefghijklmnopqrstuvwxyz"
                        "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.") == n &&
           fup_link_find(text, &link) && link.at == text && link.host_len == n;
}
