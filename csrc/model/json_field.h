/* Fields of a JSON object that a file holds, read strictly: messages name file and place. */
#ifndef DPACS_JSON_FIELD_H
#define DPACS_JSON_FIELD_H

#include <jansson.h>

#include "status.h"

/* Every key of `object` is in `allowed` (NULL-terminated); `where` is "tensor b1.conv1.weight" or
   the like. */
dp_status json_only(const char *path, const char *where, const json_t *object, const char *const *allowed,
                    dp_error *err) DP_MUST_USE;
dp_status json_get_int(const char *path, const char *where, const json_t *object, const char *key, json_int_t low,
                       json_int_t high, json_int_t *value, dp_error *err) DP_MUST_USE;

/* Text from a file, made harmless for a message: at most 40 characters, printable ones only. */
typedef struct {
    char text[41];
} printable;
printable printable_text(const char *text);

#endif
