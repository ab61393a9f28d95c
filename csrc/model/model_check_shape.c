#define _POSIX_C_SOURCE 200809L
#include "model_shape.h"

#include <ctype.h>
#include <string.h>

static dp_status check_name(const dp_model *model, int index, const char *origin, dp_error *err) {
    const char *name = model->layers[index].name;
    size_t length = strnlen(name, DP_NAME);
    bool valid = length >= 1 && length <= DP_MAX_LAYER_NAME;
    for (size_t i = 0; valid && i < length; i++) valid = isalnum((unsigned char)name[i]) || name[i] == '_' || name[i] == '-';
    if (!valid)
        return dp_fail(err, DP_BAD_INPUT, "%s: layer %d: a name has 1 to %d characters of A-Z a-z 0-9 _ -", origin, index,
                       DP_MAX_LAYER_NAME);
    for (int i = 0; i < index; i++)
        if (strcmp(model->layers[i].name, name) == 0)
            return dp_fail(err, DP_BAD_INPUT, "%s: layer %s: two layers have this name", origin, name);
    return DP_OK;
}

static dp_status check_range(const dp_layer *layer, const char *origin, const char *field, int value, int low, int high,
                             int multiple, dp_error *err) {
    if (value < low || value > high || value % multiple != 0)
        return dp_fail(err, DP_BAD_INPUT, "%s: layer %s: %s is %d, expected %d to %d, a multiple of %d", origin, layer->name,
                       field, value, low, high, multiple);
    return DP_OK;
}

static dp_status check_chain(const dp_model *model, int index, const char *origin, dp_error *err) {
    const dp_layer *layer = &model->layers[index];
    const dp_layer *previous = index > 0 ? layer - 1 : NULL;
    int h = previous != NULL ? previous->out_h : model->in_h;
    int w = previous != NULL ? previous->out_w : model->in_w;
    int c = previous != NULL ? previous->out : model->in_c;
    if (layer->in != c)
        return dp_fail(err, DP_BAD_INPUT, "%s: layer %s: in is %d, but %s has %d channels", origin, layer->name, layer->in,
                       previous != NULL ? previous->name : "the image", c);
    if (layer->in_h != h || layer->in_w != w)
        return dp_fail(err, DP_BAD_INPUT, "%s: layer %s: input is %dx%d, but %s is %dx%d", origin, layer->name, layer->in_h,
                       layer->in_w, previous != NULL ? previous->name : "the image", h, w);
    return DP_OK;
}

static dp_status check_stem(const dp_model *model, int index, const char *origin, dp_error *err) {
    const dp_layer *layer = &model->layers[index];
    if (index != 0) return dp_fail(err, DP_BAD_INPUT, "%s: layer %s: a stem can only be the first layer", origin, layer->name);
    int kernel = layer->conv[0].kernel;
    if (kernel != 3 && kernel != 7)
        return dp_fail(err, DP_BAD_INPUT, "%s: layer %s: kernel is %d, expected 3 or 7", origin, layer->name, kernel);
    return check_range(layer, origin, "out", layer->out, 8, DP_MAX_CHANNELS, 8, err);
}

static dp_status check_head(const dp_model *model, int index, const char *origin, dp_error *err) {
    const dp_layer *layer = &model->layers[index];
    if (index == 0 || index != model->layer_count - 1)
        return dp_fail(err, DP_BAD_INPUT, "%s: layer %s: a head can only be the last layer, after another", origin, layer->name);
    if (layer->stride != 1)
        return dp_fail(err, DP_BAD_INPUT, "%s: layer %s: stride is %d, expected 1", origin, layer->name, layer->stride);
    return check_range(layer, origin, "out", layer->out, 1, DP_MAX_CHANNELS, 1, err);
}

