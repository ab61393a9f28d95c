/* Random weights, and requantization measured on them: the golden reference runs one seeded image,
   and each convolution, as its accumulators come, is scaled to a set deviation and freed of its
   mean, channel by channel. */
#include "gen_parts.h"
#include "golden.h"
#include "model_shape.h"

#include <math.h>
#include <stdlib.h>

enum { MAX_CHANNELS = DP_MAX_CHANNELS };

/* Deviations of outputs before ReLU, in LSBs. A stage's branches add up to branch_deviation. */
static const double stem_deviation = 26, pooled_stem_deviation = 22, conv_deviation = 22;
static const double shortcut_deviation = 22, branch_deviation = 20;
static const double saturation = 16; /* times these, where most outputs shall be clamped */

/* of an identity that a branch adds to; the branch takes off what is above it */
static const double most_mean = 20;

/* What a channel's mean and deviation are worth against the layer's: few positions say little about
   other images. */
static const double mean_prior = 8; /* positions with mean 0 */
static const double least_deviation = 0.7; /* of the layer's, for the same weights */

/* of an activation, where nothing is kept that could be measured */
static const double activation_square = 40.0 * 40.0;

typedef struct {
    rng *random;
    const dp_model *model;
    gen_values values;
    /* (channels), of the convolution at hand */
    double sum[MAX_CHANNELS], square[MAX_CHANNELS]; /* of accumulators at kept positions */
    double weight[MAX_CHANNELS]; /* sum of the squares of kept weights */
} calibration;

/* -95..95 around 0 with deviation 32, and one in 64 anywhere in -128..127. */
static int8_t random_weight(rng *random, gen_values values) {
    uint64_t bits = rng_next(random);
    if (values == GEN_EXTREME) return (bits & 1) != 0 ? INT8_MAX : INT8_MIN;
    if ((bits >> 20 & 63) == 0) return (int8_t)((int)(bits >> 32 & 255) - 128);
    return (int8_t)((int)((bits & 63) + (bits >> 6 & 63) + (bits >> 12 & 63) + (bits >> 18 & 1)) - 95);
}

/* The tensors of a generated model lie in its own buffer: they may be written through the model's
   const pointers. */
static void set_requantization(rng *random, const dp_conv *conv, int oc, double scale, double centre) {
    int exponent;
    (void)frexp(scale, &exponent); /* scale < 2^exponent */
    int shift = 14 - exponent - (int)rng_below(random, 5); /* so that mult keeps 9 to 14 bits */
    shift = shift < 1 ? 1 : shift > 30 ? 30 : shift;
    double mult = round(ldexp(scale, shift));
    mult = mult < 1 ? 1 : mult > INT16_MAX ? INT16_MAX : mult;
    ((int16_t *)conv->mult)[oc] = (int16_t)mult;
    ((uint8_t *)conv->shift)[oc] = (uint8_t)shift;
    ((int64_t *)conv->bias)[oc] = ((int64_t)1 << (shift - 1)) - (int64_t)llround(mult * centre);
    if (conv->res_mult != NULL) ((int32_t *)conv->res_mult)[oc] = (int32_t)1 << shift;
}

static bool channel_is_kept(const golden_layer *g, bool grouped, int channel) {
    return !grouped || g->group_keep[channel / g->layer->group] != 0;
}

static double kept_weight(const golden_layer *g, const golden_conv *c, int oc) {
    int taps = c->conv->kernel * c->conv->kernel;
    const int8_t *weight = c->conv->weight + (size_t)oc * (size_t)(c->conv->cin * taps);
    double sum = 1;
    for (int ic = 0; ic < c->conv->cin; ic++, weight += taps)
        for (int t = 0; t < taps && channel_is_kept(g, c->in_grouped, ic); t++) sum += weight[t] * weight[t];
    return sum;
}

/* Sets the sums of all channels; returns the number of kept positions. */
static int measure(calibration *k, const golden_layer *g, const golden_conv *c) {
    int cout = c->conv->cout, kept = 0;
    for (int oc = 0; oc < cout; oc++) {
        k->sum[oc] = k->square[oc] = 0;
        k->weight[oc] = kept_weight(g, c, oc);
    }
    for (int p = 0; p < c->conv->out_h * c->conv->out_w; p++) {
        const int32_t *acc = c->acc + (size_t)p * (size_t)cout;
        if (c->out_keep != NULL && c->out_keep[p] == 0) continue;
        for (int oc = 0; oc < cout; oc++) {
            double value = acc[oc];
            k->sum[oc] += value;
            k->square[oc] += value * value;
        }
        kept++;
    }
    return kept;
}

/* What the convolution adds to, (out_h, out_w, cout). */
static const int8_t *identity_of(const golden_layer *g) {
    for (int i = 0; i < g->layer->convs; i++)
        if (g->layer->conv[i].role == DP_SHORTCUT) return g->conv[i].y;
    return g->x;
}

/* Mean of the identity's channel at kept positions above most_mean. */
static double excess(const golden_layer *g, const golden_conv *c, int channel, double positions) {
    const int8_t *identity = identity_of(g) + channel;
    double sum = 0;
    for (int p = 0; p < c->conv->out_h * c->conv->out_w; p++)
        if (c->out_keep == NULL || c->out_keep[p] != 0) sum += identity[(size_t)p * (size_t)c->conv->cout];
    return fmax(sum / positions - most_mean, 0);
}

