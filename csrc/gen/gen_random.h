/* Random small networks over the whole space that docs/container.md allows: kinds, strides, masks
   that are given, computed and reused, edge values. `dpacs gen random[:FLAVOUR]` makes them, tests
   ask for them by options. They pass dp_model_check, and a seed gives the same network on every
   machine. */
#ifndef DPACS_GEN_RANDOM_H
#define DPACS_GEN_RANDOM_H

#include "model.h"

typedef enum { RANDOM_ANY, RANDOM_ALWAYS, RANDOM_NEVER } random_choice;

/* All zero asks for anything small. */
typedef struct {
    int max_blocks; /* 1 to this many blocks; 0 = 3 */
    int max_size; /* rows and columns of the input, each 1 to this; 0 = 10 */
    int max_channels; /* of any map, 8 to this in steps of 8 (mid: of the group size); 0 = 32 */
    int group; /* 8, 16, …; 0 = 8 or 16 */
    random_choice stem, head, bottleneck, masks; /* masks: spatial and channel */
    random_choice kernel7, max_pool; /* of the stem */
    /* RANDOM_ALWAYS: every block has a spatial mask, and most reuse the one before */
    random_choice reuse;
    /* amounts that stay are drawn evenly: no position, one, few, … all; one group of at least
       three, several, all; up to 40 classes */
    bool spread;
    bool computed; /* every block computes its positions and, after another layer, its groups */
    /* only what builds of any size run: a mask is pooled once, 7x7 stems read 1 or 3 channels
       (docs/architecture.md) */
    bool runs;
} gen_random_options;

dp_status gen_random_network(const gen_random_options *options, uint64_t seed, dp_model *out, dp_error *err) DP_MUST_USE;

/* An input for m, (in_h, in_w, in_c) int8 over the whole range, sparse now and then. */
void gen_random_image(const dp_model *m, uint64_t seed, int8_t *image);

/* What a user asks for by name, and the smallest builds that every seed fits. */
typedef enum { GEN_FOR_SMALL, GEN_FOR_MID, GEN_FOR_REF } gen_builds;
typedef struct {
    const char *name, *about;
    gen_random_options options;
    gen_builds builds;
} gen_flavour;
enum { GEN_FLAVOURS = 14 };
extern const gen_flavour gen_flavours[GEN_FLAVOURS];

/* "random" or "random:…", whether there is such a flavour or not. */
bool gen_is_random(const char *net);
/* The flavour's network, which is named after it and the seed. */
dp_status gen_random_flavour(const char *net, uint64_t seed, dp_model *out, dp_error *err) DP_MUST_USE;

#endif
