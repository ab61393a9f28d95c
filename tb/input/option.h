/* Values of options; a wrong one ends the program through argp_error, which names option and value. */
#ifndef DPACS_OPTION_H
#define DPACS_OPTION_H

#include <argp.h>
#include <stdint.h>

int64_t option_int(const struct argp_state *state, const char *option, const char *text, int64_t low, int64_t high);
double option_fraction(const struct argp_state *state, const char *option, const char *text); /* 0..1 */
/* Index in `choices` ("a|b|c"). */
int option_choice(const struct argp_state *state, const char *option, const char *text, const char *choices);

#endif
