/* Words: a text as folded words with its sentences marked, and phrases looked
 * for in it.
 *
 * Folding drops case and accents (canonical decomposition without its marks),
 * so that "Último" and "ultimo" are one and, in Arabic, letters with and
 * without hamza. The phrases of the lists go through the same. */

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <unicode/uchar.h>
#include <unicode/unorm2.h>

#include "core/utf8.h"
#include "lint_look.h"

#define PHRASE_MAX 256 /* bytes of a folded phrase */
#define PARTS_MAX  16  /* UTF-16 units of a decomposed character */
#define TATWEEL    0x640

static const struct {
    const char *language;
    enum fup_lint_list list;
    const char *phrases;
} lists[] = {

#define WORDS(language, list, phrases)                                         \
    {language, FUP_LINT_WORDS_##list, phrases},
#include "lint_words.def"
#undef WORDS
};

#define LISTS_N (sizeof lists / sizeof lists[0])

const char *fup_lint_language(const char *locale)
{
    size_t n = locale != NULL ? strcspn(locale, "-_") : 0;

    for (size_t i = 0; n == 2 && i < LISTS_N; i++) {
        if ((locale[0] | 0x20) == lists[i].language[0] &&
            (locale[1] | 0x20) == lists[i].language[1]) {
            return lists[i].language;
        }
    }
    return NULL;
}

/* -- folding -------------------------------------------------------------- */

/* What is being written. With @phrase, "^", "$" and "?" stand for themselves,
 * and sentences are not marked. */
struct tokens {
    char *out;
    size_t n;
    size_t room;
    bool phrase;
    bool in_word;
    bool in_sentence;
    const UNormalizer2 *norm;
};

static void put(struct tokens *t, const char *text, size_t n)
{
    if (t->n + n < t->room) {
        memcpy(t->out + t->n, text, n);
        t->n += n;
        t->out[t->n] = '\0';
    }
}

/* A token of one character, with the space behind it. */
static void put_mark(struct tokens *t, char mark)
{
    char text[2] = {mark, ' '};

    if (t->in_word) {
        put(t, " ", 1);
        t->in_word = false;
    }
    put(t, text, sizeof text);
}

static void begin_word(struct tokens *t)
{
    if (!t->in_sentence && !t->phrase) {
        put_mark(t, '^');
    }
    t->in_sentence = true;
    t->in_word = true;
}

static void put_letter(struct tokens *t, UChar32 c)
{
    char bytes[FUP_UTF8_MAX];

    if (u_isalnum(c)) {
        c = u_foldCase(c, U_FOLD_CASE_DEFAULT);
        put(t, bytes, fup_utf8_encode((uint32_t)c, bytes));
    }
}

static void put_folded(struct tokens *t, UChar32 c)
{
    UErrorCode status = U_ZERO_ERROR;
    UChar parts[PARTS_MAX];
    int32_t n = -1;
    int32_t i = 0;

    begin_word(t);
    if (c >= 0x80 && t->norm != NULL) {
        n = unorm2_getDecomposition(t->norm, c, parts, PARTS_MAX, &status);
    }
    if (n <= 0 || U_FAILURE(status)) {
        put_letter(t, c);
        return;
    }
    while (i < n) {
        UChar32 part = parts[i++];

        if ((part & 0xfc00) == 0xd800 && i < n) {
            part = ((part & 0x3ff) << 10) + (parts[i++] & 0x3ff) + 0x10000;
        }
        put_letter(t, part);
    }
}

/* -- sentences ------------------------------------------------------------ */

static bool is_question(UChar32 c)
{
    return c == '?' || c == 0xff1f || c == 0x61f || c == 0x37e || c == 0x55e;
}

/* Whether a sentence ends at @c, before @next: not in "10.30" or "a.m.,". */
static bool is_end(UChar32 c, char next)
{
    if (c == '\n' || c == '!' || c == 0x2026 || c == 0x3002 || c == 0xff01 ||
        is_question(c)) {
        return true;
    }
    return c == '.' && (next == '\0' || next == ' ' || next == '\n' ||
                        next == '"' || next == ')' || (next & 0x80) != 0);
}

static bool is_part(UChar32 c)
{
    static const char ascii[] = ",:;()";

    return (c < 0x80 && strchr(ascii, (int)c) != NULL) || c == 0x60c ||
           c == 0x61b || c == 0x2013 || c == 0x2014 || c == 0xbf || c == 0xa1;
}

static void end_sentence(struct tokens *t, bool question)
{
    if (!t->in_sentence) {
        return;
    }
    if (question) {
        put_mark(t, '?');
    }
    put_mark(t, '$');
    t->in_sentence = false;
}

static void put_other(struct tokens *t, UChar32 c, char next)
{
    if (t->phrase && is_question(c)) {
        put_mark(t, '?');
    } else if (t->phrase && (c == '^' || c == '$' || c == '*')) {
        put_mark(t, (char)c);
    } else if (!t->phrase && is_end(c, next)) {
        end_sentence(t, is_question(c));
    } else if (is_part(c) && (t->in_sentence || t->phrase)) {
        put_mark(t, ',');
    } else if (t->in_word) {
        put(t, " ", 1);
        t->in_word = false;
    }
}

static void put_character(struct tokens *t, UChar32 c, char next)
{
    int8_t type = u_charType(c);

    if (c == TATWEEL || type == U_NON_SPACING_MARK || type == U_FORMAT_CHAR) {
        return;
    }
    if (u_isalnum(c)) {
        put_folded(t, c);
    } else {
        put_other(t, c, next);
    }
}

static void put_text(struct tokens *t, const char *text, size_t left)
{
    while (left > 0) {
        uint32_t c = ' ';
        size_t n = fup_utf8_decode(text, left, &c);
        char next = '\0';

        n = n > 0 ? n : 1;
        if (n < left) {
            next = text[n];
        }
        put_character(t, (UChar32)c, next);
        text += n;
        left -= n;
    }
    if (t->phrase && t->in_word) {
        put(t, " ", 1);
    }
    if (!t->phrase) {
        end_sentence(t, false);
    }
}

static const UNormalizer2 *decomposing(void)
{
    UErrorCode status = U_ZERO_ERROR;
    const UNormalizer2 *norm = unorm2_getNFDInstance(&status);

    return U_SUCCESS(status) ? norm : NULL;
}

void fup_lint_tokens(const char *text, char ret[FUP_LINT_TOKENS_MAX])
{
    struct tokens t = {
        .out = ret, .room = FUP_LINT_TOKENS_MAX, .norm = decomposing()};

    put(&t, " ", 1);
    put_text(&t, text, strlen(text));
}

/* -- phrases -------------------------------------------------------------- */

/* Whether @phrase, cut at each "*", is in @tokens within one sentence. */
static bool find_parts(const char *tokens, char *phrase)
{
    char *star = strstr(phrase, " * ");
    const char *at = tokens;

    if (star == NULL) {
        return strstr(tokens, phrase) != NULL;
    }
    star[1] = '\0';
    while ((at = strstr(at, phrase)) != NULL) {
        const char *end = strstr(at, " $ ");
        const char *rest = strstr(at + strlen(phrase) - 1, star + 2);

        if (rest != NULL && (end == NULL || rest < end)) {
            return true;
        }
        at++;
    }
    return false;
}

/* With @before, only right behind that mark. */
static bool
has_phrase(const char *tokens, char before, const char *phrase, size_t n)
{
    char folded[PHRASE_MAX] = "";
    struct tokens t = {.out = folded,
                       .room = sizeof folded,
                       .phrase = true,
                       .norm = decomposing()};

    put(&t, " ", 1);
    if (before != '\0') {
        put_mark(&t, before);
    }
    put_text(&t, phrase, n);
    return find_parts(tokens, folded);
}

bool fup_lint_has(const char *tokens,
                  const char *language,
                  enum fup_lint_list list,
                  char *ret_phrase)
{
    const char *at = "";
    bool found = false;

    for (size_t i = 0; i < LISTS_N; i++) {
        if (lists[i].list == list && strcmp(lists[i].language, language) == 0) {
            at = lists[i].phrases;
        }
    }
    while (!found && *at != '\0') {
        size_t n = strcspn(at, "|");

        /* What opens a question is only that where one begins. */
        if (list == FUP_LINT_WORDS_OPEN) {
            found = has_phrase(tokens, '^', at, n) ||
                    has_phrase(tokens, ',', at, n);
        } else {
            found = has_phrase(tokens, '\0', at, n);
        }
        if (found) {
            (void)snprintf(ret_phrase, FUP_LINT_DETAIL, "%.*s", (int)n, at);
        }
        at += n + (at[n] == '|');
    }
    return found;
}

/* -- likeness ------------------------------------------------------------- */

/* The next word at *@at, past marks; its bytes, 0 at the end. */
static size_t next_word(const char **at)
{
    size_t n = 0;

    do {
        *at += n;
        *at += strspn(*at, " ");
        n = strcspn(*at, " ");
    } while (n == 1 && strchr("^$?,", **at) != NULL);
    return n;
}

static bool has_word(const char *tokens, const char *word, size_t n)
{
    for (size_t k = next_word(&tokens); k > 0; k = next_word(&tokens)) {
        if (k == n && memcmp(tokens, word, n) == 0) {
            return true;
        }
        tokens += k;
    }
    return false;
}

static unsigned
count_shared(const char *tokens, const char *others, unsigned *ret_all)
{
    unsigned shared = 0;

    for (size_t n = next_word(&tokens); n > 0; n = next_word(&tokens)) {
        shared += has_word(others, tokens, n);
        (*ret_all)++;
        tokens += n;
    }
    return shared;
}

unsigned fup_lint_likeness(const char *tokens, const char *others)
{
    unsigned all = 0;
    unsigned shared = count_shared(tokens, others, &all);

    shared += count_shared(others, tokens, &all);
    return all > 0 ? 100 * shared / all : 0;
}
