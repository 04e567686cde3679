/* The linter: whether a finished message asks for one small step, in words that
 * people like to answer, and holds nothing that was not meant for them.
 *
 * Errors keep a message from going out: fup_message_compose() asks the gate.
 * Warnings advise whoever writes the texts: followup check shows both. Rules
 * about words know English, Spanish, Portuguese, German, French and Arabic
 * (worker/message/lint_words.def); a text in another language only meets those
 * that need no words. Pure. */

#ifndef FUP_MESSAGE_LINT_H
#define FUP_MESSAGE_LINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"

struct fup_message; /* message/message.h */

enum fup_lint_level {
    FUP_LINT_ERROR,
    FUP_LINT_WARNING,
};

/* X(NAME, name, level, what is wrong, how to mend it, why): the errors first,
 * in the order in which they are looked for. schedules/README.md shows them. */
#define FUP_LINT_RULES(X)                                                      \
    X(BAD_CHARACTERS, bad_characters, ERROR,                                   \
      "a control character, a mark of text direction or broken UTF-8",         \
      "type it anew as plain text",                                            \
      "phones show boxes, or the text in another order")                       \
    X(PLACEHOLDER, placeholder, ERROR, "a placeholder was not filled in",      \
      "use {{ name }} of an attribute, without other brackets",                \
      "what is in brackets is for us, never for the customer")                 \
    X(EMPTY_VALUE, empty_value, ERROR, "a value came out empty",               \
      "leave out what surrounds it: {% if name %} {{ name }}{% endif %}",      \
      "\"Hi ,\" says that a machine wrote")                                    \
    X(OPTION_TWICE, option_twice, ERROR, "two options read the same",          \
      "give each option a label of its own",                                   \
      "nobody can tell them apart, and channels refuse them")                  \
    X(NO_ASK, no_ask, ERROR, "it asks for nothing",                            \
      "ask one small question, or offer two options",                          \
      "conversations die because nothing concrete happens next")               \
    X(CLOSE_OUT_QUESTION, close_out_question, ERROR,                           \
      "a close-out asks a question",                                           \
      "say that it is closed and how to come back",                            \
      "a question opens what was just closed")                                 \
    X(MORE_THAN_ONE_ASK, more_than_one_ask, WARNING,                           \
      "it asks more than one thing", "keep the smaller one",                   \
      "one question is answered, two are put off")                             \
    X(OPEN_QUESTION, open_question, WARNING,                                   \
      "an open question, though there are options",                            \
      "name the options in the question: this or that?",                       \
      "choosing takes seconds, explaining takes effort")                       \
    X(OPTION_COUNT, option_count, WARNING, "not two options",                  \
      "offer two; three only to learn what an objection is about",             \
      "two reasonable options are the easiest to answer")                      \
    X(LONG_TEXT, long_text, WARNING, "a long text",                            \
      "keep what the next step needs",                                         \
      "160 characters or 30 words are read at a glance")                       \
    X(LONG_SENTENCE, long_sentence, WARNING, "a long sentence",                \
      "make two of it", "over 20 words a sentence is read twice")              \
    X(LONG_PARAGRAPH, long_paragraph, WARNING, "a long paragraph",             \
      "break the line", "over three lines look like work")                     \
    X(PRESSURE, pressure, WARNING, "it presses",                               \
      "leave the hurry out, and what shouts",                                  \
      "a step feels like progress only if it can be taken back")               \
    X(BLAME, blame, WARNING, "it blames for not answering",                    \
      "say what comes next instead of what did not come",                      \
      "who feels blamed does not answer")                                      \
    X(DEAD_PROMPT, dead_prompt, WARNING, "a phrase that asks for nothing",     \
      "ask for the one thing that is needed next",                             \
      "\"let me know if you have questions\" gets no answer")                  \
    X(NO_WAY_OUT, no_way_out, WARNING, "a last call without a way out",        \
      "offer to close, or say that no is fine",                                \
      "an honest exit gets more answers than silence does")                    \
    X(SAME_TEXT, same_text, WARNING, "nearly the text of the step before",     \
      "ask in an easier form",                                                 \
      "what was not answered once is not answered twice")                      \
    X(EMOJI, emoji, WARNING, "more than two emoji", "keep two at most",        \
      "they make a question hard to find")

enum fup_lint_rule {

#define X(NAME, ...) FUP_LINT_##NAME,
    FUP_LINT_RULES(X)
#undef X
        FUP_LINT_MAX, /* how many there are */
};

#define FUP_LINT_DETAIL 80 /* bytes, with the end */

/* Rules as a set: bit n is rule n. */
#define FUP_LINT_BIT(rule) (UINT64_C(1) << (unsigned)(rule))
#define FUP_LINT_ALL       (FUP_LINT_BIT(FUP_LINT_MAX) - 1)

struct fup_lint_in {
    const struct fup_message *message; /* finished */
    const char *kind;          /* of the step; NULL: rules about it are off */
    bool objection;            /* three options are in order */
    const char *const *before; /* texts of the step before, in this language */
    size_t n_before;
};

struct fup_lint_finding {
    enum fup_lint_rule rule;
    size_t option;                /* from 1; 0: the text */
    char detail[FUP_LINT_DETAIL]; /* what was found, of the text; may be "" */
};

struct fup_lint_findings {
    struct fup_lint_finding items[FUP_LINT_MAX];
    size_t n;
};

/* What a rule is called, how grave it is, what to tell people. */
const char *fup_lint_name(enum fup_lint_rule rule);
enum fup_lint_level fup_lint_level(enum fup_lint_rule rule);
const char *fup_lint_what(enum fup_lint_rule rule);
const char *fup_lint_mend(enum fup_lint_rule rule);
const char *fup_lint_why(enum fup_lint_rule rule);

/* The rule named @name, FUP_LINT_MAX if there is none. */
enum fup_lint_rule fup_lint_find(const char *name);

/* Apply all rules, each of which finds one thing at most.
 * Errors: FUP_ENOMEM. */
FUP_MUST_CHECK enum fup_code fup_lint(const struct fup_lint_in *in,
                                      struct fup_lint_findings *ret_findings);

/* The first error in @in but those in @waived; FUP_LINT_MAX: none. Allocates
 * nothing, and costs less than filling the text in. */
enum fup_lint_rule fup_lint_gate(const struct fup_lint_in *in, uint64_t waived);

#endif
