/* Cleaning values.
 *
 * A text goes through four steps: drop and blank characters (UTF-8 to UTF-8),
 * NFC (through UTF-16, as ICU wants it), cut between graphemes, trim. Most
 * texts are short plain ASCII and leave after a look at their bytes. */

#include "clean.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>
#include <unicode/ubrk.h>
#include <unicode/uchar.h>
#include <unicode/unorm2.h>
#include <unicode/ustring.h>

#include "core/utf8.h"
#include "message/links.h"

#define DEPTH_MAX 32

/* More than this much of a text is not looked at: a value is cut at
 * FUP_VALUE_MAX bytes, and nothing written by people has more to drop. */
#define LOOK_MAX 800

/* NFC makes at most three times as many UTF-16 units (Unicode, UAX 15). */
#define NFC_MAX 2400

static bool is_plain(const char *text)
{
    size_t n = 0;

    for (; text[n] != '\0'; n++) {
        if (text[n] < ' ' || text[n] > '~' || n >= FUP_VALUE_MAX) {
            return false;
        }
    }
    return n > 0 && text[0] != ' ' && text[n - 1] != ' ';
}

/* Letters that look like nothing, with which some people leave a field blank:
 * Hangul fillers, the empty Braille pattern. */
static bool looks_blank(uint32_t c)
{
    return c == 0x3164 || c == 0xffa0 || c == 0x2800 || c == 0x115f ||
           c == 0x1160;
}

