/* CLDR parents.
 *
 * ICU's uloc_getParent only cuts the last part off. The parents that differ
 * from that are data of CLDR (supplemental/supplementalData.xml, element
 * parentLocales, version 42), which ICU keeps to itself, and which it stores
 * differently from one version to the next. So they stand here. The
 * parents "root" there all say one thing, that a language in another script is
 * no language to fall back from; carrying the script says it too. */

#include "locale.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <unicode/uloc.h>

#include "core/hash.h"

static const struct {
    const char *language;
    const char *regions; /* separated by spaces */
    const char *parent;  /* a region */
} region_parents[] = {
    {"en", "AT BE CH DE DK FI NL SE SI", "150"},
    {"en",
     "150 AG AI AU BB BM BS BW BZ CC CK CM CX CY DG DM ER FJ FK FM GB GD GG GH "
     "GI GM GY HK IE IL IM IN IO JE JM KE KI KN KY LC LR LS MG MO MS MT MU MV "
     "MW MY NA NF NG NR NU NZ PG PK PN PW RW SB SC SD SG SH SL SS SX SZ TC TK "
     "TO TT TV TZ UG VC VG VU WS ZA ZM ZW",
     "001"},
    {"es", "AR BO BR BZ CL CO CR CU DO EC GT HN MX NI PA PE PR PY SV US UY VE",
     "419"},
    {"pt", "AO CH CV FR GQ GW LU MO MZ ST TL", "PT"},
};

static const struct {
    struct fup_locale locale;
    struct fup_locale parent;
} parents[] = {
    {{"nb", "Latn", ""}, {"no", "Latn", ""}},
    {{"nn", "Latn", ""}, {"no", "Latn", ""}},
    {{"ht", "Latn", ""}, {"fr", "Latn", "HT"}},
    {{"hi", "Latn", ""}, {"en", "Latn", "IN"}},
    {{"zh", "Hant", "MO"}, {"zh", "Hant", "HK"}},
};

/* The script that is usual where @locale says none. */
static void add_script(struct fup_locale *locale)
{
    char name[sizeof locale->language + sizeof locale->region + 1];
    char likely[ULOC_FULLNAME_CAPACITY];
    UErrorCode status = U_ZERO_ERROR;

    (void)snprintf(name, sizeof name, "%s%s%s", locale->language,
                   locale->region[0] != '\0' ? "_" : "", locale->region);
    (void)uloc_addLikelySubtags(name, likely, sizeof likely, &status);
    if (U_SUCCESS(status)) {
        (void)uloc_getScript(likely, locale->script, sizeof locale->script,
                             &status);
    }
    if (U_FAILURE(status)) {
        locale->script[0] = '\0';
    }
}

/* What ICU makes of @text. */
static bool parse(const char *text, struct fup_locale *ret_locale)
{
    struct fup_locale locale = {.language = ""};
    char name[ULOC_FULLNAME_CAPACITY];
    UErrorCode status = U_ZERO_ERROR;

    (void)uloc_canonicalize(text, name, sizeof name, &status);
    if (U_SUCCESS(status)) {
        (void)uloc_getLanguage(name, locale.language, sizeof locale.language,
                               &status);
        (void)uloc_getScript(name, locale.script, sizeof locale.script,
                             &status);
        (void)uloc_getCountry(name, locale.region, sizeof locale.region,
                              &status);
    }
    if (U_FAILURE(status) || status == U_STRING_NOT_TERMINATED_WARNING ||
        locale.language[0] == '\0') {
        return false;
    }
    if (locale.script[0] == '\0') {
        add_script(&locale);
    }
    *ret_locale = locale;
    return true;
}

/* ICU takes some microseconds, several times for each message; a business has
 * a few locales. What was asked for last under each hash is remembered. */
bool fup_locale_parse(const char *text, struct fup_locale *ret_locale)
{
    static struct {
        char text[16];
        struct fup_locale locale;
    } known[64];

    size_t len = text != NULL ? strlen(text) : ULOC_FULLNAME_CAPACITY;
    size_t at;

    if (len >= ULOC_FULLNAME_CAPACITY) {
        return false;
    }
    if (len >= sizeof known[0].text || len == 0) {
        return parse(text, ret_locale);
    }
    at = fup_fnv1a_text(FUP_FNV_START, text) % 64;
    if (strcmp(known[at].text, text) != 0) {
        if (!parse(text, ret_locale)) {
            return false;
        }
        memcpy(known[at].text, text, len + 1);
        known[at].locale = *ret_locale;
    }
    *ret_locale = known[at].locale;
    return true;
}

bool fup_locale_equal(const struct fup_locale *a, const struct fup_locale *b)
{
    return strcmp(a->language, b->language) == 0 &&
           strcmp(a->script, b->script) == 0 &&
           strcmp(a->region, b->region) == 0;
}

/* The region above @locale's own, or "". */
static const char *parent_region(const struct fup_locale *locale)
{
    size_t n = strlen(locale->region);

    for (size_t i = 0; i < sizeof region_parents / sizeof region_parents[0];
         i++) {
        const char *at = region_parents[i].regions;

        if (strcmp(region_parents[i].language, locale->language) != 0 ||
            strcmp(locale->script, "Latn") != 0) {
            continue;
        }
        for (; at != NULL; at = strchr(at, ' ')) {
            at += *at == ' ';
            if (strncmp(at, locale->region, n) == 0 &&
                (at[n] == ' ' || at[n] == '\0')) {
                return region_parents[i].parent;
            }
        }
    }
    return "";
}

bool fup_locale_parent(struct fup_locale *locale)
{
    for (size_t i = 0; i < sizeof parents / sizeof parents[0]; i++) {
        if (fup_locale_equal(locale, &parents[i].locale)) {
            *locale = parents[i].parent;
            return true;
        }
    }
    if (locale->region[0] == '\0') {
        return false;
    }
    (void)snprintf(locale->region, sizeof locale->region, "%s",
                   parent_region(locale));
    return true;
}

bool fup_locale_is_right_to_left(const char *text)
{
    struct fup_locale locale;
    char name[sizeof locale.language + sizeof locale.script + 1];

    if (!fup_locale_parse(text, &locale)) {
        return false;
    }
    (void)snprintf(name, sizeof name, "%s%s%s", locale.language,
                   locale.script[0] != '\0' ? "_" : "", locale.script);
    return uloc_isRightToLeft(name);
}
