/* How gen.c divides its work: plan (layers, no tensors), masks, then weights and requantization. */
#ifndef DPACS_GEN_PARTS_H
#define DPACS_GEN_PARTS_H

#include "gen.h"
#include "rng.h"

/* Layers with shapes and mask modes. On failure out->layers may be set: dp_model_free. */
dp_status gen_plan(const gen_options *options, dp_model *out, dp_error *err) DP_MUST_USE;

/* Exactly `keep` of the positions (h, w). */
dp_status gen_spatial_mask(rng *random, gen_mask kind, int h, int w, int keep, uint8_t *mask, dp_error *err) DP_MUST_USE;
/* Exactly `keep` of the groups. */
void gen_channel_mask(rng *random, int groups, int keep, uint8_t *mask);

/* Weights and requantization of every layer, after the masks: outputs neither die nor, unless asked
   for, saturate. */
dp_status gen_fill(rng *random, gen_values values, dp_model *model, dp_error *err) DP_MUST_USE;

#endif
