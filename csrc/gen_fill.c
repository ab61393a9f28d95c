/* Random weights, and requantization derived from them: the mean and mean square of activations are followed through the
   network as if they were independent, each convolution is scaled to a set deviation and freed of its expected mean. */
#include "gen_parts.h"

#include <math.h>
#include <string.h>

/* Deviations of outputs before ReLU, in LSBs. A stage's branches add up to branch_deviation. */
static const double stem_deviation = 30, pooled_stem_deviation = 22, conv_deviation = 32;
static const double shortcut_deviation = 28, branch_deviation = 24;

/* Real activations depend on each other, so that branches add up to more than independent ones would. */
static const double branch_dependence = 1.3;

typedef struct {
    double mean, square; /* of an activation, and of its square */
} moments;

/* A layer's output, apart for the positions that its mask kept and pruned. */
typedef struct {
    moments kept, pruned;
    double fraction; /* of kept positions */
} output;

static const moments image_moments = {36, 56.0 * 56.0}; /* of photographs halved to 0..127 */
static const moments map_moments = {22, 40.0 * 40.0}; /* of a map behind a ReLU */

/* Of max(0, v), v normal. */
static moments rectified(double mean, double variance) {
    double deviation = sqrt(variance), z = mean / deviation;
    double below = 0.5 * erfc(-z * 0.7071067811865476), density = exp(-0.5 * z * z) * 0.3989422804014327;
    return (moments){mean * below + deviation * density, (mean * mean + variance) * below + mean * deviation * density};
}

static output uniform(moments all) { return (output){all, all, 1}; }

static moments mix(output of) {
    double kept = of.fraction, pruned = 1 - of.fraction;
    return (moments){kept * of.kept.mean + pruned * of.pruned.mean, kept * of.kept.square + pruned * of.pruned.square};
}

/* -95..95 around 0 with deviation 32, and one in 64 anywhere in -128..127. */
static int8_t random_weight(rng *random) {
    uint64_t bits = rng_next(random);
    if ((bits >> 20 & 63) == 0) return (int8_t)((int)(bits >> 32 & 255) - 128);
    return (int8_t)((int)((bits & 63) + (bits >> 6 & 63) + (bits >> 12 & 63) + (bits >> 18 & 1)) - 95);
}

/* The part of a convolution's taps that fall into the image and on kept positions, over the outputs that are computed. */
static double tap_fraction(const dp_conv *conv, const uint8_t *in_keep, const uint8_t *out_keep) {
    long taps = 0, hits = 0;
    int pad = conv->kernel / 2;
    for (int y = 0; y < conv->out_h; y++)
        for (int x = 0; x < conv->out_w; x++) {
            if (out_keep != NULL && !out_keep[y * conv->out_w + x]) continue;
            for (int t = 0; t < conv->kernel * conv->kernel; t++) {
                int iy = y * conv->stride + t / conv->kernel - pad, ix = x * conv->stride + t % conv->kernel - pad;
                bool inside = iy >= 0 && iy < conv->in_h && ix >= 0 && ix < conv->in_w;
                hits += inside && (in_keep == NULL || in_keep[iy * conv->in_w + ix]);
                taps++;
            }
        }
    return taps > 0 ? (double)hits / (double)taps : 1;
}

/* The tensors of a generated model lie in its own buffer: they may be written through the model's const pointers. */
static void set_requantization(rng *random, const dp_conv *conv, int oc, double scale, double centre) {
    int exponent;
    (void)frexp(scale, &exponent); /* scale < 2^exponent */
    int shift = 14 - exponent - (int)rng_below(random, 5); /* so that mult keeps 9 to 14 bits */
    shift = shift < 1 ? 1 : shift > 30 ? 30 : shift;
    double mult = round(ldexp(scale, shift));
    mult = mult < 1 ? 1 : mult > INT16_MAX ? INT16_MAX : mult;
    ((int16_t *)conv->mult)[oc] = (int16_t)mult;
    ((uint8_t *)conv->shift)[oc] = (uint8_t)shift;
    ((int64_t *)conv->bias)[oc] = ((int64_t)1 << (shift - 1)) - llround(mult * centre);
    if (conv->res_mult != NULL) ((int32_t *)conv->res_mult)[oc] = (int32_t)1 << shift;
}

/* in_groups: kept groups of the input channels, NULL = all. */
static void fill_conv(rng *random, const dp_conv *conv, moments in, double taps_kept, const uint8_t *in_groups, int group,
                      double deviation) {
    int taps = conv->kernel * conv->kernel;
    int8_t *weight = (int8_t *)conv->weight;
    for (int oc = 0; oc < conv->cout; oc++) {
        double sum = 0, squares = 0;
        for (int ic = 0; ic < conv->cin; ic++) {
            bool kept = in_groups == NULL || in_groups[ic / group];
            for (int t = 0; t < taps; t++) {
                int w = *weight++ = random_weight(random);
                sum += kept ? w : 0;
                squares += kept ? w * w : 0;
            }
        }
        double mean = in.mean * taps_kept;
        double variance = squares * (in.square * taps_kept - mean * mean);
        set_requantization(random, conv, oc, deviation / sqrt(variance > 1 ? variance : 1), mean * sum);
    }
}