static bool is_direction(uint32_t c)
{
    return c == 0x061c || c == 0x200e || c == 0x200f ||
           (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
}

/* Zero width spaces, soft hyphens, and what is no character at all. */
static bool is_noise(uint32_t c)
{
    return c == 0x200b || c == 0x2060 || c == 0xfeff || c == 0x00ad ||
           (c >= 0xfff0 && c <= 0xfffb) || (c >= 0xfdd0 && c <= 0xfdef) ||
           (c & 0xfffe) == 0xfffe;
}

/* Joiners and variation selectors change what is before them. */
static bool needs_another(uint32_t c)
{
    return c == 0x200c || c == 0x200d || (c >= 0xfe00 && c <= 0xfe0f);
}

/* A mark without a letter would sit on what the text has before the value. */
static bool is_mark(uint32_t c)
{
    return (U_GET_GC_MASK((UChar32)c) & U_GC_M_MASK) != 0;
}

/* What becomes of one character: itself, a space, or 0: nothing. Joiners stay:
 * emoji and several scripts need them. */
static uint32_t clean_character(uint32_t c, bool first)
{
    if (u_isUWhiteSpace((UChar32)c) || looks_blank(c)) {
        return ' ';
    }
    if (is_direction(c) || is_noise(c) ||
        (first && (needs_another(c) || is_mark(c))) ||
        u_charType((UChar32)c) == U_CONTROL_CHAR) {
        return 0;
    }
    return c;
}

/* Drop what is not to be shown, runs of white space but one, and what is no
 * UTF-8. @ret has room for LOOK_MAX bytes; returns how many there are. */
static size_t drop_characters(const char *text, char *ret)
{
    size_t left = strlen(text);
    size_t n = 0;

    left = left < LOOK_MAX ? left : LOOK_MAX;
    while (left > 0) {
        uint32_t c = 0;
        size_t step = fup_utf8_decode(text, left, &c);

        c = step > 0 ? clean_character(c, n == 0) : 0;
        if (c != 0 && !(c == ' ' && (n == 0 || ret[n - 1] == ' '))) {
            n += fup_utf8_encode(c, ret + n);
        }
        step = step > 0 ? step : 1;
        text += step;
        left -= step;
    }
    return n > 0 && ret[n - 1] == ' ' ? n - 1 : n;
}

/* How many of the @n units of @wide fit into FUP_VALUE_MAX bytes of UTF-8,
 * ending between two graphemes. */
static int32_t fitting(const UChar *wide, int32_t n, UErrorCode *status)
{
    UBreakIterator *breaks = ubrk_open(UBRK_CHARACTER, "", wide, n, status);
    int32_t end = 0;
    int32_t next = 0;

    while (U_SUCCESS(*status) && next != UBRK_DONE) {
        UErrorCode fits = U_ZERO_ERROR;
        int32_t bytes = 0;

        end = next;
        next = ubrk_next(breaks);
        if (next != UBRK_DONE) {
            (void)u_strToUTF8(NULL, 0, &bytes, wide, next, &fits);
        }
        if (bytes > FUP_VALUE_MAX) {
            break;
        }
    }
    ubrk_close(breaks);
    return end;
}

/* @n bytes of clean text to NFC, cut. @ret has room for FUP_VALUE_MAX and the
 * end.
 * Errors: FUP_ENOMEM. */
static enum fup_code normalize(const char *text, size_t n, char *ret)
{
    UErrorCode status = U_ZERO_ERROR;
    const UNormalizer2 *nfc = unorm2_getNFCInstance(&status);
    UChar wide[LOOK_MAX];
    UChar normal[NFC_MAX];
    UErrorCode measured = U_ZERO_ERROR; /* always ends in an overflow */
    int32_t bytes = 0;
    int32_t len = 0;

    (void)u_strFromUTF8(wide, LOOK_MAX, &len, text, (int32_t)n, &status);
    len = unorm2_normalize(nfc, wide, len, normal, NFC_MAX, &status);
    if (U_SUCCESS(status)) {
        (void)u_strToUTF8(NULL, 0, &bytes, normal, len, &measured);
    }
    if (U_SUCCESS(status) && bytes > FUP_VALUE_MAX) {
        len = fitting(normal, len, &status);
    }
    (void)u_strToUTF8(ret, FUP_VALUE_MAX + 1, NULL, normal, len, &status);
    return U_SUCCESS(status) ? FUP_OK : FUP_ENOMEM;
}

static size_t trim_end(const char *text)
{
    size_t n = strlen(text);

    while (n > 0 && text[n - 1] == ' ') {
        n--;
    }
    return n;
}

/* Whether people would see a link. Most values have neither mark of one. */
static bool has_link(const char *text)
{
    struct fup_link link;

    return strpbrk(text, ".:") != NULL && fup_link_find(text, &link);
}

/* Clean @text, which was allocated by cJSON, in its place; NULL: nothing of it
 * can be used. @linkless: nor can a text with a link.
 * Errors: FUP_ENOMEM. */
static enum fup_code clean_text(char **text, bool linkless)
{
    char dropped[LOOK_MAX];
    char cleaned[FUP_VALUE_MAX + 1];
    char *copy = NULL;
    size_t n;

    if (is_plain(*text) && !(linkless && has_link(*text))) {
        return FUP_OK;
    }
    n = drop_characters(*text, dropped);
    if (normalize(dropped, n, cleaned) != FUP_OK) {
        return FUP_ENOMEM;
    }
    n = trim_end(cleaned);
    cleaned[n] = '\0';
    if (n > 0 && !(linkless && has_link(cleaned))) {
        copy = cJSON_malloc(n + 1);
        if (copy == NULL) {
            return FUP_ENOMEM;
        }
        memcpy(copy, cleaned, n + 1);
    }
    cJSON_free(*text);
    *text = copy;
    return FUP_OK;
}

static enum fup_code clean_string(struct cJSON *item, bool linkless)
{
    enum fup_code code = clean_text(&item->valuestring, linkless);

    if (code == FUP_OK && item->valuestring == NULL) {
        item->type = (item->type & ~0xff) | cJSON_NULL;
    }
    return code;
}

/* Clean @item and all below it, names of members too: a loop can print them.
 * What has no usable name goes.
 * Errors: FUP_ELIMIT, FUP_ENOMEM. */
static enum fup_code clean_item(struct cJSON *item, unsigned depth)
{
    enum fup_code code = FUP_OK;
    struct cJSON *next;

    if (cJSON_IsString(item)) {
        return clean_string(item, true);
    }
    if (depth == DEPTH_MAX) {
        return FUP_ELIMIT;
    }
    for (struct cJSON *child = item->child; code == FUP_OK && child != NULL;
         child = next) {
        bool named = child->string != NULL;

        next = child->next;
        code = named ? clean_text(&child->string, false) : FUP_OK;
        if (code == FUP_OK && named && child->string == NULL) {
            cJSON_Delete(cJSON_DetachItemViaPointer(item, child));
        } else if (code == FUP_OK) {
            code = clean_item(child, depth + 1);
        }
    }
    return code;
}

/* What an adapter tells us alone begins with "_", and is in no text. */
static void drop_reserved(struct cJSON *data)
{
    struct cJSON *item = data->child;

    while (item != NULL) {
        struct cJSON *next = item->next;

        if (item->string != NULL && item->string[0] == '_') {
            cJSON_Delete(cJSON_DetachItemViaPointer(data, item));
        }
        item = next;
    }
}

static enum fup_code read_object(const char *attributes,
                                 struct cJSON **ret_data,
                                 struct fup_err *err)
{
    struct cJSON *data;

    errno = 0; /* cJSON does not say why it gives nothing */
    data = cJSON_Parse(attributes);
    if (data == NULL && errno == ENOMEM) {
        return fup_err_set(err, FUP_ENOMEM, "out of memory");
    }
    if (data == NULL) {
        return fup_err_set(err, FUP_EPARSE, "the attributes are no JSON");
    }
    if (!cJSON_IsObject(data)) {
        cJSON_Delete(data);
        data = cJSON_CreateObject();
    }
    if (data == NULL) {
        return fup_err_set(err, FUP_ENOMEM, "out of memory");
    }
    drop_reserved(data);
    *ret_data = data;
    return FUP_OK;
}

enum fup_code fup_clean_attributes(const char *attributes,
                                   struct cJSON **ret_data,
                                   struct fup_err *err)
{
    struct cJSON *data = NULL;
    enum fup_code code;

    attributes = attributes != NULL ? attributes : "{}";
    if (strlen(attributes) > FUP_ATTRIBUTES_MAX) {
        return fup_err_set(err, FUP_ELIMIT,
                           "the attributes have more than %d bytes",
                           FUP_ATTRIBUTES_MAX);
    }
    code = read_object(attributes, &data, err);
    if (data == NULL) {
        return code;
    }
    code = clean_item(data, 0);
    if (code != FUP_OK) {
        cJSON_Delete(data);
        return fup_err_set(err, code, "the attributes cannot be cleaned: %s",
                           fup_err_text(code));
    }
    *ret_data = data;
    return FUP_OK;
}

struct cJSON *fup_clean_value(const char *value)
{
    struct cJSON *item = cJSON_CreateString(value);

    if (item != NULL && clean_string(item, false) != FUP_OK) {
        cJSON_Delete(item);
        return NULL;
    }
    return item;
}
