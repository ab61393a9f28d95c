/* The cycle model against the counters of the RTL: every convolution's cycles, MACs and beats, equal. That the comparison bites:
   test_cycle_bites.c. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "build_choice.h"
#include "cycle_counts.h"
#include "e2e.h"
#include "gen.h"
#include "geometries.h"
#include "rng.h"

enum { NETWORKS = 60, TRAINED_IMAGES = 2 };

TestSuite(cycle_model, .timeout = 900);

static void expect_equal(const dut_api *api, const dp_model *m, const image_set *images, const counted_setting *s,
                         const char *what) {
    static cycle_layer model[COUNTED_CONVS];
    counted c;
    plan p;
    counted_run(api, m, images, s, &p, &c);
    for (int i = 0; i < c.r.layer_count; i++) model[i] = c.r.layers[i].model;
    int wrong = counted_differences(&c, model, what);
    cr_expect_eq(wrong, 0, "%s, %s on %s, %d images, latency %d, bandwidth %d: %d of %d layers", what, m->name,
                 api->geometry.name, s->count, s->latency, s->bandwidth, wrong, c.r.layer_count);
    cr_expect_eq(c.r.cycles, c.r.model_cycles, "%s, %s on %s: %llu cycles, model %llu", what, m->name, api->geometry.name,
                 (unsigned long long)c.r.cycles, (unsigned long long)c.r.model_cycles);
    results_free(&c.r);
    plan_free(&p);
}

/* Networks of the whole space that the build runs, one to three images, in memories slow and fast. */
static void run_random(const char *build, const gen_random_options *o, uint64_t from, plan_options plan) {
    static const int latencies[] = {1, 20, 80, 200}, bandwidths[] = {48, 48, 64, 16};
    const dut_api *api = e2e_load(build);
    int ran = 0;
    for (uint64_t seed = from; ran < NETWORKS; seed++) {
        dp_model m;
        image_set images;
        e2e_fit fit;
        char what[64];
        rng r;
        random_model(&m, o, seed);
        rng_seed(&r, seed);
        counted_setting s = {
            .count = rng_int(&r, 1, 3), .latency = latencies[rng_below(&r, 4)], .bandwidth = bandwidths[rng_below(&r, 4)]};
        s.plan = plan;
        (void)snprintf(what, sizeof what, "random %d", (int)seed);
        if (e2e_fits(&m, api, plan, &fit) && fit.chains >= (plan.schedule == PLAN_CHAINS ? 1 : 0)) {
            e2e_random_images(&images, &m, s.count, seed, fit.not_negative);
            expect_equal(api, &m, &images, &s, what);
            free(images.pixels);
            ran++;
        }
        dp_model_free(&m);
    }
}

static const plan_options gang = {.schedule = PLAN_GANG}, chain = {.schedule = PLAN_CHAINS};
static const plan_options dense = {.dense = true}, dense_chain = {.dense = true, .schedule = PLAN_CHAINS};

static const gen_random_options basic = {.max_size = 12, .bottleneck = RANDOM_NEVER};
static const gen_random_options wide = {.max_size = 9, .max_blocks = 4, .max_channels = 120, .bottleneck = RANDOM_ALWAYS};
static const gen_random_options stems = {.max_size = 25, .max_blocks = 1, .stem = RANDOM_ALWAYS};

Test(cycle_model, random_basic_blocks_on_serial) { run_random("serial-small", &basic, 1, gang); }
Test(cycle_model, random_basic_blocks_on_parallel) {
    run_random("parallel-small", &basic, 570, gang);
} /* 584: an image while logits leave */
Test(cycle_model, random_bottlenecks_on_serial) {
    run_random("serial-small", &wide, 2090, gang);
} /* 2098: a given mask across 4 KiB */
Test(cycle_model, random_bottlenecks_on_parallel) { run_random("parallel-small", &wide, 1000, gang); }
Test(cycle_model, random_stems_on_serial) { run_random("serial-mid", &stems, 2000, gang); }
Test(cycle_model, random_stems_on_parallel) {
    run_random("parallel-mid", &stems, 2090, gang);
} /* 2101: image behind mask reads that wait */
Test(cycle_model, random_dense_networks_on_serial) { run_random("serial-small-dense", &wide, 3000, dense); }
Test(cycle_model, random_dense_networks_on_parallel) { run_random("parallel-small-dense", &wide, 3000, dense); }

/* Given masks and computed ones in one network; both over queued images. */
static const gen_random_options masked = {.max_size = 10, .max_blocks = 6, .stem = RANDOM_ALWAYS, .masks = RANDOM_ALWAYS};
static const gen_random_options shared = {.max_size = 12, .max_blocks = 6, .stem = RANDOM_ALWAYS, .reuse = RANDOM_ALWAYS};

Test(cycle_model, random_masks_on_serial) {
    run_random("serial-small", &masked, 4000, gang);
    run_random("serial-small", &shared, 5000, gang);
}
Test(cycle_model, random_masks_on_parallel) {
    run_random("parallel-small", &masked, 4000, gang);
    run_random("parallel-small", &shared, 5000, gang);
}

