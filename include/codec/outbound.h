/* The outbound message: what a sender gets, as in contracts.md. */

#ifndef FUP_CODEC_OUTBOUND_H
#define FUP_CODEC_OUTBOUND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/buf.h"
#include "core/err.h"
#include "message/message.h"

#define FUP_MESSAGE_ID_MAX  40 /* bytes */
#define FUP_PAYLOAD_MAX     64 /* bytes: what Telegram takes */
#define FUP_OUTBOUND_MAX    65536
#define FUP_MESSAGE_ID_TEXT (FUP_MESSAGE_ID_MAX + 1)
#define FUP_PAYLOAD_TEXT    (FUP_PAYLOAD_MAX + 1)

struct cJSON;

/* Texts are borrowed; NULL is null. Instants are NONE for null. */
struct fup_outbound {
    const char *id;
    const char *tenant;
    const char *conversation;
    const char *contact;
    const char *channel;
    const char *to;
    const char *kind;
    const char *schedule;
    const char *version; /* digest of the schedule's content */
    int step;
    const char *variant;
    const char *locale;
    const char *text;

    struct {
        const char *id;
        const char *label;
        const char *payload; /* filled by reading; writing makes it */
    } options[FUP_OPTIONS_MAX];

    size_t n_options;
    bool as_lines;             /* @text has them already, numbered */
    const char *template_name; /* NULL: no template */
    const char *template_language;
    const char *params[FUP_PARAMS_MAX];
    size_t n_params;
    int64_t episode_at;
    int64_t due_at;
    int64_t fired_at;
    int64_t expires_at;
    bool manual;
};

/* Take variant, locale, text, options and template from @message, which must
 * stay as long as @outbound. */
void fup_outbound_set(struct fup_outbound *outbound,
                      const struct fup_message *message);

/* Append @outbound as JSON. Failures stay in @out. */
void fup_outbound_write(const struct fup_outbound *outbound,
                        struct fup_buf *out);

/* A message read back: its texts point into @json. */
struct fup_outbound_doc {
    struct fup_outbound message;
    struct cJSON *json;
};

/* Read what fup_outbound_write() wrote. Fields that are not known are passed
 * over, so that newer workers may add some.
 *
 * Owns:   @ret_doc is the caller's; fup_outbound_done() it.
 * Errors: FUP_EPARSE  @err names the field.
 *         FUP_ENOMEM */
FUP_MUST_CHECK enum fup_code fup_outbound_read(const char *text,
                                               size_t len,
                                               struct fup_outbound_doc *ret_doc,
                                               struct fup_err *err);
void fup_outbound_done(struct fup_outbound_doc *doc);

/* Whether @text is the id of a message: installation's tag, partition,
 * enrollment and generation, "a1b2c3-0-4711-2". */
bool fup_message_id_is(const char *text);

/* Write the id. Returns @buf. */
const char *fup_message_id(const char *tag,
                           int partition,
                           int64_t enrollment,
                           int generation,
                           char buf[FUP_MESSAGE_ID_TEXT]);

#endif
