/* See naive.h. Masks are applied by writing zeros into maps; every convolution is then computed
   whole, and what the mask prunes is put right afterwards. */
#include "naive.h"

#include <stdlib.h>

/* A map of plain integers: activations, accumulators or a mask (channels = 1). */
typedef struct {
    int h, w, channels;
    int64_t *value;
} map;

static void *allocate(size_t count, size_t size) {
    void *p = calloc(count + 1, size);
    if (p == NULL) abort();
    return p;
}

static map map_new(int h, int w, int channels) {
    return (map){h, w, channels, allocate((size_t)h * (size_t)w * (size_t)channels, sizeof(int64_t))};
}

static void map_free(map m) { free(m.value); }

static int64_t *at(map m, int y, int x, int c) { return &m.value[((int64_t)y * m.w + x) * m.channels + c]; }

/* Reads 0 outside: zero padding. */
static int64_t padded(map m, int y, int x, int c) { return y < 0 || y >= m.h || x < 0 || x >= m.w ? 0 : *at(m, y, x, c); }

static map map_from(const int8_t *data, int h, int w, int channels) {
    map m = map_new(h, w, channels);
    for (int i = 0; i < h * w * channels; i++) m.value[i] = data[i];
    return m;
}

static map map_copy(map m) {
    map copy = map_new(m.h, m.w, m.channels);
    for (int i = 0; i < m.h * m.w * m.channels; i++) copy.value[i] = m.value[i];
    return copy;
}

static int8_t *as_int8(map m) {
    int8_t *data = allocate((size_t)(m.h * m.w * m.channels), 1);
    for (int i = 0; i < m.h * m.w * m.channels; i++) data[i] = (int8_t)m.value[i];
    return data;
}

static uint8_t *as_bits(map m) {
    uint8_t *data = allocate((size_t)(m.h * m.w), 1);
    for (int i = 0; i < m.h * m.w; i++) data[i] = m.value[i] != 0;
    return data;
}

static int64_t floor_divide(int64_t a, int64_t b) { return a % b < 0 ? a / b - 1 : a / b; }

static int64_t clamp(int64_t v, int64_t low, int64_t high) { return v < low ? low : v > high ? high : v; }

/* x (in_h, in_w, cin), weight (cout, cin, k, k) -> acc (out_h, out_w, cout): of each output all
   inputs, then all taps */
static map convolve(const dp_conv *conv, map x) {
    map acc = map_new(conv->out_h, conv->out_w, conv->cout);
    /* padding before the first row and column; "same" at stride 2 has as much as an even map needs, which is all behind it */
    int k = conv->kernel, top = k / 2 - conv->late_y, left = k / 2 - conv->late_x;
    for (int y = 0; y < acc.h; y++)
        for (int xx = 0; xx < acc.w; xx++)
            for (int oc = 0; oc < conv->cout; oc++)
                for (int ic = 0; ic < conv->cin; ic++)
                    for (int dy = 0; dy < k; dy++)
                        for (int dx = 0; dx < k; dx++)
                            *at(acc, y, xx, oc) += padded(x, y * conv->stride + dy - top, xx * conv->stride + dx - left, ic) *
                                                   conv->weight[((oc * conv->cin + ic) * k + dy) * k + dx];
    return acc;
}

/* acc (h, w, channels) -> y in place, raster order; identity (h, w, channels) is NULL without a
   residual. */
static void requantize(const dp_conv *conv, map acc, const map *identity, bool relu) {
    for (int y = 0; y < acc.h; y++)
        for (int x = 0; x < acc.w; x++)
            for (int oc = 0; oc < acc.channels; oc++) {
                int64_t sum = *at(acc, y, x, oc) * conv->mult[oc] + conv->bias[oc];
                if (identity != NULL) sum += *at(*identity, y, x, oc) * conv->res_mult[oc];
                *at(acc, y, x, oc) = clamp(floor_divide(sum, (int64_t)1 << conv->shift[oc]), relu ? 0 : -128, 127);
            }
}

/* m (h, w, channels) in place: zero where mask (h, w, 1) is 0. */
static void blank_positions(map m, map mask) {
    for (int y = 0; y < m.h; y++)
        for (int x = 0; x < m.w; x++)
            for (int c = 0; c < m.channels; c++) *at(m, y, x, c) *= *at(mask, y, x, 0);
}

/* m (h, w, channels) in place: zero in channels of groups that keep (groups) drops. */
static void blank_groups(map m, const dp_layer *layer, const uint8_t *keep) {
    for (int y = 0; y < m.h; y++)
        for (int x = 0; x < m.w; x++)
            for (int c = 0; c < m.channels; c++) *at(m, y, x, c) *= keep[c / layer->group];
}

/* x (in_h, in_w, in) . spatial_weight (in), or the layer's or the previous mask -> keep (in_h,
   in_w, 1) of 0/1 */
