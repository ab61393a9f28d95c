#include "gen_parts.h"
#include "model_shape.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* a bottleneck's output has 4 times its intermediate channels */
enum { MAX_STAGES = 4, EXPANSION = 4 };

typedef struct {
    const char *name;
    dp_kind kind;
    int size, channels, classes; /* of the image */
    /* 224x224: 7x7 stem of stride 2 and max-pool, channels pruned in the last two stages only */
    bool is_large;
    int base, group; /* intermediate channels of the first stage; channels in a group */
    int blocks[MAX_STAGES]; /* 0 ends them */
} recipe;

static const recipe recipes[] = {
    {"resnet18", DP_BASIC, 224, 3, 1000, true, 64, 64, {2, 2, 2, 2}},
    {"resnet34", DP_BASIC, 224, 3, 1000, true, 64, 64, {3, 4, 6, 3}},
    {"resnet50", DP_BOTTLENECK, 224, 3, 1000, true, 64, 64, {3, 4, 6, 3}},
    {"resnet101", DP_BOTTLENECK, 224, 3, 1000, true, 64, 64, {3, 4, 23, 3}},
    {"resnet8", DP_BASIC, 32, 3, 10, false, 16, 8, {1, 1, 1}}, /* with --padding same: MLPerf Tiny's */
    {"resnet20", DP_BASIC, 32, 3, 10, false, 16, 8, {3, 3, 3}},
    {"resnet32", DP_BASIC, 32, 3, 10, false, 16, 8, {5, 5, 5}},
    {"resnet56", DP_BASIC, 32, 3, 10, false, 16, 8, {9, 9, 9}},
    /* five bottlenecks a stage: 73.8 MMAC, what the paper states for its CIFAR-10 network */
    {"resnet32b", DP_BOTTLENECK, 32, 3, 10, false, 16, 8, {5, 5, 5}},
    {"fmnist14", DP_BASIC, 28, 1, 10, false, 16, 8, {2, 2, 2}},
};
enum { RECIPES = sizeof recipes / sizeof recipes[0] };

const char gen_nets[] = "resnet18 resnet34 resnet50 resnet101 resnet8 resnet20 resnet32 resnet56 resnet32b fmnist14 "
                        "block:HxWxC[:bottleneck][:s2][:read] random[:FLAVOUR]";

static dp_layer *add_layer(dp_model *model, dp_kind kind, const char *name, int out, int stride) {
    const dp_layer *previous = model->layer_count > 0 ? &model->layers[model->layer_count - 1] : NULL;
    dp_layer *layer = &model->layers[model->layer_count++];
    *layer = (dp_layer){.kind = kind, .out = out, .stride = stride};
    (void)snprintf(layer->name, sizeof layer->name, "%s", name);
    layer->in = previous != NULL ? previous->out : model->in_c;
    layer->in_h = previous != NULL ? previous->out_h : model->in_h;
    layer->in_w = previous != NULL ? previous->out_w : model->in_w;
    return layer;
}

/* The first block that reads a map of this resolution. */
static bool is_first_of_resolution(const dp_model *model, const dp_layer *layer) {
    return layer == model->layers || layer[-1].kind == DP_STEM || layer[-1].stride != 1;
}

static void set_masks(const dp_model *model, dp_layer *layer, const gen_options *options, bool prunes_channels) {
    layer->keep = layer->groups;
    if (options->keep_spatial < 1)
        layer->spatial = options->resolution_mask && !is_first_of_resolution(model, layer) ? DP_MASK_REUSE : DP_MASK_GIVEN;
    if (options->keep_channel < 1 && prunes_channels) {
        int keep = (int)lround(options->keep_channel * layer->groups);
        layer->channel = DP_MASK_GIVEN;
        layer->keep = keep < 1 ? 1 : keep;
    }
}

static void add_block(dp_model *model, const gen_options *options, dp_kind kind, int mid, int out, int stride, int group,
                      bool prunes_channels, const char *name) {
    dp_layer *layer = add_layer(model, kind, name, out, stride);
    layer->mid = mid;
    layer->has_shortcut = stride != 1 || layer->in != out;
    layer->pad_same = options->pad_same && stride == 2;
    layer->group = options->group > 0 ? options->group : group;
    layer->groups = mid / layer->group;
    set_masks(model, layer, options, prunes_channels);
    layer_derive(layer);
}

static void plan_recipe(const recipe *net, const gen_options *options, dp_model *out) {
    int stages = 0, number = 1;
    while (stages < MAX_STAGES && net->blocks[stages] > 0) stages++;
    out->in_h = out->in_w = net->size;
    out->in_c = net->channels;
    out->classes = net->classes;
    dp_layer *stem = add_layer(out, DP_STEM, "stem", net->base, net->is_large ? 2 : 1);
    stem->conv[0].kernel = net->is_large ? 7 : 3;
    stem->max_pool = net->is_large;
    layer_derive(stem);
    for (int s = 0; s < stages; s++) {
        int mid = net->base << s;
        int channels = net->kind == DP_BOTTLENECK ? mid * EXPANSION : mid;
        for (int b = 0; b < net->blocks[s]; b++) {
            char name[16];
            (void)snprintf(name, sizeof name, "b%d", number++);
            add_block(out, options, net->kind, mid, channels, s > 0 && b == 0 ? 2 : 1, net->group,
                      !net->is_large || s >= stages - 2, name);
        }
    }
    layer_derive(add_layer(out, DP_HEAD, "head", net->classes, 1));
}

