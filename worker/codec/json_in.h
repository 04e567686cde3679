/* JSON into structs, by tables of fields, with problems that say where. */

#ifndef FUP_CODEC_JSON_IN_H
#define FUP_CODEC_JSON_IN_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "codec/problem.h"
#include "core/err.h"
#include "plan/schedule.h"

#define FUP_JSON_NAMES_MAX   100 /* entries of a list of names */
#define FUP_JSON_NAME_BYTES  255 /* bytes of a name */
#define FUP_JSON_MEMBERS_MAX 256 /* members of one object */

/* One text being read. Readers report to @problems and go on; @bad and @code
 * say at the end whether what they filled in can be used. */
struct fup_json {
    const char *file;
    const char *text;
    size_t len;
    struct cJSON *root;
    struct fup_problems *problems;
    const char *what;   /* the part being read: "step 1" */
    size_t reported;    /* problems so far */
    bool bad;           /* an error was reported */
    enum fup_code code; /* FUP_ENOMEM when memory was out */
};

/* Parse @text; its problems go to @problems. The rest of @json is zeroed.
 *
 * Errors: FUP_EPARSE  reported; @json needs no close, which is allowed.
 *         FUP_ENOMEM */
FUP_MUST_CHECK enum fup_code fup_json_open(struct fup_json *json,
                                           const char *file,
                                           const char *text,
                                           size_t len,
                                           struct fup_problems *problems);
void fup_json_close(struct fup_json *json);

/* FUP_OK, or why what was read cannot be used. */
enum fup_code fup_json_result(const struct fup_json *json);

/* Report an error or a warning at @item, or at its name with @key. */
void fup_json_error(struct fup_json *json,
                    const struct cJSON *item,
                    const char *fmt,
                    ...) FUP_PRINTF(3, 4);
void fup_json_error_key(struct fup_json *json,
                        const struct cJSON *item,
                        const char *fmt,
                        ...) FUP_PRINTF(3, 4);
void fup_json_warn(struct fup_json *json,
                   const struct cJSON *item,
                   const char *fmt,
                   ...) FUP_PRINTF(3, 4);

/* Where @item stands. */
struct fup_place
fup_json_place(const struct fup_json *json, const struct cJSON *item, bool key);

/* A row of a table; the table ends with a row without a name. @read is told
 * the address of the member at @offset. */
struct fup_json_field {
    const char *name;
    void (*read)(struct fup_json *json,
                 const struct cJSON *value,
                 const struct fup_json_field *field,
                 void *into);
    size_t offset;
    int64_t min;
    int64_t max; /* of a number, or bytes of a text */
    bool required;
};

/* Read the members of @object by @fields into @into. Reports what is no
 * object, unknown, missing or doubled. */
void fup_json_fields(struct fup_json *json,
                     const struct cJSON *object,
                     const struct fup_json_field *fields,
                     void *into);

/* Report unless @value is an object whose names differ, an array of @min to
 * @max entries. */
bool fup_json_is_object(struct fup_json *json, const struct cJSON *value);
bool fup_json_is_array(struct fup_json *json,
                       const struct cJSON *value,
                       size_t min,
                       size_t max);

/* Report "expected @what" at @value. */
void fup_json_expected(struct fup_json *json,
                       const struct cJSON *value,
                       const char *what);

/* The member of @object named @name, by exact name; NULL: none. */
const struct cJSON *fup_json_member(const struct cJSON *object,
                                    const char *name);

/* Index of the word @value in @words, which end with NULL; -1 when it was
 * reported as none of them. */
int fup_json_word(struct fup_json *json,
                  const struct cJSON *value,
                  const char *const *words);

/* A copy of the string @value of @min to @max bytes; NULL when reported. */
char *fup_json_copy(struct fup_json *json,
                    const struct cJSON *value,
                    int64_t min,
                    int64_t max);

/* Readers for tables. */
#define FUP_JSON_READER(name)                                                  \
    void name(struct fup_json *json, const struct cJSON *value,                \
              const struct fup_json_field *field, void *into)

FUP_JSON_READER(fup_json_ignore);    /* any string */
FUP_JSON_READER(fup_json_read_text); /* char *, @min to @max bytes */
FUP_JSON_READER(fup_json_read_id);   /* char *, a-z 0-9 _ -, up to @max */
FUP_JSON_READER(fup_json_read_int);  /* int */
FUP_JSON_READER(fup_json_read_bool); /* bool */
FUP_JSON_READER(fup_json_read_span); /* int64_t, seconds */
FUP_JSON_READER(fup_json_read_names);

#endif