static dp_status check_masks(const dp_layer *layer, const dp_layer *previous, const char *origin, dp_error *err) {
    if (layer->spatial > DP_MASK_REUSE || layer->channel > DP_MASK_GIVEN)
        return dp_fail(err, DP_BAD_INPUT, "%s: layer %s: unknown mask mode", origin, layer->name);
    if (layer->spatial == DP_MASK_REUSE && (previous == NULL || !dp_is_block(previous) || previous->spatial == DP_MASK_NONE))
        return dp_fail(err, DP_BAD_INPUT, "%s: layer %s: spatial is reuse, but the layer before it has no spatial mask", origin,
                       layer->name);
    if (layer->channel == DP_MASK_UNIT && previous == NULL)
        return dp_fail(err, DP_BAD_INPUT, "%s: layer %s: channel is unit, but no layer precedes it to be pooled", origin,
                       layer->name);
    if (layer->keep < 1 || layer->keep > layer->groups)
        return dp_fail(err, DP_BAD_INPUT, "%s: layer %s: keep is %d, expected 1 to %d groups", origin, layer->name, layer->keep,
                       layer->groups);
    if (layer->channel == DP_MASK_NONE && layer->keep != layer->groups)
        return dp_fail(err, DP_BAD_INPUT, "%s: layer %s: keep is %d, but without a channel mask all %d groups stay", origin,
                       layer->name, layer->keep, layer->groups);
    if (layer->pool > DP_POOL_MAX) return dp_fail(err, DP_BAD_INPUT, "%s: layer %s: unknown pool", origin, layer->name);
    return DP_OK;
}

static dp_status check_block(const dp_model *model, int index, int group, const char *origin, dp_error *err) {
    const dp_layer *layer = &model->layers[index];
    const dp_layer *previous = index > 0 ? layer - 1 : NULL;
    dp_status status = check_range(layer, origin, "in", layer->in, 8, DP_MAX_CHANNELS, 8, err);
    if (status == DP_OK) status = check_range(layer, origin, "mid", layer->mid, 8, DP_MAX_CHANNELS, 8, err);
    if (status == DP_OK) status = check_range(layer, origin, "out", layer->out, 8, DP_MAX_CHANNELS, 8, err);
    if (status == DP_OK) status = check_range(layer, origin, "group", layer->group, 8, DP_MAX_CHANNELS, 8, err);
    if (status != DP_OK) return status;
    if (layer->group != group)
        return dp_fail(err, DP_BAD_INPUT, "%s: layer %s: group is %d, but %d in the first block", origin, layer->name,
                       layer->group, group);
    if (layer->mid % group != 0 || layer->groups != layer->mid / group)
        return dp_fail(err, DP_BAD_INPUT, "%s: layer %s: mid is %d, expected a multiple of the group size %d", origin,
                       layer->name, layer->mid, group);
    if (layer->groups > DP_MAX_GROUPS)
        return dp_fail(err, DP_BAD_INPUT, "%s: layer %s: %d groups of %d channels, expected at most %d groups", origin,
                       layer->name, layer->groups, group, DP_MAX_GROUPS);
    if (!layer->has_shortcut && (layer->stride != 1 || layer->in != layer->out))
        return dp_fail(err, DP_BAD_INPUT, "%s: layer %s: the residual needs a shortcut (in %d, out %d, stride %d)", origin,
                       layer->name, layer->in, layer->out, layer->stride);
    return check_masks(layer, previous, origin, err);
}

static bool same_conv(const dp_conv *a, const dp_conv *b) {
    return strncmp(a->name, b->name, DP_NAME) == 0 && a->role == b->role && a->cin == b->cin && a->cout == b->cout &&
           a->kernel == b->kernel && a->stride == b->stride && a->late_y == b->late_y && a->late_x == b->late_x &&
           a->in_h == b->in_h && a->in_w == b->in_w && a->out_h == b->out_h && a->out_w == b->out_w;
}

