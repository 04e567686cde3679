/* Where things stand in a JSON text: cJSON keeps no positions, so they are
 * found again by walking the text, which is only done for an error. */

#ifndef FUP_CODEC_JSON_WHERE_H
#define FUP_CODEC_JSON_WHERE_H

#include <stdbool.h>
#include <stddef.h>

#include "core/err.h"

struct cJSON;

#define FUP_JSON_DEPTH_MAX 32

/* Check what cJSON lets pass: valid UTF-8, no NUL (raw or escaped), no raw
 * control characters in strings, nesting up to FUP_JSON_DEPTH_MAX.
 *
 * Errors: FUP_EPARSE, FUP_ELIMIT; *@ret_offset is then the byte, and @err says
 *         what is wrong with it. */
FUP_MUST_CHECK enum fup_code fup_json_scan(const char *text,
                                           size_t len,
                                           size_t *ret_offset,
                                           struct fup_err *err);

/* The byte at which @item of the tree @root begins in @text, from which @root
 * was parsed; with @key, the byte at which its name begins. */
size_t fup_json_offset(const char *text,
                       size_t len,
                       const struct cJSON *root,
                       const struct cJSON *item,
                       bool key);

/* Line and column, from 1, of byte @offset; columns count characters. */
void fup_json_position(const char *text,
                       size_t offset,
                       int *ret_line,
                       int *ret_column);

#endif
