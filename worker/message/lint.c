/* The rules of the linter: a row and a function each. */

#include "message/lint.h"

#include <stdio.h>
#include <string.h>

#include <unicode/uchar.h>

#include "core/utf8.h"
#include "lint_look.h"

/* English; texts in other languages may be a quarter longer, for that is how
 * much a translation grows. */
#define TEXT_CHARACTERS      160
#define TEXT_WORDS           30
#define SENTENCE_WORDS       20
#define PARAGRAPH_CHARACTERS 150 /* three lines of a chat */
#define EMOJI                2
#define OPTIONS              2
#define OPTIONS_OBJECTION    3
#define LIKE_PERCENT         80

typedef bool (*rule_fn)(struct fup_lint_look *look);

#define X(NAME, name, ...) static bool rule_##name(struct fup_lint_look *look);
FUP_LINT_RULES(X)
#undef X

static const struct {
    const char *name;
    rule_fn fn;
    enum fup_lint_level level;
    const char *what;
    const char *mend;
    const char *why;
} rules[FUP_LINT_MAX] = {

#define X(NAME, name, level, what, mend, why)                                  \
    {#name, rule_##name, FUP_LINT_##level, what, mend, why},
    FUP_LINT_RULES(X)
#undef X
};

/* -- what rules share ----------------------------------------------------- */

void fup_lint_show(struct fup_lint_look *look, const char *at, size_t n)
{
    n = n < sizeof look->detail ? n : sizeof look->detail - 1;
    while (n > 0 && at[n] != '\0' && ((unsigned char)at[n] & 0xc0) == 0x80) {
        n--; /* not within a character */
    }
    memcpy(look->detail, at, n);
    look->detail[n] = '\0';
}

static bool is_kind(const struct fup_lint_look *look, const char *kind)
{
    return look->in->kind != NULL && strcmp(look->in->kind, kind) == 0;
}

/* A step whose answer is waited for. */
static bool is_asking(const struct fup_lint_look *look)
{
    return look->in->kind != NULL && !is_kind(look, "close_out");
}

static bool is_template(const struct fup_lint_look *look)
{
    return look->in->message->template_name != NULL;
}

/* The words of the text; none in a language of which none are known. */
static const char *tokens(struct fup_lint_look *look)
{
    if (!look->has_tokens) {
        look->tokens[0] = '\0';
        if (look->language != NULL) {
            fup_lint_tokens(look->text, look->tokens);
        }
        look->has_tokens = true;
    }
    return look->tokens;
}

static bool has_words(struct fup_lint_look *look, enum fup_lint_list list)
{
    return look->language != NULL &&
           fup_lint_has(tokens(look), look->language, list, look->detail);
}

static bool label_has_words(struct fup_lint_look *look, enum fup_lint_list list)
{
    char words[FUP_LINT_TOKENS_MAX];

    for (size_t i = 0;
         look->language != NULL && i < look->in->message->n_options; i++) {
        fup_lint_tokens(look->in->message->options[i].label, words);
        if (fup_lint_has(words, look->language, list, look->detail)) {
            look->option = i + 1;
            return true;
        }
    }
    return false;
}

/* Apply @find to the text, the labels and the parameters. */
static bool
find_trace(struct fup_lint_look *look,
           const char *(*find)(const char *, const char *, size_t *))
{
    const struct fup_message *message = look->in->message;
    size_t n = 0;
    const char *at = find(look->text, look->language, &n);

    for (size_t i = 0; at == NULL && i < message->n_params; i++) {
        at = find(message->params[i], look->language, &n);
    }
    for (size_t i = 0; at == NULL && i < message->n_options; i++) {
        at = find(message->options[i].label, look->language, &n);
        look->option = at != NULL ? i + 1 : 0;
    }
    if (at != NULL) {
        fup_lint_show(look, at, n);
    }
    return at != NULL;
}

static const struct fup_lint_counts *counts(struct fup_lint_look *look)
{
    if (!look->has_counts && look->code == FUP_OK) {
        look->code = fup_lint_count(look->text, look->in->message->locale,
                                    &look->counts);
        look->has_counts = true;
    }
    return &look->counts;
}

static bool
is_over(struct fup_lint_look *look, size_t n, size_t max, const char *unit)
{
    bool english = look->language != NULL && strcmp(look->language, "en") == 0;

    max = english ? max : max + max / 4;
    (void)snprintf(look->detail, sizeof look->detail, "%zu %s, not over %zu", n,
                   unit, max);
    return n > max;
}

/* -- errors --------------------------------------------------------------- */

static const char *
bad_character(const char *text, const char *language, size_t *ret_n)
{
    (void)language;
    return fup_lint_bad_character(text, ret_n);
}

static bool rule_bad_characters(struct fup_lint_look *look)
{
    bool found = find_trace(look, bad_character);

    look->detail[0] = '\0'; /* it cannot be printed */
    return found;
}

static bool rule_placeholder(struct fup_lint_look *look)
{
    return find_trace(look, fup_lint_placeholder);
}

static bool rule_empty_value(struct fup_lint_look *look)
{
    return find_trace(look, fup_lint_empty_value);
}

/* The next character of a label, folded; 0 at its end. */
static UChar32 next_folded(const char **at)
{
    uint32_t c = 0;
    size_t n = fup_utf8_decode(*at, strlen(*at), &c);

    *at += n;
    return n > 0 ? u_foldCase((UChar32)c, U_FOLD_CASE_DEFAULT) : 0;
}

static bool same_label(const char *a, const char *b)
{
    UChar32 c;

    a += strspn(a, " ");
    b += strspn(b, " ");
    do {
        c = next_folded(&a);
        if (c != next_folded(&b)) {
            return false;
        }
    } while (c != 0);
    return true;
}

static bool rule_option_twice(struct fup_lint_look *look)
{
    const struct fup_message *message = look->in->message;

    for (size_t i = 1; i < message->n_options; i++) {
        for (size_t k = 0; k < i; k++) {
            const char *label = message->options[i].label;

            if (same_label(label, message->options[k].label)) {
                look->option = i + 1;
                fup_lint_show(look, label, strlen(label));
                return true;
            }
        }
    }
    return false;
}

/* Options ask by themselves. Without words of the language it cannot be told:
 * "Reply 1 or 2" has no mark. */
static bool rule_no_ask(struct fup_lint_look *look)
{
    bool asks = !is_asking(look) || is_template(look) ||
                look->in->message->n_options > 0 || look->questions > 0 ||
                look->language == NULL || has_words(look, FUP_LINT_WORDS_ASK);

    look->detail[0] = '\0';
    return !asks;
}

static bool rule_close_out_question(struct fup_lint_look *look)
{
    return is_kind(look, "close_out") && look->questions > 0;
}

/* -- warnings ------------------------------------------------------------- */

/* A question and then how to answer it are one. */
static bool rule_more_than_one_ask(struct fup_lint_look *look)
{
    return is_asking(look) && look->questions > 1;
}

/* Whether the sentence of @n bytes at @at, with its marks, asks openly. */
static bool is_open(struct fup_lint_look *look, const char *at, size_t n)
{
    char sentence[FUP_LINT_TOKENS_MAX];
    char ignored[FUP_LINT_DETAIL];
    const char *language = look->language;

    memcpy(sentence, at, n);
    sentence[n] = '\0';
    return (strstr(sentence, " ? $ ") != NULL ||
            fup_lint_has(sentence, language, FUP_LINT_WORDS_ASK, ignored)) &&
           fup_lint_has(sentence, language, FUP_LINT_WORDS_OPEN,
                        look->detail) &&
           !fup_lint_has(sentence, language, FUP_LINT_WORDS_CHOICE, ignored);
}

static bool rule_open_question(struct fup_lint_look *look)
{
    const char *at = tokens(look);
    const char *end;

    if (!is_asking(look) || look->in->message->n_options < OPTIONS) {
        return false;
    }
    while ((end = strstr(at, " $ ")) != NULL) {
        if (is_open(look, at, (size_t)(end - at) + 3)) {
            return true;
        }
        at = end + 2;
    }
    return false;
}

static bool rule_option_count(struct fup_lint_look *look)
{
    size_t n = look->in->message->n_options;

    (void)snprintf(look->detail, sizeof look->detail, "%zu", n);
    return is_asking(look) && n != 0 && n != OPTIONS &&
           !(n == OPTIONS_OBJECTION && look->in->objection);
}

static bool rule_long_text(struct fup_lint_look *look)
{
    return is_over(look, counts(look)->characters, TEXT_CHARACTERS,
                   "characters") ||
           is_over(look, counts(look)->words, TEXT_WORDS, "words");
}

static bool rule_long_sentence(struct fup_lint_look *look)
{
    return is_over(look, counts(look)->sentence_words, SENTENCE_WORDS, "words");
}

static bool rule_long_paragraph(struct fup_lint_look *look)
{
    return is_over(look, counts(look)->paragraph_characters,
                   PARAGRAPH_CHARACTERS, "characters");
}

/* Two words in capitals, each of three letters or more: one may be a name. */
static bool shouts(const char *text)
{
    size_t left = strlen(text);
    size_t letters = 0;
    size_t words = 0;
    bool small = false;

    for (;;) {
        uint32_t c = 0;
        size_t n = fup_utf8_decode(text, left, &c);

        if (n > 0 && u_isalpha((UChar32)c)) {
            letters++;
            small |= !u_isupper((UChar32)c);
        } else if (letters > 0) {
            words = small || letters < 3 ? 0 : words + 1;
            letters = 0;
            small = false;
        }
        if (words == 2 || left == 0) {
            return words == 2;
        }
        n = n > 0 ? n : 1;
        text += n;
        left -= n;
    }
}

static bool rule_pressure(struct fup_lint_look *look)
{
    const char *marks = strstr(look->text, "!!");

    if (has_words(look, FUP_LINT_WORDS_PRESS) ||
        label_has_words(look, FUP_LINT_WORDS_PRESS)) {
        return true;
    }
    fup_lint_show(look, marks != NULL ? "!!" : "capitals",
                  marks != NULL ? 2 : 8);
    return marks != NULL || shouts(look->text);
}

static bool rule_blame(struct fup_lint_look *look)
{
    return has_words(look, FUP_LINT_WORDS_BLAME);
}

static bool rule_dead_prompt(struct fup_lint_look *look)
{
    return is_asking(look) && has_words(look, FUP_LINT_WORDS_DEAD);
}

static bool rule_no_way_out(struct fup_lint_look *look)
{
    bool found = !is_kind(look, "last_call") || is_template(look) ||
                 look->language == NULL ||
                 has_words(look, FUP_LINT_WORDS_WAY_OUT) ||
                 label_has_words(look, FUP_LINT_WORDS_WAY_OUT);

    look->detail[0] = '\0';
    look->option = 0;
    return !found;
}

static bool rule_same_text(struct fup_lint_look *look)
{
    char mine[FUP_LINT_TOKENS_MAX];
    char other[FUP_LINT_TOKENS_MAX];

    fup_lint_tokens(look->text, mine);
    for (size_t i = 0; i < look->in->n_before; i++) {
        fup_lint_tokens(look->in->before[i], other);
        if (fup_lint_likeness(mine, other) >= LIKE_PERCENT) {
            return true;
        }
    }
    return false;
}

static bool rule_emoji(struct fup_lint_look *look)
{
    (void)snprintf(look->detail, sizeof look->detail, "%zu",
                   counts(look)->emoji);
    return counts(look)->emoji > EMOJI;
}

/* -- all ------------------------------------------------------------------ */

static void look_init(struct fup_lint_look *look, const struct fup_lint_in *in)
{
    look->in = in;
    look->text = in->message->text;
    look->language = fup_lint_language(in->message->locale);
    look->questions = fup_lint_questions(look->text);
    look->has_tokens = false;
    look->has_counts = false;
    look->counts = (struct fup_lint_counts){0};
    look->code = FUP_OK;
}

static bool apply(struct fup_lint_look *look, size_t rule)
{
    look->option = 0;
    look->detail[0] = '\0';
    return rules[rule].fn(look);
}

enum fup_code fup_lint(const struct fup_lint_in *in,
                       struct fup_lint_findings *ret_findings)
{
    struct fup_lint_look look;
    size_t n = 0;

    look_init(&look, in);
    for (size_t i = 0; i < FUP_LINT_MAX; i++) {
        if (apply(&look, i)) {
            struct fup_lint_finding *finding = &ret_findings->items[n++];

            finding->rule = (enum fup_lint_rule)i;
            finding->option = look.option;
            memcpy(finding->detail, look.detail, sizeof look.detail);
        }
    }
    ret_findings->n = n;
    return look.code;
}

enum fup_lint_rule fup_lint_gate(const struct fup_lint_in *in, uint64_t waived)
{
    struct fup_lint_look look;

    look_init(&look, in);
    for (size_t i = 0; i < FUP_LINT_MAX; i++) {
        if (rules[i].level == FUP_LINT_ERROR &&
            (waived & FUP_LINT_BIT(i)) == 0 && apply(&look, i)) {
            return (enum fup_lint_rule)i;
        }
    }
    return FUP_LINT_MAX;
}

enum fup_lint_rule fup_lint_find(const char *name)
{
    size_t i = 0;

    while (i < FUP_LINT_MAX && strcmp(rules[i].name, name) != 0) {
        i++;
    }
    return (enum fup_lint_rule)i;
}

const char *fup_lint_name(enum fup_lint_rule rule)
{
    return rules[rule].name;
}

enum fup_lint_level fup_lint_level(enum fup_lint_rule rule)
{
    return rules[rule].level;
}

const char *fup_lint_what(enum fup_lint_rule rule)
{
    return rules[rule].what;
}

const char *fup_lint_mend(enum fup_lint_rule rule)
{
    return rules[rule].mend;
}

const char *fup_lint_why(enum fup_lint_rule rule)
{
    return rules[rule].why;
}
