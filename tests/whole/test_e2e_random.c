/* Random networks on the RTL with assertions on and unknowns random: basic blocks and bottlenecks, with and without stem and head, all
   kinds of masks, odd maps; and mask buffers in rotation over queued images. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "build_choice.h"
#include "e2e.h"
#include "gen.h"
#include "plan_support.h"
#include "rng.h"

enum { NETWORKS = 80, FILTERED = 60, SHARED = 40, STEMS = 3, ROTATIONS = 3, ROTATION_IMAGES = 5 };

TestSuite(e2e_random, .timeout = 900);

static void random_settings(e2e_settings *s, uint64_t seed) {
    static const int stalls[] = {0, 0, 30, 70}, latencies[] = {1, 20, 80, 200};
    rng r;
    rng_seed(&r, seed);
    *s = (e2e_settings){
        .count = rng_int(&r, 1, 3), .stall = stalls[rng_below(&r, 4)], .latency = latencies[rng_below(&r, 4)], .seed = seed};
}

typedef bool network_filter(const dp_model *m);

/* The first `count` networks that the build runs and the filter, if any, lets through. */
static void run_scheduled(const char *build, const gen_random_options *o, network_filter *filter, int count,
                          plan_schedule schedule) {
    const dut_api *api = e2e_load(build);
    plan_options options = {.dense = !api->geometry.prune, .schedule = schedule};
    int ran = 0, chains = schedule == PLAN_CHAINS ? 1 : 0;
    for (uint64_t seed = 1; ran < count; seed++) {
        dp_model m;
        image_set images;
        e2e_settings settings;
        e2e_outcome out;
        e2e_fit fit;
        random_model(&m, o, 1000 + seed);
        if ((filter == NULL || filter(&m)) && e2e_fits(&m, api, options, &fit) && fit.chains >= chains) {
            random_settings(&settings, seed);
            settings.plan = options;
            e2e_random_images(&images, &m, settings.count, seed, fit.not_negative);
            e2e_expect_equal(api, &m, &images, &settings, &out, "random");
            free(images.pixels);
            ran++;
        }
        dp_model_free(&m);
    }
}

static void run_networks(const char *build, const gen_random_options *o, network_filter *filter, int count) {
    run_scheduled(build, o, filter, count, PLAN_GANG);
}

static const gen_random_options basic = {.max_size = 9, .bottleneck = RANDOM_NEVER};
static const gen_random_options bottlenecks = {.max_size = 9, .bottleneck = RANDOM_ALWAYS};

Test(e2e_random, basic_blocks_on_parallel) { run_networks("parallel-small.check", &basic, NULL, NETWORKS); }
Test(e2e_random, basic_blocks_on_serial) { run_networks("serial-small.check", &basic, NULL, NETWORKS); }
Test(e2e_random, bottlenecks_on_parallel) { run_networks("parallel-small.check", &bottlenecks, NULL, NETWORKS); }
Test(e2e_random, bottlenecks_on_serial) { run_networks("serial-small.check", &bottlenecks, NULL, NETWORKS); }

/* Blocks as chains, where they fit: at least one in every network. */
static void run_chains(const char *build, int count) {
    const gen_random_options narrow = {.max_size = 19, .max_blocks = 4, .max_channels = 24};
    const gen_random_options wide = {.max_size = 7, .max_blocks = 3, .max_channels = 64, .bottleneck = RANDOM_ALWAYS};
    run_scheduled(build, &narrow, NULL, count, PLAN_CHAINS);
    run_scheduled(build, &wide, NULL, count, PLAN_CHAINS);
}

Test(e2e_random, chains_on_parallel) {
    run_chains("parallel-small.check", FILTERED);
    run_chains("parallel-small-dense", FILTERED);
    run_chains("parallel-mid", FILTERED);
}
Test(e2e_random, chains_on_serial) {
    run_chains("serial-small.check", FILTERED);
    run_chains("serial-small-dense", FILTERED);
    run_chains("serial-mid", FILTERED);
}

