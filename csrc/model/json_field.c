#include "json_field.h"

#include <string.h>

printable printable_text(const char *text) {
    printable out = {""};
    for (size_t i = 0; i < sizeof out.text - 1 && text[i] != '\0'; i++)
        out.text[i] = text[i] >= ' ' && text[i] <= '~' ? text[i] : '?';
    return out;
}

dp_status json_only(const char *path, const char *where, const json_t *object, const char *const *allowed, dp_error *err) {
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)object, key, value) {
        const char *const *name = allowed;
        while (*name != NULL && strcmp(*name, key) != 0) name++;
        if (*name == NULL)
            return dp_fail(err, DP_BAD_INPUT, "%s: %s: unknown field \"%s\"", path, where, printable_text(key).text);
    }
    return DP_OK;
}

dp_status json_get_int(const char *path, const char *where, const json_t *object, const char *key, json_int_t low,
                       json_int_t high, json_int_t *value, dp_error *err) {
    const json_t *found = json_object_get(object, key);
    if (found == NULL) return dp_fail(err, DP_BAD_INPUT, "%s: %s: field \"%s\" is missing", path, where, key);
    if (!json_is_integer(found)) return dp_fail(err, DP_BAD_INPUT, "%s: %s: field \"%s\" is not an integer", path, where, key);
    *value = json_integer_value(found);
    if (*value < low || *value > high)
        return dp_fail(err, DP_BAD_INPUT,
                       "%s: %s: field \"%s\" is %" JSON_INTEGER_FORMAT ", expected %" JSON_INTEGER_FORMAT
                       " to %" JSON_INTEGER_FORMAT,
                       path, where, key, *value, low, high);
    return DP_OK;
}
