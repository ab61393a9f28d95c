/* See golden_mask.h; docs/numerics.md, "Spatial mask" and "Channel mask". */
#include "golden_mask.h"

#include <string.h>

/* x (positions, channels) int8 . weight (channels) int8 + bias int32 -> keep (positions) 0/1,
   raster order */
void golden_mask_positions(const int8_t *x, int positions, int channels, const int8_t *weight, int32_t bias, uint8_t *keep) {
    for (int p = 0; p < positions; p++, x += channels) {
        int32_t dot = 0;
        for (int c = 0; c < channels; c++) dot += x[c] * weight[c];
        keep[p] = (int64_t)dot + bias > 0;
    }
}

/* keep (h, w) 0/1 -> half ((h+1)/2, (w+1)/2) 0/1: each position into the one that covers it, raster
   order */
void golden_mask_halve(const uint8_t *keep, int h, int w, uint8_t *half) {
    int half_w = (w + 1) / 2;
    memset(half, 0, (size_t)((h + 1) / 2 * half_w));
    for (int y = 0; y < h; y++)
        for (int x = 0; x < w; x++) half[y / 2 * half_w + x / 2] |= keep[y * w + x];
}

/* x (positions, channels) int8, keep (positions) 0/1 -> s (channels) int32: sum or maximum over
   kept positions, raster order */
int golden_pool(const int8_t *x, int positions, int channels, const uint8_t *keep, dp_pool pool, int32_t *s) {
    int kept = 0;
    for (int c = 0; c < channels; c++) s[c] = pool == DP_POOL_MAX ? INT8_MIN : 0;
    for (int p = 0; p < positions; p++, x += channels) {
        if (keep != NULL && keep[p] == 0) continue;
        kept++;
        if (pool == DP_POOL_MAX) {
            for (int c = 0; c < channels; c++) s[c] = s[c] > x[c] ? s[c] : x[c];
        } else {
            for (int c = 0; c < channels; c++) s[c] += x[c];
        }
    }
    return pool == DP_POOL_MAX ? 1 : kept;
}

/* channel_weight (groups, in) int8 . s (in) int32 + channel_bias (groups) int32 * n -> score
   (groups) int64, group by group */
void golden_mask_scores(const dp_layer *block, const int32_t *s, int n, int64_t *score) {
    for (int g = 0; g < block->groups; g++) {
        const int8_t *weight = block->channel_weight + (size_t)g * (size_t)block->in;
        score[g] = (int64_t)block->channel_bias[g] * n;
        for (int c = 0; c < block->in; c++) score[g] += (int64_t)weight[c] * s[c];
    }
}

/* score (groups) int64 -> keep (groups) 0/1: each group against all others */
void golden_mask_groups(const int64_t *score, int groups, int count, uint8_t *keep) {
    for (int g = 0; g < groups; g++) {
        int better = 0;
        for (int other = 0; other < groups; other++) better += score[other] > score[g] || (score[other] == score[g] && other < g);
        keep[g] = better < count;
    }
}
