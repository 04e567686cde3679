/* Links: what a chat would make one of, and whether it may be there. Pure.
 *
 * A link is an address with a scheme ("https://..."), or a bare name with a
 * dot whose last part is two or more letters ("evil.example", "a@b.example");
 * so "bike.Size" is one as well, for nobody here knows which endings exist.
 * "3.50", "e.g." and "Wait...what" are none. */

#ifndef FUP_MESSAGE_LINKS_H
#define FUP_MESSAGE_LINKS_H

#include <stdbool.h>
#include <stddef.h>

#include "plan/schedule.h"

struct fup_link {
    const char *at; /* in the text, with @len bytes */
    size_t len;
    const char *host; /* likewise with @host_len; 0: it cannot be told, or is
                         disguised ("https://good.example@evil.example") */
    size_t host_len;
};

/* The first link in @text. Returns whether there is one. To go on, look from
 * its end. Of "a@b.example" the link is "b.example". */
bool fup_link_find(const char *text, struct fup_link *ret_link);

/* Whether @link leads to one of @hosts or below it ("shop.example" allows
 * "www.shop.example"), by http or https. NULL allows none. */
bool fup_link_allowed(const struct fup_link *link,
                      const struct fup_names *hosts);

/* Whether every link in @text is allowed; @ret_link (may be NULL) is the first
 * that is not. */
bool fup_links_allowed(const char *text,
                       const struct fup_names *hosts,
                       struct fup_link *ret_link);

/* Whether @text can be one of those hosts: letters, digits, hyphens and dots,
 * at least one dot, at most 253 bytes, no scheme, no port. */
bool fup_host_is(const char *text);

#endif
