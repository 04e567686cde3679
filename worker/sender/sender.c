/* One batch at a time, from the streams to their acknowledgement:
 *
 *   DISCOVER -> GROUPS -> CLAIM <-> READ
 *                           |         |
 *                           +----+----+
 *                                v
 *          (CLAIM or READ)    PERMIT -> RECORD -> REPORT -> ACK
 *                 ^                                          |
 *                 +------------------------------------------+
 *
 * DISCOVER asks how many partitions there are; GROUPS makes the consumer groups
 * where they are missing; CLAIM takes over what others left; READ waits for new
 * entries; PERMIT asks for permits and delivers, a portion at a time; RECORD
 * writes what was said into the plain CRM; REPORT adds receipts; ACK takes the
 * entries off.
 *
 * A state whose server is away is entered again a moment later. Each message is
 * delivered once, right after its permit came; RECORD is not repeated when its
 * outcome is unknown; REPORT and ACK may be done twice without harm. Any state
 * may move to ENDING: sessions and timers close, the last to be closed calls
 * back. */

#include <stdlib.h>
#include <string.h>

#include "impl.h"

#define ANSWER_MS 5000
#define RETRY_MS  300
#define STOP_MS   5000
#define TELL_MS   1000

#define TO(state) FUP_SM_TO(state)

static const struct fup_sm_state states[] = {
    [DISCOVER] = {"discover", TO(GROUPS) | TO(ENDING)},
    [GROUPS] = {"groups", TO(CLAIM) | TO(ENDING)},
    [CLAIM] = {"claim",
               TO(READ) | TO(CLAIM) | TO(PERMIT) | TO(GROUPS) | TO(ENDING)},
    [READ] = {"read",
              TO(READ) | TO(CLAIM) | TO(PERMIT) | TO(GROUPS) | TO(ENDING)},
    [PERMIT] = {"permit", TO(PERMIT) | TO(RECORD) | TO(ENDING)},
    [RECORD] = {"record", TO(REPORT) | TO(ENDING)},
    [REPORT] = {"report", TO(ACK) | TO(ENDING)},
    [ACK] = {"ack", TO(CLAIM) | TO(READ) | TO(ENDING)},
    [ENDING] = {"ending", 0},
};

static void (*const entries[])(struct fup_sender *s) = {
    [DISCOVER] = fup_sender_in_discover, [GROUPS] = fup_sender_in_groups,
    [CLAIM] = fup_sender_in_claim,       [READ] = fup_sender_in_read,
    [PERMIT] = fup_sender_in_permit,     [RECORD] = fup_sender_in_record,
    [REPORT] = fup_sender_in_report,     [ACK] = fup_sender_in_ack,
};

/* --- the end ------------------------------------------------------------ */

static void destroy(struct fup_sender *s)
{
    fup_batch_clear(&s->batch);
    for (size_t i = 0; i < s->n_keys; i++) {
        free(s->keys[i]);
    }
    free(s->keys);
    for (size_t i = 0; i < s->n_channels; i++) {
        free(s->channels[i]);
    }
    free(s->prefix);
    free(s->consumer);
    free(s);
}

static void on_closed(void *data)
{
    struct fup_sender *s = data;
    fup_sender_end_cb on_end = s->on_end;
    void *theirs = s->data;
    struct fup_err end = s->end;

    if (--s->open > 0) {
        return;
    }
    destroy(s);
    if (on_end != NULL) {
        on_end(theirs, end.code, &end);
    }
}

static void on_timer_closed(uv_handle_t *handle)
{
    on_closed(handle->data);
}

static void finish(struct fup_sender *s)
{
    if (s->sm.state == ENDING) {
        return;
    }
    fup_sm_move(&s->sm, ENDING);
    uv_close((uv_handle_t *)&s->again, on_timer_closed);
    uv_close((uv_handle_t *)&s->deadline, on_timer_closed);
    if (s->redis != NULL) {
        fup_redis_close(s->redis, on_closed, s);
    }
    if (s->pg != NULL) {
        fup_pg_close(s->pg, on_closed, s);
    }
}

void fup_sender_fail(struct fup_sender *s, const struct fup_err *err)
{
    s->end = *err;
    finish(s);
}

/* Whether nothing is in hand that should be brought to its end. */
static bool is_idle(const struct fup_sender *s)
{
    return s->sm.state == DISCOVER || s->sm.state == GROUPS ||
           ((s->sm.state == CLAIM || s->sm.state == READ) && s->is_away);
}

static void on_deadline(uv_timer_t *timer)
{
    finish(timer->data);
}

void fup_sender_stop(struct fup_sender *s)
{
    if (s->stopping || is_idle(s)) {
        finish(s);
        return;
    }
    s->stopping = true;
    (void)uv_timer_start(&s->deadline, on_deadline, STOP_MS, 0);
}

/* --- states ------------------------------------------------------------- */

static void enter(struct fup_sender *s)
{
    bool resting = s->sm.state <= READ;

    if (resting && (s->stopping || (s->once > 0 && s->delivered >= s->once))) {
        finish(s);
        return;
    }
    entries[s->sm.state](s);
}

void fup_sender_move(struct fup_sender *s, enum fup_sender_state state)
{
    fup_sm_move(&s->sm, (int)state);
    enter(s);
}

/* Only what lasts is worth telling: connecting takes a moment too. */
static void tell_away(struct fup_sender *s, const struct fup_err *err)
{
    uint64_t now = uv_now(s->loop);

    if (!s->is_away) {
        s->is_away = true;
        s->away_ms = now;
    }
    if (!s->away_told && now - s->away_ms >= TELL_MS) {
        s->away_told = true;
        if (s->on_away != NULL) {
            s->on_away(s->data, err);
        }
    }
}

