/* Members of the family with random weights, and small networks that are random as a whole: `dpacs
   gen`. The same options give the same network. */
#ifndef DPACS_GEN_H
#define DPACS_GEN_H

#include "model.h"

typedef enum { GEN_RANDOM, GEN_CLUSTERED, GEN_ALTERNATING } gen_mask;
typedef enum { GEN_USUAL, GEN_EXTREME, GEN_SATURATING } gen_values;

typedef struct {
    /* a name of gen_nets, block:HxWxC[:bottleneck][:s2][:read], or one of gen_flavours, which take a seed
       and nothing else */
    const char *net;
    double keep_spatial, keep_channel; /* 0..1; 1 = no mask */
    /* how kept positions lie: anywhere, in a few smooth regions, or as on a chessboard */
    gen_mask mask;
    /* extreme: weights of convolutions are -128 or 127; saturating: most outputs are clamped */
    gen_values values;
    /* the first block that reads a resolution brings the mask, the others reuse it */
    bool resolution_mask;
    bool pad_same; /* convolutions of stride 2 in blocks are padded as TensorFlow does */
    int group; /* channels in a group; 0 = the net's own */
    uint64_t seed;
} gen_options;

extern const char gen_nets[]; /* the names, for help and messages */

gen_options gen_defaults(const char *net);
dp_status gen_network(const gen_options *options, dp_model *out, dp_error *err) DP_MUST_USE;

/* What a network is, without making it. Of a random one all follows from its seed: DP_BAD_INPUT. */
typedef struct {
    int in_h; /* rows of the image */
    bool bottleneck;
    double macs; /* without masks */
} gen_summary;
dp_status gen_describe(const gen_options *options, gen_summary *out, dp_error *err) DP_MUST_USE;
/* The same of a network that is there. */
gen_summary gen_summarize(const dp_model *model);

#endif
