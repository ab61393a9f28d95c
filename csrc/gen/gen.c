#include "gen.h"

#include "gen_parts.h"
#include "gen_random.h"
#include "tensor_list.h"

#include <math.h>
#include <stdlib.h>

static const double gen_max_macs = 5e10; /* ResNet-101 at 224x224 has 7.8e9 */

gen_options gen_defaults(const char *net) {
    return (gen_options){.net = net, .keep_spatial = 1, .keep_channel = 1, .mask = GEN_RANDOM, .seed = 1};
}

/* One buffer for all tensors of the planned layers. */
static dp_status allocate(dp_model *model, dp_error *err) {
    tensor_desc list[TENSORS_PER_LAYER];
    size_t size = 0;
    for (int l = 0; l < model->layer_count; l++) {
        int count = layer_tensors(&model->layers[l], list);
        for (int t = 0; t < count; t++) size += tensor_align(tensor_bytes(&list[t]));
    }
    char *at = aligned_alloc(TENSOR_ALIGN, size);
    if (at == NULL) return dp_fail(err, DP_NO_MEMORY, "%s: out of memory for %zu bytes", model->name, size);
    model->storage = at;
    model->storage_free = free;
    for (int l = 0; l < model->layer_count; l++) {
        int count = layer_tensors(&model->layers[l], list);
        for (int t = 0; t < count; t++) {
            tensor_bind(&model->layers[l], &list[t], at);
            at += tensor_align(tensor_bytes(&list[t]));
        }
    }
    return DP_OK;
}

static dp_status fill_masks(rng *random, const gen_options *options, dp_model *model, dp_error *err) {
    dp_status status = DP_OK;
    for (int l = 0; status == DP_OK && l < model->layer_count; l++) {
        const dp_layer *layer = &model->layers[l];
        if (layer->spatial == DP_MASK_GIVEN) {
            int keep = (int)lround(options->keep_spatial * layer->in_h * layer->in_w);
            status =
                gen_spatial_mask(random, options->mask, layer->in_h, layer->in_w, keep, (uint8_t *)layer->spatial_given, err);
        }
        if (layer->channel == DP_MASK_GIVEN)
            gen_channel_mask(random, layer->groups, layer->keep, (uint8_t *)layer->channel_given);
    }
    return status;
}

static dp_status fill(const gen_options *options, dp_model *model, dp_error *err) {
    rng random;
    rng_seed(&random, options->seed);
    dp_status status = fill_masks(&random, options, model, err);
    return status == DP_OK ? gen_fill(&random, options->values, model, err) : status;
}

static double layer_macs(const dp_layer *layer) {
    double macs = layer->kind == DP_HEAD ? (double)layer->in * layer->out : 0;
    for (int k = 0; k < layer->convs; k++) {
        const dp_conv *c = &layer->conv[k];
        macs += (double)(c->out_h * c->out_w) * (c->kernel * c->kernel) * c->cin * c->cout;
    }
    return macs;
}

gen_summary gen_summarize(const dp_model *model) {
    gen_summary out = {.in_h = model->in_h};
    for (int l = 0; l < model->layer_count; l++) {
        out.macs += layer_macs(&model->layers[l]);
        out.bottleneck = out.bottleneck || model->layers[l].kind == DP_BOTTLENECK;
    }
    return out;
}

/* Scales are calibrated on an image (gen_fill.c): minutes beyond this, without a word. */
static dp_status check_work(const dp_model *model, dp_error *err) {
    double macs = gen_summarize(model).macs;
    if (macs <= gen_max_macs) return DP_OK;
    return dp_fail(err, DP_BAD_INPUT, "%s: %.0f million MACs an image; networks of at most %.0f million are made", model->name,
                   macs / 1e6, gen_max_macs / 1e6);
}

static bool shapes_nothing(const gen_options *o) {
    return o->keep_spatial == 1 && o->keep_channel == 1 && o->mask == GEN_RANDOM && o->values == GEN_USUAL &&
           !o->resolution_mask && o->group == 0;
}

dp_status gen_network(const gen_options *options, dp_model *out, dp_error *err) {
    *out = (dp_model){.name = ""};
    if (options->net != NULL && gen_is_random(options->net)) {
        if (shapes_nothing(options)) return gen_random_flavour(options->net, options->seed, out, err);
        return dp_fail(err, DP_BAD_INPUT, "%.60s: masks, groups and values follow from the seed, no other option applies",
                       options->net);
    }
    dp_status status = gen_plan(options, out, err);
    if (status == DP_OK) status = check_work(out, err);
    if (status == DP_OK) status = allocate(out, err);
    if (status == DP_OK) status = fill(options, out, err);
    if (status == DP_OK) status = dp_model_check(out, out->name, err);
    if (status != DP_OK) dp_model_free(out);
    return status;
}

dp_status gen_describe(const gen_options *options, gen_summary *out, dp_error *err) {
    dp_model model = {.name = ""};
    *out = (gen_summary){0};
    if (options->net != NULL && gen_is_random(options->net))
        return dp_fail(err, DP_BAD_INPUT, "%.60s: what it is, and what it prunes, follows from its seed alone", options->net);
    dp_status status = gen_plan(options, &model, err);
    if (status == DP_OK) *out = gen_summarize(&model);
    dp_model_free(&model);
    return status;
}
