#include "model_shape.h"

#include <stdio.h>
#include <string.h>

/* Padding "same" has nothing before the first row of an even map at stride 2, and one more after the last. */
static int late(const dp_layer *layer, int kernel, int stride, int size) {
    return layer->pad_same && kernel == 3 && stride == 2 && size % 2 == 0;
}

static int output_size(int size, int stride) { return (size - 1) / stride + 1; } /* odd kernels, pad = kernel/2 */

const char *dp_role_name(dp_role role) {
    static const char *const names[] = {"conv1", "conv2", "conv3", "shortcut"};
    return names[role];
}

static void add_conv(dp_layer *layer, dp_role role, int cin, int cout, int kernel, int stride, int in_h, int in_w) {
    dp_conv *conv = &layer->conv[layer->convs++];
    const char *role_name = layer->kind == DP_STEM ? "conv" : dp_role_name(role);
    char layer_name[DP_MAX_LAYER_NAME + 1] = "";
    memcpy(layer_name, layer->name, DP_MAX_LAYER_NAME);
    (void)snprintf(conv->name, sizeof conv->name, "%s.%s", layer_name, role_name);
    conv->role = role;
    conv->cin = cin;
    conv->cout = cout;
    conv->kernel = kernel;
    conv->stride = stride;
    conv->late_y = late(layer, kernel, stride, in_h);
    conv->late_x = late(layer, kernel, stride, in_w);
    conv->in_h = in_h;
    conv->in_w = in_w;
    conv->out_h = output_size(in_h, stride);
    conv->out_w = output_size(in_w, stride);
}

void layer_derive(dp_layer *layer) {
    int in = layer->in, mid = layer->mid, out = layer->out, stride = layer->stride;
    int in_h = layer->in_h, in_w = layer->in_w;
    int out_h = output_size(in_h, stride), out_w = output_size(in_w, stride);
    layer->convs = 0;
    switch (layer->kind) {
    case DP_STEM:
        add_conv(layer, DP_CONV1, in, out, layer->conv[0].kernel, stride, in_h, in_w);
        if (layer->max_pool) {
            out_h = output_size(out_h, 2);
            out_w = output_size(out_w, 2);
        }
        break;
    case DP_BASIC:
        add_conv(layer, DP_CONV1, in, mid, 3, stride, in_h, in_w);
        if (layer->has_shortcut) add_conv(layer, DP_SHORTCUT, in, out, 1, stride, in_h, in_w);
        add_conv(layer, DP_CONV2, mid, out, 3, 1, out_h, out_w);
        break;
    case DP_BOTTLENECK:
        add_conv(layer, DP_CONV1, in, mid, 1, 1, in_h, in_w);
        if (layer->has_shortcut) add_conv(layer, DP_SHORTCUT, in, out, 1, stride, in_h, in_w);
        add_conv(layer, DP_CONV2, mid, mid, 3, stride, in_h, in_w);
        add_conv(layer, DP_CONV3, mid, out, 1, 1, out_h, out_w);
        break;
    case DP_HEAD: out_h = out_w = 1; break;
    }
    layer->out_h = out_h;
    layer->out_w = out_w;
}

bool model_takes_negative(const dp_model *model) {
    for (int i = 0; i < model->layer_count; i++) {
        const dp_layer *l = &model->layers[i];
        if (!dp_is_block(l) || l->has_shortcut) return true;
        if (l->spatial != DP_MASK_NONE) return false;
    }
    return true;
}
