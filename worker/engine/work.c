#include "work.h"

#include <stdlib.h>
#include <string.h>

/* Room for one more of @size bytes in *@items. */
static enum fup_code grow(void **items, size_t n, size_t *cap, size_t size)
{
    size_t more = *cap > 0 ? *cap * 2 : 64;
    void *moved;

    if (n < *cap) {
        return FUP_OK;
    }
    moved = realloc(*items, more * size);
    if (moved == NULL) {
        return FUP_ENOMEM;
    }
    *items = moved;
    *cap = more;
    return FUP_OK;
}

enum fup_code fup_work_add_key(struct fup_work *work,
                               const char *tenant,
                               const char *conversation)
{
    void *keys = work->keys;
    struct fup_key key;

    if (grow(&keys, work->n_keys, &work->cap_keys, sizeof key) != FUP_OK) {
        return FUP_ENOMEM;
    }
    work->keys = keys;
    key.tenant = strdup(tenant);
    key.conversation = strdup(conversation);
    if (key.tenant == NULL || key.conversation == NULL) {
        free(key.tenant);
        free(key.conversation);
        return FUP_ENOMEM;
    }
    work->keys[work->n_keys++] = key;
    return FUP_OK;
}

enum fup_code fup_work_add_id(struct fup_work *work, int64_t id)
{
    void *ids = work->ids;

    if (grow(&ids, work->n_ids, &work->cap_ids, sizeof id) != FUP_OK) {
        return FUP_ENOMEM;
    }
    work->ids = ids;
    work->ids[work->n_ids++] = id;
    return FUP_OK;
}

void fup_work_drop(struct fup_work *work, size_t n_keys, size_t n_ids)
{
    for (size_t i = 0; i < n_keys; i++) {
        free(work->keys[i].tenant);
        free(work->keys[i].conversation);
    }
    work->n_keys -= n_keys;
    work->n_ids -= n_ids;
    if (work->n_keys > 0) {
        memmove(work->keys, work->keys + n_keys,
                work->n_keys * sizeof *work->keys);
    }
    if (work->n_ids > 0) {
        memmove(work->ids, work->ids + n_ids, work->n_ids * sizeof *work->ids);
    }
}

void fup_work_rotate(struct fup_work *work, size_t n_keys, size_t n_ids)
{
    if (n_keys == 1 && work->n_keys > 1) {
        struct fup_key first = work->keys[0];

        memmove(work->keys, work->keys + 1,
                (work->n_keys - 1) * sizeof *work->keys);
        work->keys[work->n_keys - 1] = first;
    }
    if (n_ids == 1 && work->n_ids > 1) {
        int64_t first = work->ids[0];

        memmove(work->ids, work->ids + 1, (work->n_ids - 1) * sizeof first);
        work->ids[work->n_ids - 1] = first;
    }
}

enum fup_code fup_work_move_keys(struct fup_work *from, struct fup_work *to)
{
    void *keys;

    if (from->n_keys == 0) {
        return FUP_OK;
    }
    keys = realloc(to->keys, (to->n_keys + from->n_keys) * sizeof *to->keys);
    if (keys == NULL) {
        return FUP_ENOMEM;
    }
    to->keys = keys;
    memcpy(to->keys + to->n_keys, from->keys, from->n_keys * sizeof *to->keys);
    to->n_keys += from->n_keys;
    to->cap_keys = to->n_keys;
    from->n_keys = 0;
    return FUP_OK;
}

void fup_work_done(struct fup_work *work)
{
    fup_work_drop(work, work->n_keys, work->n_ids);
    free(work->keys);
    free(work->ids);
    *work = (struct fup_work){0};
}

struct fup_verdict *fup_verdicts_add(struct fup_verdicts *verdicts,
                                     const char *tenant,
                                     const char *conversation)
{
    void *items = verdicts->items;
    struct fup_verdict *v;

    if (grow(&items, verdicts->n, &verdicts->cap, sizeof *v) != FUP_OK) {
        return NULL;
    }
    verdicts->items = items;
    v = &verdicts->items[verdicts->n];
    *v = (struct fup_verdict){
        .tenant = strdup(tenant),
        .conversation = strdup(conversation),
        .ord = -1,
    };
    if (v->tenant == NULL || v->conversation == NULL) {
        free(v->tenant);
        free(v->conversation);
        return NULL;
    }
    verdicts->n++;
    return v;
}

void fup_verdicts_clear(struct fup_verdicts *verdicts)
{
    for (size_t i = 0; i < verdicts->n; i++) {
        free(verdicts->items[i].tenant);
        free(verdicts->items[i].conversation);
        free(verdicts->items[i].row);
        free(verdicts->items[i].request_id);
        free(verdicts->items[i].answer);
    }
    verdicts->n = 0;
}

void fup_verdicts_done(struct fup_verdicts *verdicts)
{
    fup_verdicts_clear(verdicts);
    free(verdicts->items);
    *verdicts = (struct fup_verdicts){0};
}