void fup_sender_answered(struct fup_sender *s)
{
    if (s->away_told && s->on_away != NULL) {
        s->on_away(s->data, NULL);
    }
    s->is_away = false;
    s->away_told = false;
}

static void on_again(uv_timer_t *timer)
{
    enter(timer->data);
}

void fup_sender_hindered(struct fup_sender *s,
                         enum fup_code code,
                         const struct fup_err *err)
{
    struct fup_err why = {.code = code};

    if (err != NULL) {
        why = *err;
        why.code = code;
    }
    if (code != FUP_EAWAY && code != FUP_EUNKNOWN) {
        fup_sender_fail(s, &why);
        return;
    }
    tell_away(s, &why);
    (void)uv_timer_start(&s->again, on_again, RETRY_MS, 0);
}

/* --- several commands at once ------------------------------------------- */

void fup_sender_gather(struct fup_sender *s,
                       const char *const *argv,
                       int argc,
                       fup_redis_cb cb,
                       void *data)
{
    if (s->waiting++ == 0) {
        s->failed = (struct fup_err){.code = FUP_OK};
    }
    fup_redis_command(s->redis, argc, argv, NULL, cb, data);
}

static const enum fup_sender_state after_gathering[] = {
    [GROUPS] = CLAIM,
    [REPORT] = ACK,
    [ACK] = READ,
};

void fup_sender_gathered(struct fup_sender *s,
                         enum fup_code code,
                         const struct fup_err *err)
{
    if (code != FUP_OK && s->failed.code == FUP_OK) {
        if (err != NULL) {
            s->failed = *err;
        }
        s->failed.code = code;
    }
    if (--s->waiting > 0 || s->sm.state == ENDING) {
        return;
    }
    if (s->failed.code != FUP_OK) {
        fup_sender_hindered(s, s->failed.code, &s->failed);
        return;
    }
    fup_sender_answered(s);
    if (s->sm.state == ACK) {
        fup_batch_clear(&s->batch);
        if (s->end.code != FUP_OK) {
            finish(s);
            return;
        }
    }
    if (s->sm.state == ACK && s->claim_at < s->n_keys) {
        fup_sender_move(s, CLAIM);
        return;
    }
    fup_sender_move(s, after_gathering[s->sm.state]);
}

/* --- the beginning ------------------------------------------------------ */

static bool copy_text(char **ret_copy, const char *text)
{
    *ret_copy = strdup(text);
    return *ret_copy != NULL;
}

static bool copy_options(struct fup_sender *s,
                         const struct fup_sender_options *options)
{
    s->once = options->once;
    s->record = options->record;
    s->deliver = options->deliver;
    s->on_dropped = options->on_dropped;
    s->on_away = options->on_away;
    s->on_end = options->on_end;
    s->data = options->data;
    for (size_t i = 0; i < options->n_channels; i++) {
        if (!copy_text(&s->channels[i], options->channels[i])) {
            return false;
        }
        s->n_channels++;
    }
    return copy_text(&s->prefix, options->prefix) &&
           copy_text(&s->consumer, options->consumer);
}

static enum fup_code open_sessions(struct fup_sender *s,
                                   const struct fup_sender_options *options,
                                   struct fup_err *err)
{
    const struct fup_redis_options redis = {
        .url = options->redis,
        .name = s->consumer,
        .answer_ms = ANSWER_MS,
    };
    const struct fup_pg_options pg = {
        .conninfo = options->postgres,
        .application = "followup sender",
    };
    enum fup_code code = fup_redis_open(s->loop, &redis, &s->redis, err);

    if (code != FUP_OK) {
        return code;
    }
    s->open++;
    if (options->postgres == NULL || options->postgres[0] == '\0') {
        s->partitions =
            options->partitions > 0 ? (size_t)options->partitions : 1;
        return FUP_OK;
    }
    code = fup_pg_open(s->loop, &pg, &s->pg, err);
    if (code == FUP_OK) {
        s->open++;
    }
    return code;
}

enum fup_code fup_sender_open(struct uv_loop_s *loop,
                              const struct fup_sender_options *options,
                              struct fup_sender **ret_sender,
                              struct fup_err *err)
{
    struct fup_sender *s;
    enum fup_code code;

    if (options->n_channels == 0 ||
        options->n_channels > FUP_SENDER_CHANNELS_MAX) {
        return fup_err_set(err, FUP_EINVAL, "channels: expected 1 to %d",
                           FUP_SENDER_CHANNELS_MAX);
    }
    s = calloc(1, sizeof *s);
    if (s == NULL) {
        return fup_err_set(err, FUP_ENOMEM, "out of memory");
    }
    s->loop = loop;
    s->portion = 1;
    fup_sm_init(&s->sm, states, DISCOVER);
    if (!copy_options(s, options)) {
        destroy(s);
        return fup_err_set(err, FUP_ENOMEM, "out of memory");
    }
    (void)uv_timer_init(loop, &s->again);
    (void)uv_timer_init(loop, &s->deadline);
    s->again.data = s;
    s->deadline.data = s;
    s->open = 2;
    code = open_sessions(s, options, err);
    if (code != FUP_OK) {
        /* The caller was told: only the memory is left to see to. */
        s->on_end = NULL;
        finish(s);
        return code;
    }
    (void)uv_timer_start(&s->again, on_again, 0, 0);
    *ret_sender = s;
    return FUP_OK;
}