/* STEMS networks with every kind of stem that the build takes. */
static void run_stems(const char *build) {
    const dut_api *api = e2e_load(build);
    const gen_random_options o = {.max_size = 19, .max_blocks = 1, .stem = RANDOM_ALWAYS};
    plan_geometry geometry = build_geometry(&api->geometry);
    int ran[STEM_KINDS] = {0}, wanted = 0;
    for (int i = 0; i < STEM_KINDS; i++) wanted += plan_support_stem_runs(i, &geometry) ? STEMS : 0;
    for (uint64_t seed = 1; wanted > 0; seed++) {
        dp_model m;
        image_set images;
        e2e_settings settings;
        e2e_outcome out;
        e2e_fit fit;
        random_model(&m, &o, 20000 + seed);
        int kind = plan_support_stem(&m);
        if (ran[kind] < STEMS && e2e_fits(&m, api, (plan_options){.dense = false}, &fit)) {
            random_settings(&settings, seed);
            e2e_random_images(&images, &m, settings.count, seed, fit.not_negative);
            e2e_expect_equal(api, &m, &images, &settings, &out, "stems");
            free(images.pixels);
            ran[kind]++;
            wanted--;
        }
        dp_model_free(&m);
    }
}

Test(e2e_random, stems_of_every_kind_on_parallel) {
    run_stems("parallel-small.check");
    run_stems("parallel-mid");
}
Test(e2e_random, stems_of_every_kind_on_serial) {
    run_stems("serial-small.check");
    run_stems("serial-mid");
}

/* The pooled map of the stem decides the positions and the channels of the block after it. */
static bool computes_masks_after_max_pool(const dp_model *m) {
    const dp_layer *l = &m->layers[1];
    return l->in_h * l->in_w > 1 && l->spatial == DP_MASK_UNIT && l->channel == DP_MASK_UNIT;
}

static void run_pooled(const char *build) {
    const gen_random_options o = {.max_size = 19, .max_blocks = 2, .stem = RANDOM_ALWAYS, .max_pool = RANDOM_ALWAYS};
    run_networks(build, &o, computes_masks_after_max_pool, FILTERED);
}

Test(e2e_random, masks_after_a_max_pool_on_parallel) { run_pooled("parallel-small.check"); }
Test(e2e_random, masks_after_a_max_pool_on_serial) { run_pooled("serial-small.check"); }

/* 1x1 convolutions of a few to many channels, so that one slice, two at once and two in turn follow each other. */
static void run_wide(const char *build) {
    const gen_random_options o = {.max_size = 7, .max_blocks = 2, .max_channels = 120, .bottleneck = RANDOM_ALWAYS};
    run_networks(build, &o, NULL, FILTERED);
}

Test(e2e_random, wide_bottlenecks_on_parallel) {
    run_wide("parallel-small.check");
    run_wide("parallel-mid");
}
Test(e2e_random, wide_bottlenecks_on_serial) { run_wide("serial-small.check"); }

/* The first block works in place on the image, and knows what it prunes before the image is there; the next one computes its mask. */
static bool computes_mask_after_image(const dp_model *m) {
    const dp_layer *l = m->layers;
    return m->layer_count > 1 && dp_is_block(&l[1]) && !l->has_shortcut && l->spatial == DP_MASK_GIVEN &&
           l[1].spatial == DP_MASK_UNIT;
}

static void run_in_place(const char *build) {
    const gen_random_options o = {.max_size = 9, .stem = RANDOM_NEVER};
    run_networks(build, &o, computes_mask_after_image, FILTERED);
}

Test(e2e_random, masks_wait_for_an_image_that_a_block_changes_on_parallel) { run_in_place("parallel-small.check"); }
Test(e2e_random, masks_wait_for_an_image_that_a_block_changes_on_serial) { run_in_place("serial-small.check"); }

