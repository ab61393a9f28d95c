/* Generated networks: the family's known sizes, masks of the exact ratio; and the table of dpacs info. What flows through them:
   test_gen_alive.c. */
#define _POSIX_C_SOURCE 200809L
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gen.h"
#include "info.h"
#include "tensor_list.h"

static dp_model generate(const gen_options *options) {
    dp_model model;
    dp_error err = {""};
    cr_assert_eq(gen_network(options, &model, &err), DP_OK, "%s", err.text);
    return model;
}

static int ones(const uint8_t *bits, int count) {
    int sum = 0;
    for (int i = 0; i < count; i++) sum += bits[i];
    return sum;
}

/* Weights of convolutions and head, and dense MACs, as published for these networks. */
typedef struct {
    char net[16];
    int layers, size, group;
    long long weights, macs;
} family_member;

static family_member family[] = {
    {"resnet18", 10, 224, 64, 11678912, 1814073344}, {"resnet34", 18, 224, 64, 21779648, 3663761408},
    {"resnet50", 18, 224, 64, 25502912, 4089184256}, {"resnet101", 35, 224, 64, 44442816, 7801405440},
    {"resnet20", 11, 32, 8, 270896, 40813184},       {"resnet32", 17, 32, 8, 464432, 69124736},
    {"resnet56", 29, 32, 8, 851504, 125747840},      {"resnet32b", 17, 32, 8, 490928, 73845248},
    {"fmnist14", 8, 28, 8, 173840, 20183936},
};

ParameterizedTestParameters(gen, sizes) { return cr_make_param_array(family_member, family, sizeof family / sizeof family[0]); }

ParameterizedTest(family_member *member, gen, sizes) {
    gen_options options = gen_defaults(member->net);
    dp_model model = generate(&options);
    long long weights = 0, macs = 0;
    cr_expect_eq(model.layer_count, member->layers);
    cr_expect_eq(model.in_h, member->size);
    cr_expect_eq(model.layers[1].group, member->group);
    for (int l = 0; l < model.layer_count; l++) {
        const dp_layer *layer = &model.layers[l];
        for (int i = 0; i < layer->convs; i++) {
            const dp_conv *c = &layer->conv[i];
            long long size = (long long)c->cin * c->cout * c->kernel * c->kernel;
            weights += size;
            macs += size * c->out_h * c->out_w;
        }
        if (layer->kind == DP_HEAD) {
            weights += (long long)layer->in * layer->out;
            macs += (long long)layer->in * layer->out;
        }
        cr_expect(layer->spatial == DP_MASK_NONE && layer->channel == DP_MASK_NONE, "%s", layer->name);
    }
    cr_expect_eq(weights, member->weights, "%lld", weights);
    cr_expect_eq(macs, member->macs, "%lld", macs);
    dp_model_free(&model);
}

static void expect_exact_masks(const gen_options *options) {
    dp_model model = generate(options);
    for (int l = 0; l < model.layer_count; l++) {
        const dp_layer *layer = &model.layers[l];
        if (!dp_is_block(layer)) continue;
        int positions = layer->in_h * layer->in_w;
        bool reuses = options->resolution_mask && l > 0 && dp_is_block(layer - 1) && layer[-1].stride == 1;
        cr_assert_eq(layer->spatial, reuses ? DP_MASK_REUSE : DP_MASK_GIVEN, "%s", layer->name);
        if (!reuses)
            cr_expect_eq(ones(layer->spatial_given, positions), lround(options->keep_spatial * positions), "%s", layer->name);
        if (layer->channel == DP_MASK_GIVEN) {
            int keep = (int)lround(options->keep_channel * layer->groups);
            cr_expect_eq(layer->keep, keep < 1 ? 1 : keep, "%s", layer->name);
            cr_expect_eq(ones(layer->channel_given, layer->groups), layer->keep, "%s", layer->name);
        }
        bool prunes_channels = model.in_h != 224 || layer->mid >= 256; /* large nets: the last two stages */
        cr_expect_eq(layer->channel, prunes_channels ? DP_MASK_GIVEN : DP_MASK_NONE, "%s", layer->name);
    }
    dp_model_free(&model);
}

