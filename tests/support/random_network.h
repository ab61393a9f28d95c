/* csrc/gen/gen_random.h for tests: what goes wrong ends the test. */
#ifndef DPACS_RANDOM_NETWORK_H
#define DPACS_RANDOM_NETWORK_H

#include <criterion/criterion.h>
#include <stdlib.h>

#include "gen_random.h"

/* Free with dp_model_free. */
static inline void random_model(dp_model *m, const gen_random_options *o, uint64_t seed) {
    dp_error err = {""};
    cr_assert_eq(gen_random_network(o, seed, m, &err), DP_OK, "%s", err.text);
}

/* free() */
static inline int8_t *random_image(const dp_model *m, uint64_t seed) {
    int8_t *image = malloc((size_t)(m->in_h * m->in_w * m->in_c));
    cr_assert_not_null(image);
    gen_random_image(m, seed, image);
    return image;
}

#endif