static void make_output_mask(const dp_layer *layer, const uint8_t *in, uint8_t *out) {
    for (int y = 0; y < layer->out_h; y++)
        for (int x = 0; x < layer->out_w; x++) {
            uint8_t any = 0;
            for (int iy = y * layer->stride; iy < (y + 1) * layer->stride && iy < layer->in_h; iy++)
                for (int ix = x * layer->stride; ix < (x + 1) * layer->stride && ix < layer->in_w; ix++)
                    any |= in[iy * layer->in_w + ix];
            out[y * layer->out_w + x] = any;
        }
}

static double kept_fraction(const uint8_t *mask, int count) {
    int kept = 0;
    for (int i = 0; mask != NULL && i < count; i++) kept += mask[i];
    return mask != NULL ? (double)kept / count : 1;
}

/* Behind the residual sum and ReLU. */
static moments add_branch(moments identity, double branch) {
    double grown = branch * branch_dependence;
    return rectified(identity.mean, identity.square - identity.mean * identity.mean + grown * grown);
}

/* `min` and `mout` are NULL without a spatial mask. */
static output fill_block(rng *random, const dp_layer *layer, output in, const uint8_t *min, const uint8_t *mout, double branch) {
    const moments inner = rectified(0, conv_deviation * conv_deviation);
    const moments shortcut = {0, shortcut_deviation * shortcut_deviation};
    if (layer->spatial != DP_MASK_REUSE) in = uniform(mix(in));
    for (int i = 0; i < layer->convs; i++) {
        const dp_conv *conv = &layer->conv[i];
        bool at_input = conv->role == DP_CONV1 && layer->kind == DP_BOTTLENECK; /* computed where the input is kept */
        bool reads_input = conv->role == DP_CONV1 || (conv->role == DP_CONV2 && layer->kind == DP_BOTTLENECK);
        double taps_kept = tap_fraction(conv, reads_input ? min : mout, at_input ? min : mout);
        if (conv->role == DP_SHORTCUT)
            fill_conv(random, conv, mix(in), 1, NULL, 1, shortcut_deviation);
        else if (conv->role == DP_CONV1)
            fill_conv(random, conv, in.kept, taps_kept, NULL, 1, conv_deviation);
        else
            fill_conv(random, conv, inner, taps_kept, layer->channel_given, layer->group,
                      i == layer->convs - 1 ? branch : conv_deviation);
    }
    double fraction = kept_fraction(mout, layer->out_h * layer->out_w);
    if (layer->has_shortcut) return (output){add_branch(shortcut, branch), rectified(0, shortcut.square), fraction};
    return (output){add_branch(in.kept, branch), in.pruned, fraction};
}

static moments fill_stem(rng *random, const dp_layer *layer) {
    double deviation = layer->max_pool ? pooled_stem_deviation : stem_deviation;
    fill_conv(random, &layer->conv[0], image_moments, tap_fraction(&layer->conv[0], NULL, NULL), NULL, 1, deviation);
    /* the largest of nine neighbours that resemble each other: about 1.2 deviations above the mean, with 0.65 deviations */
    return layer->max_pool ? rectified(1.2 * deviation, 0.42 * deviation * deviation) : rectified(0, deviation * deviation);
}

static void fill_head(rng *random, const dp_layer *layer) {
    for (int i = 0; i < layer->out * layer->in; i++) ((int8_t *)layer->head_weight)[i] = random_weight(random);
    for (int o = 0; o < layer->out; o++) ((int32_t *)layer->head_bias)[o] = rng_int(random, -100000, 100000);
}

/* Blocks of the same resolution from this one on: the stage, if this is its first. */
static int stage_length(const dp_model *model, int first) {
    int length = 1;
    while (first + length < model->layer_count && model->layers[first + length].kind != DP_HEAD &&
           model->layers[first + length].stride == 1)
        length++;
    return length;
}

void gen_fill(rng *random, dp_model *model, uint8_t *scratch) {
    uint8_t *mout = scratch, *reused = scratch + (size_t)model->in_h * (size_t)model->in_w;
    output at = uniform(map_moments);
    int stage = 0; /* blocks in the current one */
    for (int l = 0; l < model->layer_count; l++) {
        const dp_layer *layer = &model->layers[l];
        if (layer->kind == DP_STEM) {
            at = uniform(fill_stem(random, layer));
        } else if (layer->kind == DP_HEAD) {
            fill_head(random, layer);
        } else {
            if (stage == 0 || layer->stride != 1) stage = stage_length(model, l);
            const uint8_t *min = layer->spatial == DP_MASK_NONE ? NULL : layer->spatial_given;
            if (layer->spatial == DP_MASK_REUSE) {
                memcpy(reused, mout, (size_t)layer->in_h * (size_t)layer->in_w);
                min = reused;
            }
            if (min != NULL) make_output_mask(layer, min, mout);
            at = fill_block(random, layer, at, min, min != NULL ? mout : NULL, branch_deviation / sqrt(stage));
        }
    }
}
