/* Gang or chain by the cycle model: never slower than the faster of the two, as the RTL counts; a mix where that pays; the same results. */
#include "schedule.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "e2e.h"
#include "gen.h"

TestSuite(schedule, .timeout = 300);

static const cycle_memory_options usual = {.latency = 80, .bandwidth = 48, .reads = 32};

static void generate(dp_model *m, const char *net, double keep) {
    gen_options o = gen_defaults(net);
    dp_error err = {""};
    o.keep_spatial = o.keep_channel = keep;
    cr_assert_eq(gen_network(&o, m, &err), DP_OK, "%s", err.text);
}

/* Runs an image in gang, in chains and as chosen. */
static void run_all(const char *build, const dp_model *m, e2e_outcome out[PLAN_SCHEDULES]) {
    const dut_api *api = e2e_load(build);
    image_set images;
    e2e_random_images(&images, m, 1, 1, true);
    for (int i = 0; i < PLAN_SCHEDULES; i++) {
        e2e_settings s = {.plan = {.dense = !api->geometry.prune, .schedule = (plan_schedule)i}};
        e2e_run(api, m, &images, &s, &out[i]);
        cr_assert_eq(out[i].status, DP_OK, "%s on %s, %s: %s", m->name, build, plan_schedule_name(s.plan.schedule), out[i].text);
    }
    free(images.pixels);
}

static void expect_fastest(const char *build, const dp_model *m) {
    static e2e_outcome out[PLAN_SCHEDULES];
    run_all(build, m, out);
    uint64_t least = out[PLAN_GANG].cycles < out[PLAN_CHAINS].cycles ? out[PLAN_GANG].cycles : out[PLAN_CHAINS].cycles;
    cr_expect_leq(out[PLAN_AUTO].cycles, least, "%s on %s: %d cycles, gang or chain %d", m->name, build,
                  (int)out[PLAN_AUTO].cycles, (int)least);
    for (int i = 1; i < PLAN_SCHEDULES; i++) {
        cr_expect_eq(out[i].tiles, out[0].tiles);
        cr_expect_eq(out[i].masks, out[0].masks);
        cr_expect_eq(out[i].macs, out[0].macs);
        cr_expect_arr_eq(out[i].logits[0], out[0].logits[0], sizeof out[0].logits[0]);
    }
}

static void run_generated(const char *build, const char *net) {
    static const double keeps[] = {0.25, 0.5, 1};
    for (size_t i = 0; i < sizeof keeps / sizeof *keeps; i++) {
        dp_model m;
        generate(&m, net, keeps[i]);
        expect_fastest(build, &m);
        dp_model_free(&m);
    }
}

Test(schedule, never_slower_on_serial) {
    run_generated("serial-small", "resnet20");
    run_generated("serial-mid", "resnet32b");
    run_generated("serial-small-dense", "resnet20");
}
Test(schedule, never_slower_on_parallel) {
    run_generated("parallel-small", "resnet20");
    run_generated("parallel-mid", "resnet32b");
    run_generated("parallel-small-dense", "resnet20");
}

static void run_random(const char *build) {
    static const gen_random_options o = {.max_size = 16, .max_blocks = 4, .max_channels = 32};
    const dut_api *api = e2e_load(build);
    int ran = 0;
    for (uint64_t seed = 1; ran < 30; seed++) {
        dp_model m;
        e2e_fit fit;
        random_model(&m, &o, seed);
        if (e2e_fits(&m, api, (plan_options){.dense = false}, &fit) &&
            e2e_fits(&m, api, (plan_options){.schedule = PLAN_CHAINS}, &fit) && fit.chains > 0) {
            expect_fastest(build, &m);
            ran++;
        }
        dp_model_free(&m);
    }
}

Test(schedule, random_networks_on_serial) { run_random("serial-small"); }
Test(schedule, random_networks_on_parallel) { run_random("parallel-small"); }

static void make(plan *p, const dp_model *m, plan_geometry g, plan_schedule schedule, const int8_t *image, dp_status want) {
    dp_error err = {""};
    plan_options options = {.schedule = schedule};
    cr_assert_eq(schedule_plan(p, m, &g, options, &usual, image, &err), want, "%s", err.text);
    if (want != DP_OK) cr_expect_neq(err.text[0], '\0');
}

static const plan_geometry small = {
    .pi = 8, .po = 8, .parallel = true, .prune = true, .map_words = 2048, .weight_rows = 64, .mask_w = 32, .patch_bytes = 32};

static int8_t *image_of(const dp_model *m) {
    int8_t *image = random_image(m, 1);
    for (int i = 0; i < m->in_h * m->in_w * m->in_c; i++) image[i] &= 0x7f;
    return image;
}

/* Some blocks of this network are faster as a chain, and some are not. */
Test(schedule, mixes_where_that_pays) {
    dp_model m;
    plan p[PLAN_SCHEDULES];
    generate(&m, "resnet20", 0.5);
    int8_t *image = image_of(&m);
    for (int i = 0; i < PLAN_SCHEDULES; i++) {
        make(&p[i], &m, small, (plan_schedule)i, image, DP_OK);
        cr_expect_eq(p[i].schedule, (plan_schedule)i);
    }
    cr_expect_eq(p[PLAN_GANG].chains, 0);
    cr_expect_gt(p[PLAN_AUTO].chains, 0);
    cr_expect_lt(p[PLAN_AUTO].chains, p[PLAN_CHAINS].chains);
    for (int i = 0; i < PLAN_SCHEDULES; i++) plan_free(&p[i]);
    free(image);
    dp_model_free(&m);
}

Test(schedule, what_the_caller_says_of_each_block) {
    dp_model m;
    plan p;
    dp_error err = {""};
    uint8_t chain[PLAN_MAX_LAYERS] = {0};
    generate(&m, "resnet20", 0.5);
    chain[2] = chain[9] = 1;
    plan_options options = {.schedule = PLAN_AUTO, .chain = chain};
    cr_assert_eq(plan_create(&p, &m, &small, options, &err), DP_OK, "%s", err.text);
    cr_expect_eq(p.chains, 2);
    for (int i = 0; i < p.convs; i++)
        cr_expect_eq(p.conv[i].chained, chain[p.conv[i].layer] != 0 && p.conv[i].stage == DP_CONV1, "%s", p.conv[i].name);
    plan_free(&p);
    dp_model_free(&m);
}

/* Line buffers are smaller than maps. */
Test(schedule, takes_what_fits) {
    dp_model m;
    plan p;
    generate(&m, "resnet32b", 1);
    int8_t *image = image_of(&m);
    make(&p, &m, small, PLAN_GANG, image, DP_BAD_INPUT);
    make(&p, &m, small, PLAN_AUTO, image, DP_OK);
    cr_expect_gt(p.chains, 0);
    plan_free(&p);
    dp_error err;
    cr_expect_eq(plan_create(&p, &m, &small, (plan_options){.schedule = PLAN_AUTO}, &err), DP_OK, "without a choice");
    plan_free(&p);
    const uint8_t none[PLAN_MAX_LAYERS] = {0};
    cr_expect_eq(plan_create(&p, &m, &small, (plan_options){.schedule = PLAN_AUTO, .chain = none}, &err), DP_BAD_INPUT,
                 "as chosen");
    plan_geometry tiny = small;
    tiny.map_words = 16;
    make(&p, &m, tiny, PLAN_AUTO, image, DP_BAD_INPUT);
    free(image);
    dp_model_free(&m);
}
