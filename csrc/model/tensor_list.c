#include "tensor_list.h"

#include <stdio.h>
#include <string.h>

typedef struct {
    tensor_desc *list;
    int count;
} lister;

/* Appends OWNER.FIELD of up to four dimensions (0 ends them); the owner is a layer or a
   convolution. */
static void add(lister *to, const char *owner, const char *field, tensor_type type, size_t slot, int d0, int d1, int d2, int d3) {
    tensor_desc *desc = &to->list[to->count++];
    *desc = (tensor_desc){.type = type, .shape = {d0, d1, d2, d3}, .slot = slot};
    (void)snprintf(desc->name, sizeof desc->name, "%.31s.%.15s", owner, field);
    while (desc->rank < TENSOR_RANK && desc->shape[desc->rank] != 0) desc->rank++;
}

static void add_convs(lister *to, const dp_layer *layer) {
    for (int i = 0; i < layer->convs; i++) {
        const dp_conv *conv = &layer->conv[i];
        size_t base = offsetof(dp_layer, conv) + (size_t)i * sizeof *conv;
        add(to, conv->name, "weight", TENSOR_I8, base + offsetof(dp_conv, weight), conv->cout, conv->cin, conv->kernel,
            conv->kernel);
        add(to, conv->name, "mult", TENSOR_I16, base + offsetof(dp_conv, mult), conv->cout, 0, 0, 0);
        add(to, conv->name, "shift", TENSOR_U8, base + offsetof(dp_conv, shift), conv->cout, 0, 0, 0);
        add(to, conv->name, "bias", TENSOR_I64, base + offsetof(dp_conv, bias), conv->cout, 0, 0, 0);
        if (layer->kind != DP_STEM && i == layer->convs - 1)
            add(to, conv->name, "res_mult", TENSOR_I32, base + offsetof(dp_conv, res_mult), conv->cout, 0, 0, 0);
    }
}

static void add_masks(lister *to, const dp_layer *layer) {
    if (layer->spatial == DP_MASK_UNIT) {
        add(to, layer->name, "spatial.weight", TENSOR_I8, offsetof(dp_layer, spatial_weight), layer->in, 0, 0, 0);
        add(to, layer->name, "spatial.bias", TENSOR_I32, offsetof(dp_layer, spatial_bias), 1, 0, 0, 0);
        to->list[to->count - 1].is_value = true;
    }
    if (layer->spatial == DP_MASK_GIVEN)
        add(to, layer->name, "spatial.given", TENSOR_U8, offsetof(dp_layer, spatial_given), layer->in_h, layer->in_w, 0, 0);
    if (layer->channel == DP_MASK_UNIT) {
        add(to, layer->name, "channel.weight", TENSOR_I8, offsetof(dp_layer, channel_weight), layer->groups, layer->in, 0, 0);
        add(to, layer->name, "channel.bias", TENSOR_I32, offsetof(dp_layer, channel_bias), layer->groups, 0, 0, 0);
    }
    if (layer->channel == DP_MASK_GIVEN)
        add(to, layer->name, "channel.given", TENSOR_U8, offsetof(dp_layer, channel_given), layer->groups, 0, 0, 0);
}

int layer_tensors(const dp_layer *layer, tensor_desc list[TENSORS_PER_LAYER]) {
    lister to = {.list = list};
    add_convs(&to, layer);
    if (layer->kind == DP_HEAD) {
        add(&to, layer->name, "weight", TENSOR_I8, offsetof(dp_layer, head_weight), layer->out, layer->in, 0, 0);
        add(&to, layer->name, "bias", TENSOR_I32, offsetof(dp_layer, head_bias), layer->out, 0, 0, 0);
    } else if (layer->kind != DP_STEM) {
        add_masks(&to, layer);
    }
    return to.count;
}

const char *tensor_type_name(tensor_type type) {
    static const char *const names[] = {"I8", "U8", "I16", "I32", "I64"};
    return names[type];
}

size_t tensor_bytes(const tensor_desc *desc) {
    static const size_t sizes[] = {1, 1, 2, 4, 8};
    size_t bytes = sizes[desc->type];
    for (int i = 0; i < desc->rank; i++) bytes *= (size_t)desc->shape[i];
    return bytes;
}

/* Slots are read and written as bytes: all object pointers have one representation (POSIX). */
const void *tensor_data(const dp_layer *layer, const tensor_desc *desc) {
    const char *slot = (const char *)layer + desc->slot;
    const void *data;
    if (desc->is_value) return slot;
    memcpy(&data, slot, sizeof data);
    return data;
}

void tensor_bind(dp_layer *layer, const tensor_desc *desc, const void *data) {
    char *slot = (char *)layer + desc->slot;
    if (desc->is_value)
        memcpy(slot, data, tensor_bytes(desc));
    else
        memcpy(slot, &data, sizeof data);
}