static map spatial_mask(const dp_layer *layer, map x, map previous_mout, bool dense) {
    map keep = map_new(layer->in_h, layer->in_w, 1);
    for (int y = 0; y < keep.h; y++)
        for (int xx = 0; xx < keep.w; xx++) {
            int64_t kept = 1, dot = layer->spatial_bias;
            if (!dense && layer->spatial == DP_MASK_UNIT) {
                for (int c = 0; c < layer->in; c++) dot += *at(x, y, xx, c) * layer->spatial_weight[c];
                kept = dot > 0;
            }
            if (!dense && layer->spatial == DP_MASK_GIVEN) kept = layer->spatial_given[y * layer->in_w + xx];
            if (!dense && layer->spatial == DP_MASK_REUSE) kept = *at(previous_mout, y, xx, 0);
            *at(keep, y, xx, 0) = kept;
        }
    return keep;
}

/* min (in_h, in_w, 1) -> mout (out_h, out_w, 1): 1 where any position of the stride's square is */
static map output_mask(const dp_layer *layer, map min) {
    map mout = map_new(layer->out_h, layer->out_w, 1);
    int s = layer->stride;
    for (int y = 0; y < mout.h; y++)
        for (int x = 0; x < mout.w; x++)
            for (int dy = 0; dy < s; dy++)
                for (int dx = 0; dx < s; dx++)
                    if (padded(min, y * s + dy, x * s + dx, 0) != 0) *at(mout, y, x, 0) = 1;
    return mout;
}

/* previous (h, w, in): the map that the block reads; kept (h, w, 1): where the previous layer kept
   its output -> score (groups): of each group all channels, of each channel all kept positions */
static void score_groups(const dp_layer *layer, map previous, map kept, int64_t *score) {
    int64_t n = 0;
    for (int y = 0; y < kept.h; y++)
        for (int x = 0; x < kept.w; x++) n += *at(kept, y, x, 0);
    for (int g = 0; g < layer->groups; g++) {
        score[g] = layer->channel_bias[g] * (layer->pool == DP_POOL_MAX ? 1 : n);
        for (int c = 0; c < layer->in; c++) {
            int64_t sum = 0, max = -128;
            for (int y = 0; y < kept.h; y++)
                for (int x = 0; x < kept.w; x++)
                    if (*at(kept, y, x, 0) != 0) {
                        sum += *at(previous, y, x, c);
                        if (*at(previous, y, x, c) > max) max = *at(previous, y, x, c);
                    }
            score[g] += layer->channel_weight[g * layer->in + c] * (layer->pool == DP_POOL_MAX ? max : sum);
        }
    }
}

/* score (groups) -> keep (groups): takes the best group that is left, layer->keep times. */
static void choose_groups(const dp_layer *layer, const int64_t *score, uint8_t *keep) {
    for (int i = 0; i < layer->keep; i++) {
        int best = -1;
        for (int g = 0; g < layer->groups; g++)
            if (keep[g] == 0 && (best < 0 || score[g] > score[best])) best = g;
        keep[best] = 1;
    }
}

/* Index in layer->conv, -1 if the block has none. */
static int find_conv(const dp_layer *layer, dp_role role) {
    for (int i = 0; i < layer->convs; i++)
        if (layer->conv[i].role == role) return i;
    return -1;
}

/* The intermediates: zero at pruned positions and in dropped groups. */
static map inner_conv(const dp_layer *layer, dp_role role, map x, map keep, naive_layer *r) {
    int i = find_conv(layer, role);
    map y = convolve(&layer->conv[i], x);
    requantize(&layer->conv[i], y, NULL, true);
    blank_positions(y, keep);
    blank_groups(y, layer, r->group_keep);
    r->y[i] = as_int8(y);
    return y;
}

/* m (h, w, channels) in place, where mout (h, w, 1) is 0: nothing but the identity remains there,
   it is the block's output and has its ReLU. */
static void relu_pruned(map m, map mout) {
    for (int y = 0; y < m.h; y++)
        for (int x = 0; x < m.w; x++)
            for (int c = 0; c < m.channels; c++)
                if (*at(mout, y, x, 0) == 0) *at(m, y, x, c) = clamp(*at(m, y, x, c), 0, 127);
}

static map block_identity(const dp_layer *layer, map x, map mout, naive_layer *r) {
    int i = find_conv(layer, DP_SHORTCUT);
    if (i < 0) return map_copy(x);
    map identity = convolve(&layer->conv[i], x);
    requantize(&layer->conv[i], identity, NULL, false);
    relu_pruned(identity, mout);
    r->y[i] = as_int8(identity);
    return identity;
}