Test(gen, masks_keep_exactly_what_was_asked_for) {
    expect_exact_masks(&(gen_options){.net = "fmnist14", .keep_spatial = 0.37, .keep_channel = 0.25, .seed = 3});
    expect_exact_masks(&(gen_options){.net = "fmnist14", .keep_spatial = 0.37, .keep_channel = 0.01, .mask = GEN_CLUSTERED});
    expect_exact_masks(&(gen_options){.net = "resnet18", .keep_spatial = 0.25, .keep_channel = 0.75});
    expect_exact_masks(&(gen_options){.net = "block:9x7x64:bottleneck:s2", .keep_spatial = 0.5, .keep_channel = 0.5, .group = 8});
    expect_exact_masks(&(gen_options){.net = "block:9x7x8", .keep_spatial = 0, .keep_channel = 0});
}

Test(gen, masks_are_exact_at_every_ratio_of_the_published_runs) {
    static const char *const nets[] = {"resnet18", "resnet50", "resnet32b"};
    for (int i = 0; i < 9; i++) {
        double keep = 0.25 * (1 + i % 3);
        gen_options o = {.net = nets[i / 3], .keep_spatial = keep, .keep_channel = keep};
        o.mask = i % 2 == 0 ? GEN_RANDOM : GEN_CLUSTERED;
        expect_exact_masks(&o);
        o.resolution_mask = true;
        expect_exact_masks(&o);
    }
}

/* Networks for 224x224 prune channels in their last two stages, as the published board runs do. */
Test(gen, large_networks_keep_the_channels_of_their_first_stages) {
    static const struct {
        const char *net;
        int first; /* block that prunes channels */
    } nets[] = {{"resnet18", 5}, {"resnet34", 8}, {"resnet50", 8}, {"resnet101", 8}};
    for (size_t i = 0; i < sizeof nets / sizeof *nets; i++) {
        dp_model model = generate(&(gen_options){.net = nets[i].net, .keep_spatial = 1, .keep_channel = 0.5});
        for (int l = 1; l < model.layer_count - 1; l++)
            cr_expect_eq(model.layers[l].channel, l < nets[i].first ? DP_MASK_NONE : DP_MASK_GIVEN, "%s %s", nets[i].net,
                         model.layers[l].name);
        dp_model_free(&model);
    }
}

Test(gen, only_what_is_asked_for_is_masked) {
    dp_model model = generate(&(gen_options){.net = "resnet20", .keep_spatial = 0.5, .keep_channel = 1});
    cr_expect_str_eq(model.name, "resnet20-s50c0");
    cr_expect_eq(model.layers[1].spatial, DP_MASK_GIVEN);
    cr_expect_eq(model.layers[1].channel, DP_MASK_NONE);
    dp_model_free(&model);
    model = generate(&(gen_options){.net = "resnet20", .keep_spatial = 1, .keep_channel = 0.25});
    cr_expect_str_eq(model.name, "resnet20-s0c75");
    cr_expect_eq(model.layers[1].spatial, DP_MASK_NONE);
    cr_expect_eq(model.layers[1].channel, DP_MASK_GIVEN);
    dp_model_free(&model);
}

/* A stride-2 block reads the resolution of the stage before it; the block after it is the first that reads the new one. */
Test(gen, resolution_mask_is_given_once_a_resolution) {
    dp_model model =
        generate(&(gen_options){.net = "resnet32b", .keep_spatial = 0.5, .keep_channel = 1, .resolution_mask = true});
    for (int l = 1; l < model.layer_count - 1; l++) {
        bool decides = l == 1 || l == 7 || l == 12;
        cr_expect_eq(model.layers[l].stride, l == 6 || l == 11 ? 2 : 1, "%s", model.layers[l].name);
        cr_expect_eq(model.layers[l].spatial, decides ? DP_MASK_GIVEN : DP_MASK_REUSE, "%s", model.layers[l].name);
    }
    dp_model_free(&model);
}