static bool parse_size(const char **at, char end, int limit, int *value) {
    char *after;
    if (!isdigit((unsigned char)**at)) return false;
    errno = 0;
    long number = strtol(*at, &after, 10);
    *value = (int)number;
    *at = *after == end ? after + 1 : after;
    return errno == 0 && number >= 1 && number <= limit && (*after == end || (end == ':' && *after == '\0'));
}

/* A dense bottleneck after the other block: what that leaves in the map memory, kept and pruned, shows in the sums of its 1x1 convolution,
   position by position. */
static void add_reader(dp_model *model) {
    const gen_options all = {.keep_spatial = 1, .keep_channel = 1};
    const dp_layer *last = &model->layers[model->layer_count - 1]; /* a network's groups are of one size */
    add_block(model, &all, DP_BOTTLENECK, last->group, last->out, 1, last->group, false, "read");
}

/* block:HxWxC[:bottleneck][:s2][:read], without stem and head */
static dp_status plan_block(const gen_options *options, dp_model *out, dp_error *err) {
    const char *at = options->net + strlen("block:");
    dp_kind kind = DP_BASIC;
    int stride = 1;
    bool valid = parse_size(&at, 'x', DP_MAX_SIZE, &out->in_h) && parse_size(&at, 'x', DP_MAX_SIZE, &out->in_w) &&
                 parse_size(&at, ':', DP_MAX_CHANNELS, &out->in_c);
    if (valid && strncmp(at, "bottleneck", 10) == 0 && (at[10] == ':' || at[10] == '\0')) {
        kind = DP_BOTTLENECK;
        at += at[10] == ':' ? 11 : 10;
    }
    if (valid && strncmp(at, "s2", 2) == 0 && (at[2] == ':' || at[2] == '\0')) {
        stride = 2;
        at += at[2] == ':' ? 3 : 2;
    }
    bool read = valid && strcmp(at, "read") == 0;
    if (read) at += strlen("read");
    if (!valid || *at != '\0' || options->net[strlen(options->net) - 1] == ':')
        return dp_fail(err, DP_BAD_INPUT,
                       "%.60s: expected block:HxWxC[:bottleneck][:s2][:read], maps up to %dx%d, channels up to %d", options->net,
                       DP_MAX_SIZE, DP_MAX_SIZE, DP_MAX_CHANNELS);
    int mid = kind == DP_BOTTLENECK ? out->in_c / EXPANSION : out->in_c;
    if (mid < 1 || (kind == DP_BOTTLENECK && out->in_c % EXPANSION != 0))
        return dp_fail(err, DP_BAD_INPUT, "%s: a bottleneck's channels are a multiple of %d", options->net, EXPANSION);
    add_block(out, options, kind, mid, out->in_c * stride, stride, mid < 64 ? mid : 64, true, "b1");
    if (read) add_reader(out);
    return DP_OK;
}

static dp_status check_options(const gen_options *options, dp_error *err) {
    if (options->net == NULL || *options->net == '\0')
        return dp_fail(err, DP_BAD_INPUT, "no network named, expected one of: %s", gen_nets);
    if (!(options->keep_spatial >= 0 && options->keep_spatial <= 1) ||
        !(options->keep_channel >= 0 && options->keep_channel <= 1))
        return dp_fail(err, DP_BAD_INPUT, "%.60s: keep ratios are %g and %g, expected 0 to 1", options->net,
                       options->keep_spatial, options->keep_channel);
    if (options->group < 0)
        return dp_fail(err, DP_BAD_INPUT, "%.60s: group is %d, expected a positive number", options->net, options->group);
    return DP_OK;
}

/* NET-dense or NET-s50c50: percent pruned, as trained containers are named. */
static void name_network(const gen_options *options, dp_model *out) {
    if (options->keep_spatial < 1 || options->keep_channel < 1)
        (void)snprintf(out->name, sizeof out->name, "%.40s-s%dc%d", options->net, (int)lround(100 * (1 - options->keep_spatial)),
                       (int)lround(100 * (1 - options->keep_channel)));
    else
        (void)snprintf(out->name, sizeof out->name, "%.40s-dense", options->net);
}

dp_status gen_plan(const gen_options *options, dp_model *out, dp_error *err) {
    dp_status status = check_options(options, err);
    if (status != DP_OK) return status;
    name_network(options, out);
    out->layers = calloc(DP_MAX_LAYERS, sizeof *out->layers);
    if (out->layers == NULL) return dp_fail(err, DP_NO_MEMORY, "%.60s: out of memory", options->net);
    if (strncmp(options->net, "block:", 6) == 0) {
        status = plan_block(options, out, err);
    } else {
        int found = 0;
        while (found < RECIPES && strcmp(recipes[found].name, options->net) != 0) found++;
        if (found == RECIPES)
            return dp_fail(err, DP_BAD_INPUT, "%.60s: unknown network, expected one of: %s", options->net, gen_nets);
        plan_recipe(&recipes[found], options, out);
    }
    return status == DP_OK ? model_check_shape(out, options->net, err) : status;
}