/* x -> the block's output, with the masks already chosen. */
static map run_block(const dp_layer *layer, map x, map min, map mout, naive_layer *r) {
    bool bottleneck = layer->kind == DP_BOTTLENECK;
    map masked = map_copy(x);
    blank_positions(masked, min);
    map inner = inner_conv(layer, DP_CONV1, masked, bottleneck ? min : mout, r);
    if (bottleneck) {
        map second = inner_conv(layer, DP_CONV2, inner, mout, r);
        map_free(inner);
        inner = second;
    }
    int last = find_conv(layer, bottleneck ? DP_CONV3 : DP_CONV2);
    map identity = block_identity(layer, x, mout, r), out = convolve(&layer->conv[last], inner);
    requantize(&layer->conv[last], out, &identity, true);
    relu_pruned(identity, mout);
    /* identity (out_h, out_w, out) -> out at pruned positions */
    for (int y = 0; y < out.h; y++)
        for (int xx = 0; xx < out.w; xx++)
            for (int c = 0; c < out.channels; c++)
                if (*at(mout, y, xx, 0) == 0) *at(out, y, xx, c) = *at(identity, y, xx, c);
    r->y[last] = as_int8(out);
    map_free(masked);
    map_free(inner);
    map_free(identity);
    return out;
}

static map run_stem(const dp_layer *layer, map image, naive_layer *r) {
    map y = convolve(&layer->conv[0], image);
    requantize(&layer->conv[0], y, NULL, true);
    r->y[0] = as_int8(y);
    if (!layer->max_pool) return y;
    map out = map_new(layer->out_h, layer->out_w, layer->out);
    /* y (h, w, out) -> out (out_h, out_w, out): the maximum of nine taps */
    for (int yy = 0; yy < out.h; yy++)
        for (int x = 0; x < out.w; x++)
            for (int c = 0; c < out.channels; c++)
                for (int dy = -1; dy <= 1; dy++) /* after the ReLU, a padding of 0 cannot win */
                    for (int dx = -1; dx <= 1; dx++) {
                        int64_t v = padded(y, 2 * yy + dy, 2 * x + dx, c);
                        if (v > *at(out, yy, x, c)) *at(out, yy, x, c) = v;
                    }
    map_free(y);
    return out;
}

static void run_head(const dp_layer *layer, map x, naive_result *result) {
    result->logits = allocate((size_t)layer->out, sizeof *result->logits);
    /* x (in_h, in_w, in), head_weight (out, in) -> logits (out): of each class all positions, then
       all channels */
    for (int o = 0; o < layer->out; o++) {
        int64_t logit = layer->head_bias[o];
        for (int y = 0; y < x.h; y++)
            for (int xx = 0; xx < x.w; xx++)
                for (int c = 0; c < x.channels; c++) logit += *at(x, y, xx, c) * layer->head_weight[o * layer->in + c];
        result->logits[o] = (int32_t)logit;
    }
    result->top1 = 0;
    for (int o = layer->out - 1; o >= 0; o--)
        if (result->logits[o] >= result->logits[result->top1]) result->top1 = o;
}

/* Chooses the block's masks into r; returns min and *mout. */
static map choose_masks(const dp_layer *layer, map x, map previous_kept, bool dense, naive_layer *r, map *mout) {
    map min = spatial_mask(layer, x, previous_kept, dense);
    *mout = output_mask(layer, min);
    r->min = as_bits(min);
    r->mout = as_bits(*mout);
    for (int g = 0; g < layer->groups; g++) r->group_keep[g] = dense || layer->channel == DP_MASK_NONE;
    if (!dense && layer->channel == DP_MASK_GIVEN)
        for (int g = 0; g < layer->groups; g++) r->group_keep[g] = layer->channel_given[g];
    if (!dense && layer->channel == DP_MASK_UNIT) {
        score_groups(layer, x, previous_kept, r->score);
        choose_groups(layer, r->score, r->group_keep);
    }
    return min;
}

void naive_compute(const dp_model *model, const int8_t *image, golden_options options, naive_result *result) {
    *result = (naive_result){.layer_count = model->layer_count, .top1 = -1};
    result->layers = allocate((size_t)model->layer_count, sizeof *result->layers);
    map x = map_from(image, model->in_h, model->in_w, model->in_c);
    map kept = map_new(0, 0, 1); /* where the previous layer kept its output */
    for (int i = 0; i < model->layer_count; i++) {
        const dp_layer *layer = &model->layers[i];
        naive_layer *r = &result->layers[i];
        if (layer->kind == DP_HEAD) {
            run_head(layer, x, result);
            break;
        }
        map out, mout;
        if (layer->kind == DP_STEM) {
            out = run_stem(layer, x, r);
            mout = map_new(out.h, out.w, 1);
            for (int p = 0; p < out.h * out.w; p++) mout.value[p] = 1;
        } else {
            map min = choose_masks(layer, x, kept, options.dense, r, &mout);
            out = run_block(layer, x, min, mout, r);
            map_free(min);
        }
        r->out = as_int8(out);
        map_free(x);
        map_free(kept);
        x = out;
        kept = mout;
    }
    map_free(x);
    map_free(kept);
}

void naive_free(naive_result *result) {
    for (int i = 0; i < result->layer_count; i++) {
        for (int k = 0; k < DP_MAX_CONVS; k++) free(result->layers[i].y[k]);
        free(result->layers[i].out);
        free(result->layers[i].min);
        free(result->layers[i].mout);
    }
    free(result->layers);
    free(result->logits);
    *result = (naive_result){.top1 = -1};
}
