/* Locales as messages need them: which of several texts suits a person. */

#ifndef FUP_MESSAGE_LOCALE_H
#define FUP_MESSAGE_LOCALE_H

#include <stdbool.h>

/* The script is always filled in where it is known (zh-TW is zh, Hant, TW), so
 * that a fallback never crosses from one script to another. */
struct fup_locale {
    char language[12];
    char script[6];
    char region[4];
};

/* Read "pt-BR", "pt_BR" or "pt_BR.UTF-8"; extensions are dropped.
 * Returns whether there is a language in it. */
bool fup_locale_parse(const char *text, struct fup_locale *ret_locale);

bool fup_locale_equal(const struct fup_locale *a, const struct fup_locale *b);

/* Turn @locale into its CLDR parent; false, and unchanged, when that is the
 * root. */
bool fup_locale_parent(struct fup_locale *locale);

/* Whether the script of @text, a locale, runs from right to left. */
bool fup_locale_is_right_to_left(const char *text);

#endif
