/* xoshiro256** (Blackman and Vigna), seeded by splitmix64: the same sequence on every machine, one
   state per user. */
#ifndef DPACS_RNG_H
#define DPACS_RNG_H

#include <stdint.h>

typedef struct {
    uint64_t s[4];
} rng;

void rng_seed(rng *r, uint64_t seed);
uint64_t rng_next(rng *r); /* 64 uniform bits */
uint32_t rng_below(rng *r, uint32_t n); /* 0 .. n-1; n > 0 */
int rng_int(rng *r, int lo, int hi); /* lo .. hi, both included */
double rng_unit(rng *r); /* [0, 1), 53 bits */

#endif