/* Blocks that share masks, at stride 2 too: SHARED networks of each way. */
static void run_shared(const char *build) {
    const dut_api *api = e2e_load(build);
    const gen_random_options o = {
        .max_size = 12, .max_blocks = 6, .max_channels = 24, .stem = RANDOM_ALWAYS, .reuse = RANDOM_ALWAYS};
    int ran[REUSE_WAYS] = {0}, done = 0;
    for (uint64_t seed = 1; done < REUSE_WAYS; seed++) {
        dp_model m;
        image_set images;
        e2e_settings settings;
        e2e_outcome out;
        bool wanted = false;
        e2e_fit fit;
        random_model(&m, &o, 8000 + seed);
        unsigned ways = plan_support_reuse(&m);
        for (int i = 0; i < REUSE_WAYS; i++) wanted = wanted || ((ways >> i & 1) != 0 && ran[i] < SHARED);
        if (wanted && e2e_fits(&m, api, (plan_options){.dense = false}, &fit)) {
            random_settings(&settings, seed);
            e2e_random_images(&images, &m, settings.count, seed, fit.not_negative);
            e2e_expect_equal(api, &m, &images, &settings, &out, "shared masks");
            free(images.pixels);
            for (int i = 0; i < REUSE_WAYS; i++) done += (ways >> i & 1) != 0 && ++ran[i] == SHARED;
        }
        dp_model_free(&m);
    }
}

Test(e2e_random, shared_masks_on_parallel) {
    run_shared("parallel-small.check");
    run_shared("parallel-small");
}
Test(e2e_random, shared_masks_on_serial) {
    run_shared("serial-small.check");
    run_shared("serial-small");
}

/* A map so small that its mask could be computed while the last outputs of the shortcut are on their way. */
static bool computes_mask_of_tiny_map(const dp_model *m) {
    for (int i = 1; i + 1 < m->layer_count; i++) {
        const dp_layer *l = &m->layers[i], *next = l + 1;
        bool tiny = l->out_h * l->out_w <= 6;
        if (tiny && dp_is_block(l) && dp_is_block(next) && l->has_shortcut && l->spatial == DP_MASK_GIVEN &&
            next->spatial == DP_MASK_UNIT)
            return true;
    }
    return false;
}

static void run_tiny(const char *build) {
    const gen_random_options o = {.max_size = 4, .stem = RANDOM_ALWAYS};
    run_networks(build, &o, computes_mask_of_tiny_map, 4 * FILTERED);
}

Test(e2e_random, masks_wait_for_the_last_outputs_of_a_shortcut_on_parallel) { run_tiny("parallel-small.check"); }
Test(e2e_random, masks_wait_for_the_last_outputs_of_a_shortcut_on_serial) { run_tiny("serial-small.check"); }

/* The next slice's logits are there long before the memory has taken the last ones. */
static bool has_logits_of_two_slices(const dp_model *m) {
    const dp_layer *l = &m->layers[m->layer_count - 1];
    return l->in_h * l->in_w <= 2 && l->in <= 16 && l->out > 8;
}

static void run_slow_writes(const char *build) {
    const dut_api *api = e2e_load(build);
    const gen_random_options o = {.max_size = 3, .max_blocks = 1, .max_channels = 16, .head = RANDOM_ALWAYS};
    int ran = 0;
    for (uint64_t seed = 1; ran < FILTERED; seed++) {
        dp_model m;
        image_set images;
        e2e_outcome out;
        e2e_fit fit;
        random_model(&m, &o, 1000 + seed);
        if (has_logits_of_two_slices(&m) && e2e_fits(&m, api, (plan_options){.dense = false}, &fit)) {
            const e2e_settings settings = {.count = 2, .stall = 95, .latency = 1, .seed = seed};
            e2e_random_images(&images, &m, settings.count, seed, fit.not_negative);
            e2e_expect_equal(api, &m, &images, &settings, &out, "slow writes");
            free(images.pixels);
            ran++;
        }
        dp_model_free(&m);
    }
}

