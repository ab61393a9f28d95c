/* dp_model_check: the values of the tensors, after the shapes. Everything here is proved for any
   image. */
#include "model.h"
#include "model_shape.h"
#include "tensor_list.h"

#include <inttypes.h>

enum { ACTIVATION_MAX = 128 }; /* largest magnitude of an int8 */

static const int64_t bias_limit = (int64_t)1 << 47;
static const int64_t score_limit = (int64_t)1 << 47; /* scores are formed at 48 bits */
static const int64_t int32_limit = (int64_t)1 << 31;

static int64_t magnitude(int64_t value) { return value < 0 ? -value : value; } /* never of INT64_MIN here */

static int64_t sum_magnitudes(const int8_t *weight, size_t count) {
    int64_t sum = 0;
    for (size_t i = 0; i < count; i++) sum += magnitude(weight[i]);
    return sum;
}

static dp_status check_present(const dp_layer *layer, const char *origin, dp_error *err) {
    tensor_desc list[TENSORS_PER_LAYER];
    int count = layer_tensors(layer, list);
    for (int i = 0; i < count; i++)
        if (tensor_data(layer, &list[i]) == NULL)
            return dp_fail(err, DP_BAD_INPUT, "%s: tensor %s is missing", origin, list[i].name);
    for (int i = 0; i < layer->convs; i++)
        if (layer->conv[i].res_mult != NULL && (layer->kind == DP_STEM || i < layer->convs - 1))
            return dp_fail(err, DP_BAD_INPUT, "%s: tensor %s.res_mult: only a block's last convolution has a residual", origin,
                           layer->conv[i].name);
    return DP_OK;
}

static dp_status check_conv(const dp_conv *conv, const char *origin, dp_error *err) {
    size_t taps = (size_t)conv->cin * (size_t)conv->kernel * (size_t)conv->kernel;
    for (int oc = 0; oc < conv->cout; oc++) {
        int64_t worst = ACTIVATION_MAX * sum_magnitudes(conv->weight + (size_t)oc * taps, taps);
        if (worst >= int32_limit)
            return dp_fail(err, DP_BAD_INPUT,
                           "%s: tensor %s.weight: channel %d can reach %" PRId64 ", the accumulator wraps at 2^31", origin,
                           conv->name, oc, worst);
        if (conv->mult[oc] < 0)
            return dp_fail(err, DP_BAD_INPUT, "%s: tensor %s.mult: channel %d is %d, expected 0 to 32767", origin, conv->name, oc,
                           conv->mult[oc]);
        if (conv->shift[oc] > 31)
            return dp_fail(err, DP_BAD_INPUT, "%s: tensor %s.shift: channel %d is %d, expected 0 to 31", origin, conv->name, oc,
                           conv->shift[oc]);
        if (conv->bias[oc] <= -bias_limit || conv->bias[oc] >= bias_limit)
            return dp_fail(err, DP_BAD_INPUT, "%s: tensor %s.bias: channel %d is %" PRId64 ", expected a magnitude below 2^47",
                           origin, conv->name, oc, conv->bias[oc]);
        if (conv->res_mult != NULL && conv->res_mult[oc] < 0)
            return dp_fail(err, DP_BAD_INPUT, "%s: tensor %s.res_mult: channel %d is %" PRId32 ", expected 0 to 2^31-1", origin,
                           conv->name, oc, conv->res_mult[oc]);
    }
    return DP_OK;
}

static dp_status check_bitmap(const dp_layer *layer, const char *what, const uint8_t *bits, size_t count, int *ones,
                              const char *origin, dp_error *err) {
    *ones = 0;
    for (size_t i = 0; i < count; i++) {
        if (bits[i] > 1)
            return dp_fail(err, DP_BAD_INPUT, "%s: tensor %s.%s.given: element %zu is %d, expected 0 or 1", origin, layer->name,
                           what, i, bits[i]);
        *ones += bits[i];
    }
    return DP_OK;
}

static dp_status check_spatial(const dp_layer *layer, const char *origin, dp_error *err) {
    if (layer->spatial == DP_MASK_GIVEN) {
        int ones;
        return check_bitmap(layer, "spatial", layer->spatial_given, (size_t)layer->in_h * (size_t)layer->in_w, &ones, origin,
                            err);
    }
    if (layer->spatial == DP_MASK_UNIT) {
        int64_t worst =
            ACTIVATION_MAX * sum_magnitudes(layer->spatial_weight, (size_t)layer->in) + magnitude(layer->spatial_bias);
        if (worst >= int32_limit)
            return dp_fail(err, DP_BAD_INPUT, "%s: layer %s: the spatial mask's sum can reach %" PRId64 " and wraps at 2^31",
                           origin, layer->name, worst);
    }
    return DP_OK;
}

static dp_status check_channel(const dp_layer *layer, const char *origin, dp_error *err) {
    if (layer->channel == DP_MASK_GIVEN) {
        int ones;
        dp_status status = check_bitmap(layer, "channel", layer->channel_given, (size_t)layer->groups, &ones, origin, err);
        if (status == DP_OK && ones != layer->keep)
            status = dp_fail(err, DP_BAD_INPUT, "%s: tensor %s.channel.given: %d ones, expected keep = %d", origin, layer->name,
                             ones, layer->keep);
        return status;
    }
    if (layer->channel == DP_MASK_UNIT) {
        int64_t positions = layer->pool == DP_POOL_AVG ? (int64_t)layer->in_h * layer->in_w : 1;
        for (int g = 0; g < layer->groups; g++) {
            int64_t sum = sum_magnitudes(layer->channel_weight + (size_t)g * (size_t)layer->in, (size_t)layer->in);
            int64_t worst = positions * (ACTIVATION_MAX * sum + magnitude(layer->channel_bias[g]));
            if (worst >= score_limit)
                return dp_fail(err, DP_BAD_INPUT, "%s: layer %s: the score of group %d can reach %" PRId64 " and wraps at 2^47",
                               origin, layer->name, g, worst);
        }
    }
    return DP_OK;
}

static dp_status check_head_values(const dp_layer *layer, const char *origin, dp_error *err) {
    for (int o = 0; o < layer->out; o++) {
        int64_t sum = sum_magnitudes(layer->head_weight + (size_t)o * (size_t)layer->in, (size_t)layer->in);
        int64_t worst = (int64_t)layer->in_h * layer->in_w * ACTIVATION_MAX * sum + magnitude(layer->head_bias[o]);
        if (worst >= int32_limit)
            return dp_fail(err, DP_BAD_INPUT, "%s: layer %s: logit %d can reach %" PRId64 " and wraps at 2^31", origin,
                           layer->name, o, worst);
    }
    return DP_OK;
}

static dp_status check_layer_values(const dp_layer *layer, const char *origin, dp_error *err) {
    dp_status status = check_present(layer, origin, err);
    for (int i = 0; status == DP_OK && i < layer->convs; i++) status = check_conv(&layer->conv[i], origin, err);
    if (status != DP_OK || layer->kind == DP_STEM) return status;
    if (layer->kind == DP_HEAD) return check_head_values(layer, origin, err);
    status = check_spatial(layer, origin, err);
    return status == DP_OK ? check_channel(layer, origin, err) : status;
}

dp_status dp_model_check(const dp_model *model, const char *origin, dp_error *err) {
    dp_status status = model_check_shape(model, origin, err);
    for (int i = 0; status == DP_OK && i < model->layer_count; i++) status = check_layer_values(&model->layers[i], origin, err);
    return status;
}