/* Kept positions with a kept right neighbour, of all kept ones. */
static double clustering(gen_mask mask) {
    dp_model model = generate(&(gen_options){.net = "block:56x56x8", .keep_spatial = 0.25, .keep_channel = 1, .mask = mask});
    const uint8_t *m = model.layers[0].spatial_given;
    int pairs = 0;
    for (int p = 0; p < 56 * 56 - 1; p++) pairs += m[p] && m[p + 1];
    dp_model_free(&model);
    return pairs / (0.25 * 56 * 56);
}

Test(gen, clustered_masks_cluster) {
    cr_expect_lt(clustering(GEN_RANDOM), 0.4);
    cr_expect_gt(clustering(GEN_CLUSTERED), 0.8);
}

static bool same_network(const dp_model *a, const dp_model *b) {
    for (int l = 0; l < a->layer_count; l++) {
        tensor_desc list[TENSORS_PER_LAYER];
        for (int t = 0, count = layer_tensors(&a->layers[l], list); t < count; t++)
            if (memcmp(tensor_data(&a->layers[l], &list[t]), tensor_data(&b->layers[l], &list[t]), tensor_bytes(&list[t])) != 0)
                return false;
    }
    return true;
}

Test(gen, seed_decides) {
    gen_options options = {.net = "fmnist14", .keep_spatial = 0.5, .keep_channel = 0.5, .mask = GEN_CLUSTERED, .seed = 7};
    dp_model a = generate(&options), b = generate(&options);
    options.seed = 8;
    dp_model c = generate(&options);
    cr_expect(same_network(&a, &b));
    cr_expect(!same_network(&a, &c));
    dp_model_free(&a);
    dp_model_free(&b);
    dp_model_free(&c);
}

Test(gen, blocks) {
    dp_model model = generate(&(gen_options){.net = "block:6x5x64:s2", .keep_spatial = 1, .keep_channel = 1});
    const dp_layer *layer = &model.layers[0];
    cr_expect_eq(model.layer_count, 1);
    cr_expect_eq(model.classes, 0);
    cr_expect(layer->kind == DP_BASIC && layer->mid == 64 && layer->out == 128 && layer->has_shortcut && layer->group == 64);
    cr_expect(layer->out_h == 3 && layer->out_w == 3);
    dp_model_free(&model);
    model = generate(&(gen_options){.net = "block:6x5x64:bottleneck", .keep_spatial = 1, .keep_channel = 1});
    layer = &model.layers[0];
    cr_expect(layer->kind == DP_BOTTLENECK && layer->mid == 16 && layer->out == 64 && !layer->has_shortcut && layer->group == 16);
    dp_model_free(&model);
}

typedef struct {
    char net[40];
    double keep_spatial, keep_channel;
    int group;
    char expected[96];
} refusal;

static refusal refusals[] = {
    {"resnet19", 1, 1, 0, "resnet19: unknown network, expected one of: resnet18"},
    {"", 1, 1, 0, "no network named, expected one of: resnet18"},
    {"resnet20", 1.01, 1, 0, "keep ratios are 1.01 and 1, expected 0 to 1"},
    {"resnet20", 1, -0.5, 0, "keep ratios are 1 and -0.5, expected 0 to 1"},
    {"resnet20", NAN, 1, 0, "expected 0 to 1"},
    {"resnet20", 1, 1, -8, "group is -8, expected a positive number"},
    {"resnet20", 1, 1, 12, "layer b1: group is 12, expected 8 to 4096, a multiple of 8"},
    {"resnet20", 1, 1, 64, "layer b1: mid is 16, expected a multiple of the group size 64"},
    {"block:8x8x96", 1, 1, 0, "layer b1: mid is 96, expected a multiple of the group size 64"},
    {"block:8x8x4096", 1, 1, 32, "layer b1: 128 groups of 32 channels, expected at most 64"},
    {"block:8x8x12", 1, 1, 0, "layer b1: in is 12, expected 8 to 4096, a multiple of 8"},
    {"block:8x8x16:bottleneck", 1, 1, 0, "layer b1: mid is 4, expected 8 to 4096, a multiple of 8"},
    {"block:8x8x30:bottleneck", 1, 1, 0, "a bottleneck's channels are a multiple of 4"},
    {"block:", 1, 1, 0, "expected block:HxWxC[:bottleneck][:s2][:read]"},
    {"block:8x8x8:s2:read:", 1, 1, 0, "expected block:HxWxC[:bottleneck][:s2][:read]"},
    {"block:8x8x8:read:s2", 1, 1, 0, "expected block:HxWxC[:bottleneck][:s2][:read]"},
    {"block:8x8", 1, 1, 0, "expected block:HxWxC[:bottleneck][:s2][:read]"},
    {"block:8x8x8x8", 1, 1, 0, "expected block:HxWxC[:bottleneck][:s2][:read]"},
    {"block:0x8x8", 1, 1, 0, "expected block:HxWxC[:bottleneck][:s2][:read]"},
    {"block:-8x8x8", 1, 1, 0, "expected block:HxWxC[:bottleneck][:s2][:read]"},
    {"block:256x8x8", 1, 1, 0, "expected block:HxWxC[:bottleneck][:s2][:read]"},
    {"block:99999999999999999999x8x8", 1, 1, 0, "expected block:HxWxC[:bottleneck][:s2][:read]"},
    {"block:8x8x8:", 1, 1, 0, "expected block:HxWxC[:bottleneck][:s2][:read]"},
    {"block:8x8x8:s3", 1, 1, 0, "expected block:HxWxC[:bottleneck][:s2][:read]"},
    {"block:8x8x32:s2:bottleneck", 1, 1, 0, "expected block:HxWxC[:bottleneck][:s2][:read]"},
    {"block:8x8x32:bottlenecks2", 1, 1, 0, "expected block:HxWxC[:bottleneck][:s2][:read]"},
};