/* At least one chain in each. */
static const gen_random_options narrow = {.max_size = 19, .max_blocks = 4, .max_channels = 24};
static const gen_random_options deep = {.max_size = 7, .max_channels = 64, .bottleneck = RANDOM_ALWAYS};

Test(cycle_model, random_chains_on_serial) {
    run_random("serial-small", &narrow, 6000, chain);
    run_random("serial-small", &deep, 7000, chain);
    run_random("serial-mid", &deep, 8000, chain);
    run_random("serial-small-dense", &narrow, 9000, dense_chain);
}
Test(cycle_model, random_chains_on_parallel) {
    run_random("parallel-small", &narrow, 6000, chain);
    run_random("parallel-small", &deep, 7000, chain);
    run_random("parallel-mid", &deep, 8000, chain);
    run_random("parallel-small-dense", &narrow, 9000, dense_chain);
}

static void run_trained(const char *build, plan_options plan) {
    static const char *const names[] = {"dense", "s25c25", "s50c50", "s75c75"};
    const dut_api *api = e2e_load(build);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char path[64];
        dp_model m;
        image_set images;
        dp_error err = {""};
        (void)snprintf(path, sizeof path, "models/fmnist-%s.dpm", names[i]);
        cr_assert_eq(dp_model_load(&m, path, &err), DP_OK, "%s", err.text);
        if (image_open(&images, NULL, &m, &err) != DP_OK) cr_skip_test("%s", err.text);
        expect_equal(api, &m, &images, &(counted_setting){.first = 300, .count = TRAINED_IMAGES, .plan = plan}, "trained");
        image_close(&images);
        dp_model_free(&m);
        if (plan.dense) break; /* they differ in their masks only */
    }
}

Test(cycle_model, trained_networks_on_serial) {
    run_trained("serial-small", gang);
    run_trained("serial-small", chain);
}
Test(cycle_model, trained_networks_on_parallel) {
    run_trained("parallel-small", gang);
    run_trained("parallel-small", chain);
}
Test(cycle_model, trained_dense_network_on_serial) { run_trained("serial-small-dense", dense); }
Test(cycle_model, trained_dense_network_on_parallel) { run_trained("parallel-small-dense", dense); }

static void generate(dp_model *m, const char *net, double keep, bool resolution) {
    gen_options o = gen_defaults(net);
    dp_error err = {""};
    o.keep_spatial = o.keep_channel = keep;
    o.resolution_mask = resolution;
    cr_assert_eq(gen_network(&o, m, &err), DP_OK, "%s", err.text);
}

static void run_generated(const char *build, const char *net, plan_options plan) {
    static const double keeps[] = {0.25, 0.5, 1};
    const dut_api *api = e2e_load(build);
    for (int i = 0; i < 6; i++) {
        dp_model m;
        image_set images;
        generate(&m, net, keeps[i % 3], i >= 3);
        e2e_random_images(&images, &m, 1, 1, true);
        expect_equal(api, &m, &images, &(counted_setting){.count = 1, .plan = plan}, "generated");
        free(images.pixels);
        dp_model_free(&m);
    }
}

Test(cycle_model, generated_networks_on_serial) {
    run_generated("serial-small", "resnet20", gang);
    run_generated("serial-small", "resnet20", chain);
    run_generated("serial-mid", "resnet32", gang);
    run_generated("serial-mid", "resnet32b", gang);
    run_generated("serial-mid", "resnet32b", chain);
}
Test(cycle_model, generated_networks_on_parallel) {
    run_generated("parallel-small", "resnet20", gang);
    run_generated("parallel-small", "resnet20", chain);
    run_generated("parallel-mid", "resnet32", gang);
    run_generated("parallel-mid", "resnet32b", gang);
    run_generated("parallel-mid", "resnet32b", chain);
}

/* What `dpacs model` believes of a build is what the build says of itself. */
Test(cycle_model, geometries_are_those_of_the_builds) {
    char names[64][DUT_NAME_SIZE];
    int count = dut_list(names, 64);
    for (int i = 0; i < count; i++) {
        const dut_api *api;
        dut_geometry g;
        dp_error err;
        names[i][strcspn(names[i], ".")] = '\0';
        if (dut_load(names[i], &api, &err) != DP_OK) continue;
        const dut_geometry *want = &api->geometry;
        cr_assert(geometry_find(names[i], &g), "%s", names[i]);
        cr_expect(g.parallel == want->parallel && g.prune == want->prune && g.pi == want->pi && g.po == want->po, "%s", names[i]);
        cr_expect(g.map_words == want->map_words && g.weight_rows == want->weight_rows && g.mask_w == want->mask_w &&
                      g.patch_bytes == want->patch_bytes,
                  "%s", names[i]);
    }
    dut_geometry g;
    cr_expect_not(geometry_find("parallel", &g));
    cr_expect_not(geometry_find("parallel-small-denser", &g));
}
