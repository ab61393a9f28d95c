#include "info.h"

#include "tensor_list.h"

#include <inttypes.h>

typedef struct {
    /* of convolutions and the head: what moves over DDR when nothing is pruned */
    uint64_t weight_bytes;
    uint64_t other_bytes; /* requantization, masks, biases */
    uint64_t macs; /* dense, taps outside the image included */
} cost;

static cost layer_cost(const dp_layer *layer) {
    cost sum = {0, 0, 0};
    tensor_desc list[TENSORS_PER_LAYER];
    int count = layer_tensors(layer, list);
    for (int t = 0; t < count; t++) sum.other_bytes += tensor_bytes(&list[t]);
    for (int i = 0; i < layer->convs; i++) {
        const dp_conv *conv = &layer->conv[i];
        uint64_t weights = (uint64_t)conv->cout * (uint64_t)conv->cin * (uint64_t)(conv->kernel * conv->kernel);
        sum.weight_bytes += weights;
        sum.macs += weights * (uint64_t)(conv->out_h * conv->out_w);
    }
    if (layer->kind == DP_HEAD) {
        sum.weight_bytes = (uint64_t)layer->in * (uint64_t)layer->out;
        sum.macs = sum.weight_bytes;
    }
    sum.other_bytes -= sum.weight_bytes;
    return sum;
}

static void print_masks(const dp_layer *layer, FILE *out) {
    static const char *const modes[] = {"-", "unit", "given", "reuse"};
    char mid[16] = "-", groups[32] = "-";
    const char *spatial = "-", *channel = "-";
    if (dp_is_block(layer)) {
        (void)snprintf(mid, sizeof mid, "%d", layer->mid);
        (void)snprintf(groups, sizeof groups, "%d of %d", layer->keep, layer->groups);
        spatial = modes[layer->spatial];
        channel = layer->channel == DP_MASK_UNIT && layer->pool == DP_POOL_MAX ? "unit max" : modes[layer->channel];
    }
    (void)fprintf(out, " %5s  %-8s %-8s %-9s", mid, spatial, channel, groups);
}

static void print_layer(const dp_layer *layer, FILE *out) {
    static const char *const kinds[] = {"stem", "basic", "bottleneck", "head"};
    char from[32], to[32], kind[32];
    (void)snprintf(kind, sizeof kind, "%s%s", kinds[layer->kind],
                   layer->pad_same       ? "+shortcut same"
                   : layer->has_shortcut ? "+shortcut"
                   : layer->max_pool     ? "+max-pool"
                                         : "");
    (void)snprintf(from, sizeof from, "%dx%dx%d", layer->in_h, layer->in_w, layer->in);
    (void)snprintf(to, sizeof to, "%dx%dx%d", layer->out_h, layer->out_w, layer->out);
    (void)fprintf(out, "%-8s %-24s %13s -> %-13s", layer->name, kind, from, to);
    print_masks(layer, out);
    cost sum = layer_cost(layer);
    (void)fprintf(out, " %12" PRIu64 " %14" PRIu64 "\n", sum.weight_bytes, sum.macs);
}

/* What the input means (docs/container.md). */
static void print_meaning(const dp_model *model, FILE *out) {
    const dp_pixels *p = &model->pixels;
    if (p->mode == DP_PIXELS_HALF) (void)fputs("pixels: pixel >> 1", out);
    if (p->mode == DP_PIXELS_NONE) (void)fputs("pixels: none, int8 images only", out);
    if (p->mode == DP_PIXELS_AFFINE) {
        (void)fputs("pixels: (pixel/255 - mean)/std, mean", out);
        for (int c = 0; c < model->in_c; c++) (void)fprintf(out, " %g", p->mean[c]);
        (void)fputs(", std", out);
        for (int c = 0; c < model->in_c; c++) (void)fprintf(out, " %g", p->std[c]);
        (void)fprintf(out, ", in steps of %g", p->scale);
    }
    (void)fprintf(out, "%s%s\n", model->dataset[0] != '\0' ? "; data set: " : "", model->dataset);
}

void info_print(const dp_model *model, FILE *out) {
    cost total = {0, 0, 0};
    int group = 0;
    for (int i = 0; i < model->layer_count; i++) {
        cost sum = layer_cost(&model->layers[i]);
        total.weight_bytes += sum.weight_bytes;
        total.other_bytes += sum.other_bytes;
        total.macs += sum.macs;
        if (model->layers[i].group > 0) group = model->layers[i].group;
    }
    (void)fprintf(out, "%s: input %dx%dx%d, %d layers, %d classes, channel groups of %d\n", model->name, model->in_h, model->in_w,
                  model->in_c, model->layer_count, model->classes, group);
    print_meaning(model, out);
    (void)fputc('\n', out);
    (void)fprintf(out, "%-8s %-24s %13s    %-13s %5s  %-8s %-8s %-9s %12s %14s\n", "layer", "kind", "in", "out", "mid", "spatial",
                  "channel", "groups", "weight bytes", "MACs (dense)");
    for (int i = 0; i < model->layer_count; i++) print_layer(&model->layers[i], out);
    (void)fprintf(out, "%-94s %12" PRIu64 " %14" PRIu64 "\n", "total", total.weight_bytes, total.macs);
    (void)fprintf(out, "requantization, masks and biases: %" PRIu64 " bytes\n", total.other_bytes);
}