ParameterizedTestParameters(gen, refused) { return cr_make_param_array(refusal, refusals, sizeof refusals / sizeof refusals[0]); }

ParameterizedTest(refusal *it, gen, refused) {
    gen_options options = {
        .net = it->net, .keep_spatial = it->keep_spatial, .keep_channel = it->keep_channel, .group = it->group};
    dp_model model;
    dp_error err = {""};
    cr_assert_eq(gen_network(&options, &model, &err), DP_BAD_INPUT);
    cr_expect_not_null(strstr(err.text, it->expected), "\"%s\" does not say \"%s\"", err.text, it->expected);
    cr_expect_null(model.layers);
}

Test(gen, info) {
    dp_model model =
        generate(&(gen_options){.net = "fmnist14", .keep_spatial = 0.5, .keep_channel = 0.5, .resolution_mask = true});
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    cr_assert_not_null(out);
    info_print(&model, out);
    cr_assert_eq(fclose(out), 0);
    cr_expect_not_null(strstr(text, "fmnist14-s50c50: input 28x28x1, 8 layers, 10 classes, channel groups of 8\n"));
    cr_expect_not_null(
        strstr(text, "b3       basic+shortcut                28x28x16 -> 14x14x32         32  reuse    given    2 of 4 "));
    cr_expect_not_null(
        strstr(text, "b4       basic                         14x14x32 -> 14x14x32         32  given    given    2 of 4 "));
    cr_expect_not_null(strstr(text, "  173840       20183936\n"), "%s", text);
    free(text);
    dp_model_free(&model);
}

Test(gen, describes_without_making) {
    static const struct {
        const char *net;
        int rows;
        bool bottleneck;
        double low, high; /* MMAC */
    } nets[] = {{"resnet18", 224, false, 1800, 1830}, {"resnet50", 224, true, 3800, 4150}, {"resnet32b", 32, true, 73.7, 73.9}};
    for (size_t i = 0; i < sizeof nets / sizeof *nets; i++) {
        gen_options options = gen_defaults(nets[i].net);
        gen_summary s;
        cr_assert_eq(gen_describe(&options, &s, NULL), DP_OK);
        cr_expect_eq(s.in_h, nets[i].rows);
        cr_expect_eq(s.bottleneck, nets[i].bottleneck);
        cr_expect(s.macs >= nets[i].low * 1e6 && s.macs <= nets[i].high * 1e6, "%s: %.4g MACs", nets[i].net, s.macs);
    }
    gen_options unknown = gen_defaults("resnet19");
    gen_summary s;
    cr_expect_eq(gen_describe(&unknown, &s, NULL), DP_BAD_INPUT);
}
