/* What fits a channel: how long a text is in the unit that the provider counts,
 * and whether a finished message may go out. Pure.
 *
 * The figures are data (schedules/channels.json, read by codec/channels.h).
 * "None" is 0 everywhere. */

#ifndef FUP_MESSAGE_LIMITS_H
#define FUP_MESSAGE_LIMITS_H

#include <stdbool.h>
#include <stddef.h>

#include "core/buf.h"
#include "core/err.h"

struct fup_message; /* message/message.h */

enum fup_unit {
    FUP_UNIT_CHARACTERS, /* code points */
    FUP_UNIT_GRAPHEMES,  /* what people call characters (UAX 29) */
    FUP_UNIT_UTF16,      /* code units: an emoji has two or more */
    FUP_UNIT_BYTES,      /* of UTF-8 */
    FUP_UNIT_SEGMENTS,   /* parts of an SMS */
    FUP_UNITS,           /* how many there are */
};

/* "characters", "graphemes", "utf16", "bytes", "segments": the words that
 * channels.json uses. */
const char *fup_unit_text(enum fup_unit unit);

/* The same for people: "UTF-16 units". */
const char *fup_unit_name(enum fup_unit unit);

/* How long @text is in @unit. Bytes that are no UTF-8 count as a character
 * each. Without memory for ICU, graphemes are counted as code points, which are
 * no fewer. */
size_t fup_text_measure(const char *text, enum fup_unit unit);

/* Where the first character of @text is that is not in the 7-bit alphabet of
 * SMS (GSM 03.38 with its extension), so that a part has 70 places in place of
 * 160; NULL: all are in it. */
const char *fup_text_beyond_gsm(const char *text);

struct fup_limit {
    size_t max; /* 0: none */
    enum fup_unit unit;
};

/* Append as much of @text as fits @limit to @out: all of it, or whole graphemes
 * and then an ellipsis. Nothing but the ellipsis may be left.
 * Errors: FUP_ENOMEM, or what @out failed with. */
FUP_MUST_CHECK enum fup_code
fup_text_cut(const char *text, struct fup_limit limit, struct fup_buf *out);

/* What one channel takes. All zero: it takes everything, and has no buttons. */
struct fup_channel_limits {
    char *channel;
    struct fup_limit text;         /* of a message */
    struct fup_limit button_text;  /* of one with buttons; none: as above */
    struct fup_limit button_title; /* of one button */
    struct fup_limit params;       /* of a template, all together */
    size_t buttons;   /* most buttons; messages with more options have lines */
    bool cut_titles;  /* a title that is too long is cut, not refused */
    bool flat_params; /* no line breaks, no tabs, at most 4 spaces in a row */
};

/* The limits of @channel among @n, or NULL: none are known. */
const struct fup_channel_limits *fup_limits_find(
    const struct fup_channel_limits *limits, size_t n, const char *channel);

/* Whether @n options are buttons on a channel with @limits (NULL: they are);
 * otherwise they are numbered lines of the text. */
bool fup_limits_has_buttons(const struct fup_channel_limits *limits, size_t n);

#define FUP_MISFIT_LINE 160 /* bytes, with the end */

/* The limit that holds for the text of @message; @limits may be NULL. */
struct fup_limit fup_limits_of_text(const struct fup_channel_limits *limits,
                                    const struct fup_message *message);

enum fup_misfit_kind {
    FUP_FITS,
    FUP_MISFIT_TEXT,   /* the text is too long */
    FUP_MISFIT_TITLE,  /* the title of a button is too long */
    FUP_MISFIT_TWIN,   /* two buttons have one title */
    FUP_MISFIT_PARAMS, /* the parameters of a template are too long */
    FUP_MISFIT_SPACES, /* a parameter has white space that is not allowed */
};

/* What is wrong, and by how much: @size is over @max. */
struct fup_misfit {
    enum fup_misfit_kind kind;
    size_t at; /* which option or parameter, from 0 */
    size_t size;
    struct fup_limit limit;
};

/* Whether the finished @message may go out on a channel with @limits (NULL:
 * always). @ret_misfit (may be NULL) says what is wrong first. Titles that are
 * to be cut have been cut, numbered lines are in the text: the message is as
 * fup_message_compose() returns it. */
bool fup_limits_fit(const struct fup_channel_limits *limits,
                    const struct fup_message *message,
                    struct fup_misfit *ret_misfit);

/* One line for a person: "the text has 1100 bytes, whatsapp takes 1000".
 * Never has the text itself. Returns @buf. */
const char *fup_misfit_text(const struct fup_misfit *misfit,
                            const char *channel,
                            char buf[FUP_MISFIT_LINE]);

#endif