static dp_status check_geometry(const dp_layer *layer, const char *origin, dp_error *err) {
    dp_layer expected = *layer;
    layer_derive(&expected);
    bool same = layer->convs == expected.convs && layer->out_h == expected.out_h && layer->out_w == expected.out_w;
    for (int i = 0; same && i < expected.convs; i++) same = same_conv(&layer->conv[i], &expected.conv[i]);
    if (!same)
        return dp_fail(err, DP_BAD_INPUT, "%s: layer %s: its convolutions do not follow from its channels, stride and input",
                       origin, layer->name);
    return DP_OK;
}

static dp_status check_layer(const dp_model *model, int index, int group, const char *origin, dp_error *err) {
    const dp_layer *layer = &model->layers[index];
    dp_status status = check_name(model, index, origin, err);
    if (status == DP_OK) status = check_chain(model, index, origin, err);
    if (status == DP_OK && layer->stride != 1 && layer->stride != 2)
        status = dp_fail(err, DP_BAD_INPUT, "%s: layer %s: stride is %d, expected 1 or 2", origin, layer->name, layer->stride);
    if (status == DP_OK && layer->max_pool && layer->kind != DP_STEM)
        status = dp_fail(err, DP_BAD_INPUT, "%s: layer %s: max_pool belongs to the stem", origin, layer->name);
    if (status == DP_OK && layer->pad_same && (!dp_is_block(layer) || layer->stride != 2))
        status = dp_fail(err, DP_BAD_INPUT, "%s: layer %s: padding \"same\" belongs to blocks of stride 2", origin, layer->name);
    if (status != DP_OK) return status;
    switch (layer->kind) {
    case DP_STEM: status = check_stem(model, index, origin, err); break;
    case DP_BASIC:
    case DP_BOTTLENECK: status = check_block(model, index, group, origin, err); break;
    case DP_HEAD: status = check_head(model, index, origin, err); break;
    default: status = dp_fail(err, DP_BAD_INPUT, "%s: layer %s: unknown kind", origin, layer->name); break;
    }
    return status == DP_OK ? check_geometry(layer, origin, err) : status;
}

dp_status model_check_shape(const dp_model *model, const char *origin, dp_error *err) {
    size_t length = strnlen(model->name, sizeof model->name);
    bool printable = length >= 1 && length < sizeof model->name;
    for (size_t i = 0; printable && i < length; i++) printable = isprint((unsigned char)model->name[i]) != 0;
    if (!printable)
        return dp_fail(err, DP_BAD_INPUT, "%s: the network's name has 1 to %zu printable ASCII characters", origin,
                       sizeof model->name - 1);
    if (model->in_h < 1 || model->in_h > DP_MAX_SIZE || model->in_w < 1 || model->in_w > DP_MAX_SIZE || model->in_c < 1 ||
        model->in_c > DP_MAX_CHANNELS)
        return dp_fail(err, DP_BAD_INPUT, "%s: input is %dx%dx%d, expected at most %dx%dx%d", origin, model->in_h, model->in_w,
                       model->in_c, DP_MAX_SIZE, DP_MAX_SIZE, DP_MAX_CHANNELS);
    if (model->layer_count < 1 || model->layer_count > DP_MAX_LAYERS)
        return dp_fail(err, DP_BAD_INPUT, "%s: %d layers, expected 1 to %d", origin, model->layer_count, DP_MAX_LAYERS);
    int group = 0; /* of the first block */
    for (int i = 0; i < model->layer_count; i++) {
        if (group == 0 && dp_is_block(&model->layers[i])) group = model->layers[i].group;
        dp_status status = check_layer(model, i, group, origin, err);
        if (status != DP_OK) return status;
    }
    const dp_layer *last = &model->layers[model->layer_count - 1];
    int classes = last->kind == DP_HEAD ? last->out : 0;
    if (model->classes != classes)
        return dp_fail(err, DP_BAD_INPUT, "%s: classes is %d, expected %d (the head's outputs; 0 without a head)", origin,
                       model->classes, classes);
    return DP_OK;
}