/* Blocks that add to the same map, from the last change of resolution to the next. */
static int stage_length(const dp_model *model, const dp_layer *layer) {
    const dp_layer *first = layer, *end = layer + 1;
    while (first->stride == 1 && first > model->layers && first[-1].kind == layer->kind) first--;
    while (end < model->layers + model->layer_count && end->kind == layer->kind && end->stride == 1) end++;
    return (int)(end - first);
}

static double target_deviation(const dp_model *model, const dp_layer *layer, const dp_conv *conv) {
    if (layer->kind == DP_STEM) return layer->max_pool ? pooled_stem_deviation : stem_deviation;
    if (conv->role == DP_SHORTCUT) return shortcut_deviation;
    return conv == &layer->conv[layer->convs - 1] ? branch_deviation / sqrt(stage_length(model, layer)) : conv_deviation;
}

static void calibrate(void *context, const golden_layer *g, const golden_conv *c) {
    calibration *k = context;
    int positions = measure(k, g, c), channels = 0;
    double centre[MAX_CHANNELS], usual = 0, n = positions > 0 ? positions : 1;
    for (int oc = 0; oc < c->conv->cout; oc++) {
        double mean = k->sum[oc] / n;
        centre[oc] = mean * positions / (positions + mean_prior);
        k->square[oc] += n * centre[oc] * (centre[oc] - 2 * mean); /* now about the centre */
        if (positions == 0 || !channel_is_kept(g, c->out_grouped, oc)) continue;
        usual += k->square[oc] / n / k->weight[oc];
        channels++;
    }
    usual = channels > 0 ? usual / channels : activation_square;
    for (int oc = 0; oc < c->conv->cout; oc++) {
        double expected = usual * k->weight[oc], variance = expected;
        if (positions > 0 && channel_is_kept(g, c->out_grouped, oc))
            variance = fmax(k->square[oc] / n, least_deviation * least_deviation * expected);
        double scale = target_deviation(k->model, g->layer, c->conv) / sqrt(fmax(variance, 1));
        if (k->values == GEN_SATURATING) scale *= saturation;
        if (c->conv->res_mult != NULL) centre[oc] += excess(g, c, oc, n) / scale;
        set_requantization(k->random, c->conv, oc, scale, centre[oc]);
    }
}

static void fill_weights(rng *random, gen_values values, const dp_layer *layer) {
    for (int i = 0; i < layer->convs; i++) {
        const dp_conv *conv = &layer->conv[i];
        size_t count = (size_t)(conv->cout * conv->cin) * (size_t)(conv->kernel * conv->kernel);
        for (size_t w = 0; w < count; w++) ((int8_t *)conv->weight)[w] = random_weight(random, values);
    }
}

static void fill_head(rng *random, const dp_layer *layer) {
    for (int i = 0; i < layer->out * layer->in; i++) ((int8_t *)layer->head_weight)[i] = random_weight(random, GEN_USUAL);
    for (int o = 0; o < layer->out; o++) ((int32_t *)layer->head_bias)[o] = rng_int(random, -100000, 100000);
}

/* Between 0 and 63, and back, over `period` steps. */
static int wave(int at, int period) {
    int phase = at % period * 126 / period;
    return phase < 63 ? phase : 126 - phase;
}

/* Waves of light, and bands where they drown in noise: like a picture here, like random bytes
   there. */
static void make_image(rng *random, const dp_model *model, int8_t *image) {
    int h = model->in_h, w = model->in_w;
    for (int y = 0; y < h; y++)
        for (int x = 0; x < w; x++)
            for (int c = 0; c < model->in_c; c++) {
                /* its share, of 63 */
                int ramp = 2 * wave(2 * (y * w + x * h), h * w), noise = ramp < 63 ? ramp : 63;
                int byte = rng_int(random, 0, 127);
                int picture = wave(2 * y + 3 * x + c * w / 3, h + w) + rng_int(random, 0, 47);
                *image++ = (int8_t)((noise * byte + (63 - noise) * picture) / 63);
            }
}

dp_status gen_fill(rng *random, gen_values values, dp_model *model, dp_error *err) {
    for (int l = 0; l < model->layer_count; l++) {
        fill_weights(random, values, &model->layers[l]);
        if (model->layers[l].kind == DP_HEAD) fill_head(random, &model->layers[l]);
    }
    golden_run run = {.arena = NULL};
    calibration *k = malloc(sizeof *k);
    int8_t *image = malloc((size_t)(model->in_h * model->in_w) * (size_t)model->in_c);
    dp_status status = k == NULL || image == NULL ? dp_fail(err, DP_NO_MEMORY, "%s: out of memory", model->name) : DP_OK;
    if (status == DP_OK) {
        *k = (calibration){.random = random, .model = model, .values = values};
        status = golden_create(&run, model, (golden_options){.accumulated = calibrate, .context = k}, err);
    }
    if (status == DP_OK) {
        make_image(random, model, image);
        golden_compute(&run, image);
        golden_free(&run);
    }
    free(image);
    free(k);
    return status;
}
