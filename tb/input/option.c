#include "option.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

int64_t option_int(const struct argp_state *state, const char *option, const char *text, int64_t low, int64_t high) {
    char *end = NULL;
    errno = 0;
    long long value = strtoll(text, &end, 0);
    if (errno != 0 || end == text || *end != '\0' || value < low || value > high)
        argp_error(state, "%s %s: expected a whole number from %" PRId64 " to %" PRId64, option, text, low, high);
    return value;
}

double option_fraction(const struct argp_state *state, const char *option, const char *text) {
    char *end = NULL;
    double value = strtod(text, &end);
    if (end == text || *end != '\0' || !(value >= 0 && value <= 1))
        argp_error(state, "%s %s: expected a number from 0 to 1", option, text);
    return value;
}

int option_choice(const struct argp_state *state, const char *option, const char *text, const char *choices) {
    const char *at = choices;
    size_t length = strlen(text);
    for (int i = 0; at != NULL; i++) {
        size_t width = strcspn(at, "|");
        if (width == length && strncmp(at, text, width) == 0) return i;
        at = at[width] == '|' ? at + width + 1 : NULL;
    }
    argp_error(state, "%s %s: expected %s", option, text, choices);
    return 0;
}