Test(e2e_random, logits_wait_for_the_memory_on_parallel) { run_slow_writes("parallel-small.check"); }
Test(e2e_random, logits_wait_for_the_memory_on_serial) { run_slow_writes("serial-small.check"); }

/* The sizes at which a 3x3 window, a stride or a bank is cut off, each in both directions. */
static void run_sizes(const char *build) {
    static const char *const shapes[] = {"1x1", "1x2", "2x1", "2x2", "3x3",  "1x9",  "9x1",  "4x5",
                                         "5x4", "7x7", "8x3", "3x8", "13x5", "5x13", "1x32", "32x1"};
    const dut_api *api = e2e_load(build);
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
        for (int way = 0; way < 4; way++) {
            char net[64];
            dp_error err = {""};
            dp_model m;
            image_set images;
            e2e_outcome out;
            (void)snprintf(net, sizeof net, "block:%sx32%s%s:read", shapes[i], way % 2 != 0 ? ":bottleneck" : "",
                           way / 2 != 0 ? ":s2" : "");
            gen_options o = gen_defaults(net);
            o.keep_spatial = o.keep_channel = 0.5;
            o.group = 8;
            o.seed = i;
            cr_assert_eq(gen_network(&o, &m, &err), DP_OK, "%s", err.text);
            e2e_random_images(&images, &m, 2, i, true);
            e2e_expect_equal(api, &m, &images, &(e2e_settings){.count = 2, .seed = i}, &out, net);
            free(images.pixels);
            dp_model_free(&m);
        }
}

Test(e2e_random, odd_sizes_on_parallel) { run_sizes("parallel-small.check"); }
Test(e2e_random, odd_sizes_on_serial) { run_sizes("serial-small.check"); }

static int mask_commands(const dp_model *m) {
    int count = 0;
    for (int i = 0; i < m->layer_count; i++) {
        const dp_layer *l = &m->layers[i];
        if (dp_is_block(l)) count += l->spatial == DP_MASK_UNIT || l->spatial == DP_MASK_GIVEN;
    }
    return count;
}

/* Three pairs of mask buffers in rotation: with 1, 2, 4 or 5 masks an image, the next image starts in another pair. */
static void run_rotation(const char *build) {
    const dut_api *api = e2e_load(build);
    gen_random_options o = {.max_size = 8, .max_blocks = 6, .stem = RANDOM_ALWAYS, .head = RANDOM_ALWAYS, .masks = RANDOM_ALWAYS};
    int ran[7] = {0};
    for (uint64_t seed = 1; ran[1] + ran[2] + ran[4] + ran[5] < 4 * ROTATIONS; seed++) {
        dp_model m;
        image_set images;
        e2e_outcome queued, one;
        uint64_t tiles = 0, masks = 0;
        e2e_fit fit;
        random_model(&m, &o, 5000 + seed);
        int count = mask_commands(&m);
        if (count % 3 != 0 && ran[count] < ROTATIONS && e2e_fits(&m, api, (plan_options){.dense = false}, &fit)) {
            ran[count]++;
            e2e_random_images(&images, &m, ROTATION_IMAGES, seed, false);
            e2e_expect_equal(api, &m, &images, &(e2e_settings){.count = ROTATION_IMAGES, .seed = seed}, &queued, "rotation");
            for (int i = 0; i < ROTATION_IMAGES; i++) {
                e2e_expect_equal(api, &m, &images, &(e2e_settings){.first = i, .seed = seed}, &one, "rotation, alone");
                tiles += one.tiles;
                masks += one.masks;
            }
            cr_expect_eq(queued.tiles, tiles, "%s: %d masks an image", m.name, count);
            cr_expect_eq(queued.masks, masks, "%s: %d masks an image", m.name, count);
            free(images.pixels);
        }
        dp_model_free(&m);
    }
}

Test(e2e_random, mask_buffers_rotate_over_queued_images_on_parallel) { run_rotation("parallel-small.check"); }
Test(e2e_random, mask_buffers_rotate_over_queued_images_on_serial) { run_rotation("serial-small.check"); }
