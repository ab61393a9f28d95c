/* From accumulators to int8: scale, residual, clamp, ReLU, and what a pruned position holds. */
#ifndef DPACS_GOLDEN_REQUANT_H
#define DPACS_GOLDEN_REQUANT_H

#include "golden.h"

/* One output of channel oc; `identity` counts only where the convolution has res_mult. */
int8_t golden_requantize(const dp_conv *conv, int oc, int32_t acc, int8_t identity, bool relu);

/* acc -> y with ReLU at c->out_keep; 0 at pruned positions and in channels of dropped groups
   (group_keep; NULL = all stay). */
void golden_finish_inner(golden_conv *c, const uint8_t *group_keep, int group);
/* acc -> y everywhere; ReLU only where keep (out_h, out_w; NULL = all) is 0, for there y is already
   the block's output. */
void golden_finish_shortcut(golden_conv *c, const uint8_t *keep);
/* acc and identity (out_h, out_w, cout) -> y, the block's output: relu(identity) at pruned
   positions. */
void golden_finish_residual(golden_conv *c, const int8_t *identity);

/* conv (h, w, c) -> out (out_h, out_w, c): 3x3 maximum, stride 2, pad 1 (padding never wins). */
void golden_max_pool(const int8_t *conv, int h, int w, int channels, int8_t *out, int out_h, int out_w);

#endif
