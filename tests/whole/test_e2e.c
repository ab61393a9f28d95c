/* Whole networks on the RTL: trained ones, masks at their extremes, and what must not matter (stalls, latency, seeds, order, queueing,
   variation, PE size). Random ones are in test_e2e_random.c. */
#include <criterion/criterion.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "e2e.h"
#include "gen.h"

enum { TRAINED_IMAGES = 3, STALL = 30, RANDOM_IMAGES = 4 };

TestSuite(e2e, .timeout = 900);

/* Trained containers on test images of Fashion-MNIST. */

typedef void trained_test(const dp_model *m, const image_set *images, void *context);

static void for_trained(trained_test *test, void *context) {
    struct dirent **entries = NULL;
    int ran = 0, count = scandir("models", &entries, NULL, alphasort);
    for (int i = 0; i < count; i++) {
        char path[300];
        dp_model m;
        image_set images;
        dp_error err = {""};
        (void)snprintf(path, sizeof path, "models/%.250s", entries[i]->d_name);
        free(entries[i]);
        const char *end = strrchr(path, '.');
        if (strcmp(end != NULL ? end : "", ".dpm") != 0) continue;
        cr_assert_eq(dp_model_load(&m, path, &err), DP_OK, "%s", err.text);
        if (image_open(&images, NULL, &m, &err) != DP_OK) cr_skip_test("%s", err.text);
        test(&m, &images, context);
        image_close(&images);
        dp_model_free(&m);
        ran++;
    }
    free(entries);
    if (ran == 0) cr_skip_test("no container in models/");
}

static void run_trained(const dp_model *m, const image_set *images, void *context) {
    const dut_api *api = context;
    e2e_outcome smooth, stalled;
    e2e_expect_equal(api, m, images, &(e2e_settings){.first = 100, .count = TRAINED_IMAGES}, &smooth, "trained");
    e2e_expect_equal(api, m, images, &(e2e_settings){.first = 100, .count = TRAINED_IMAGES, .stall = STALL, .seed = 7}, &stalled,
                     "trained");
    cr_expect_eq(smooth.tiles, stalled.tiles, "%s", m->name);
    cr_expect_eq(smooth.masks, stalled.masks, "%s", m->name);
    cr_expect_arr_eq(smooth.logits, stalled.logits, sizeof smooth.logits, "%s", m->name);
    cr_expect_eq(smooth.logit_images, TRAINED_IMAGES, "%s", m->name);
    cr_expect_gt(stalled.cycles, smooth.cycles, "%s: stalls on every channel cost nothing", m->name);
}

Test(e2e, trained_networks_are_equal_on_parallel) { for_trained(run_trained, (void *)e2e_load("parallel-small")); }
Test(e2e, trained_networks_are_equal_on_serial) { for_trained(run_trained, (void *)e2e_load("serial-small")); }

static void run_trained_dense(const dp_model *m, const image_set *images, void *context) {
    e2e_outcome out;
    e2e_expect_equal(context, m, images, &(e2e_settings){.first = 200, .plan.dense = true}, &out, "trained, dense");
}

Test(e2e, trained_networks_are_equal_without_pruning) {
    for_trained(run_trained_dense, (void *)e2e_load("parallel-small-dense"));
    for_trained(run_trained_dense, (void *)e2e_load("serial-small-dense"));
}

/* A network of both kinds of blocks with masks that depend on the image, and some images for it. */

typedef struct {
    dp_model m;
    e2e_masks masks;
    image_set images;
} fixture;

static void open_fixture(fixture *f, bool bottleneck) {
    e2e_network(&f->m, bottleneck);
    e2e_random_images(&f->images, &f->m, RANDOM_IMAGES, 5, false);
}

static void close_fixture(fixture *f) {
    free(f->images.pixels);
    dp_model_free(&f->m);
}

static void expect_same(const e2e_outcome *a, const e2e_outcome *b, const char *what) {
    cr_expect_eq(a->tiles, b->tiles, "%s: outputs differ", what);
    cr_expect_eq(a->masks, b->masks, "%s: masks or scores differ", what);
    cr_expect_arr_eq(a->logits, b->logits, sizeof a->logits, "%s: logits differ", what);
}

static const e2e_settings invariant_settings[] = {
    {.count = RANDOM_IMAGES},
    {.count = RANDOM_IMAGES, .seed = 1},
    {.count = RANDOM_IMAGES, .seed = 99},
    {.count = RANDOM_IMAGES, .latency = 1},
    {.count = RANDOM_IMAGES, .latency = 200},
    {.count = RANDOM_IMAGES, .base = 0x7fffc000}, /* a carry through all bits of the addresses */
    {.count = RANDOM_IMAGES, .base = 0xff000000},
    {.count = RANDOM_IMAGES, .base = 0xff7fffc000, .stall = 20}, /* beyond 32 bits; in disorder */
    {.count = RANDOM_IMAGES, .stall = 5},
    {.count = RANDOM_IMAGES, .stall = 30, .seed = 2},
    {.count = RANDOM_IMAGES, .stall = 60, .seed = 3},
    {.count = RANDOM_IMAGES, .stall = 90, .seed = 4, .latency = 1},
};

/* All settings on all builds, against the first. */
static void expect_invariant(fixture *f, const char *const *builds, int build_count) {
    e2e_outcome first, other;
    for (int b = 0; b < build_count; b++) {
        const dut_api *api = e2e_load(builds[b]);
        for (size_t i = 0; i < sizeof invariant_settings / sizeof *invariant_settings; i++) {
            bool reference = b == 0 && i == 0;
            e2e_expect_equal(api, &f->m, &f->images, &invariant_settings[i], reference ? &first : &other, "invariance");
            char what[80];
            (void)snprintf(what, sizeof what, "%s, setting %d", builds[b], (int)i);
            if (!reference) expect_same(&first, &other, what);
        }
    }
}

static void invariance_of(bool bottleneck) {
    static const char *const builds[] = {"parallel-small", "serial-small", "parallel-mid", "serial-mid"};
    fixture f;
    open_fixture(&f, bottleneck);
    e2e_compute_masks(&f.m, &f.masks, 0, 2, DP_POOL_AVG, false);
    expect_invariant(&f, builds, sizeof builds / sizeof *builds);
    close_fixture(&f);
}

Test(e2e, time_seeds_variation_and_size_do_not_matter_to_basic_blocks) { invariance_of(false); }
Test(e2e, time_seeds_variation_and_size_do_not_matter_to_bottlenecks) { invariance_of(true); }

Test(e2e, unknowns_do_not_matter) {
    static const char *const builds[] = {"parallel-small.check", "serial-small.check"};
    fixture f;
    open_fixture(&f, false);
    e2e_compute_masks(&f.m, &f.masks, 0, 2, DP_POOL_MAX, false);
    expect_invariant(&f, builds, sizeof builds / sizeof *builds);
    close_fixture(&f);
}

static void order_and_queueing(const char *build) {
    const dut_api *api = e2e_load(build);
    fixture f;
    e2e_outcome queued, reversed, one, sum = {.tiles = 0};
    open_fixture(&f, false);
    e2e_compute_masks(&f.m, &f.masks, 0, 1, DP_POOL_AVG, false);
    e2e_expect_equal(api, &f.m, &f.images, &(e2e_settings){.count = RANDOM_IMAGES}, &queued, "queued");
    for (int i = 0; i < RANDOM_IMAGES; i++) {
        e2e_expect_equal(api, &f.m, &f.images, &(e2e_settings){.first = i}, &one, "one at a time");
        sum.tiles += one.tiles;
        sum.masks += one.masks;
        memcpy(sum.logits[i], one.logits[0], sizeof one.logits[0]);
    }
    expect_same(&queued, &sum, "one at a time");
    size_t bytes = f.images.image_bytes;
    int8_t *turned = malloc(bytes * RANDOM_IMAGES), *forward = f.images.pixels;
    for (size_t i = 0; i < RANDOM_IMAGES; i++) memcpy(turned + (RANDOM_IMAGES - 1 - i) * bytes, forward + i * bytes, bytes);
    f.images.pixels = turned;
    e2e_expect_equal(api, &f.m, &f.images, &(e2e_settings){.count = RANDOM_IMAGES}, &reversed, "reversed");
    for (int i = 0; i < RANDOM_IMAGES; i++) memcpy(sum.logits[i], reversed.logits[RANDOM_IMAGES - 1 - i], sizeof sum.logits[i]);
    memcpy(reversed.logits, sum.logits, sizeof sum.logits);
    expect_same(&queued, &reversed, "reversed");
    free(forward);
    close_fixture(&f);
}

Test(e2e, order_and_queueing_of_images_do_not_matter_to_parallel) { order_and_queueing("parallel-small"); }
Test(e2e, order_and_queueing_of_images_do_not_matter_to_serial) { order_and_queueing("serial-small"); }

/* Maps as high and as wide as a container may say: rows and columns are 8 bits in commands and tiles. */

static void largest_maps(const char *build) {
    static const char *const nets[] = {"block:255x3x8", "block:3x255x8", "block:255x6x8:s2", "block:6x255x8:s2"};
    const dut_api *api = e2e_load(build);
    for (size_t i = 0; i < 2 * sizeof nets / sizeof *nets; i++) {
        gen_options options = gen_defaults(nets[i / 2]);
        e2e_settings settings = {.count = 2, .plan.schedule = i % 2 == 0 ? PLAN_GANG : PLAN_CHAINS};
        dp_model m;
        image_set images;
        e2e_outcome out;
        dp_error err = {""};
        cr_assert_eq(gen_network(&options, &m, &err), DP_OK, "%s", err.text);
        e2e_random_images(&images, &m, settings.count, 3, false);
        e2e_expect_equal(api, &m, &images, &settings, &out, "the largest maps");
        free(images.pixels);
        dp_model_free(&m);
    }
}

Test(e2e, largest_maps_on_parallel) { largest_maps("parallel-small"); }
Test(e2e, largest_maps_on_serial) { largest_maps("serial-small"); }

/* Masks at their extremes. */

static bool everywhere(int y, int x, int h, int w) {
    (void)y, (void)x, (void)h, (void)w;
    return true;
}
static bool nowhere(int y, int x, int h, int w) {
    (void)y, (void)x, (void)h, (void)w;
    return false;
}
static bool first(int y, int x, int h, int w) {
    (void)h, (void)w;
    return y == 0 && x == 0;
}
static bool last(int y, int x, int h, int w) { return y == h - 1 && x == w - 1; }
static bool top_right(int y, int x, int h, int w) {
    (void)h;
    return y == 0 && x == w - 1;
}
static bool bottom_left(int y, int x, int h, int w) {
    (void)w;
    return y == h - 1 && x == 0;
}
static bool middle(int y, int x, int h, int w) { return y == h / 2 && x == w / 2; }
static bool all_but_middle(int y, int x, int h, int w) { return !middle(y, x, h, w); }
static bool last_row(int y, int x, int h, int w) {
    (void)x, (void)w;
    return y == h - 1;
}
static bool chequered(int y, int x, int h, int w) {
    (void)h, (void)w;
    return (y + x) % 2 != 0;
}

/* What a network shows without pruning logic is what it shows with masks that keep everything, given or computed. */
static void full_is_dense(const char *build, const char *dense_build, bool bottleneck) {
    const dut_api *pruning = e2e_load(build), *baseline = e2e_load(dense_build);
    const int32_t always = 1 << 30;
    fixture f;
    e2e_outcome dense, full;
    e2e_settings settings = {.count = 2};
    open_fixture(&f, bottleneck);
    e2e_expect_equal(baseline, &f.m, &f.images, &settings, &dense, "dense");
    e2e_give_masks(&f.m, &f.masks, everywhere, DP_MAX_GROUPS);
    for (int computed = 0; computed < 2; computed++) {
        if (computed != 0) e2e_compute_masks(&f.m, &f.masks, always, DP_MAX_GROUPS, DP_POOL_AVG, false);
        e2e_expect_equal(pruning, &f.m, &f.images, &settings, &full, "full masks");
        cr_expect_eq(full.tiles, dense.tiles, "%s: full masks (computed: %d) change outputs", build, computed);
        cr_expect_eq(full.macs, dense.macs, "%s: full masks (computed: %d) change the work", build, computed);
        cr_expect_arr_eq(full.logits, dense.logits, sizeof full.logits, "%s", build);
    }
    close_fixture(&f);
}

Test(e2e, full_masks_are_the_dense_network_on_parallel) {
    full_is_dense("parallel-small", "parallel-small-dense", false);
    full_is_dense("parallel-small", "parallel-small-dense", true);
}
Test(e2e, full_masks_are_the_dense_network_on_serial) {
    full_is_dense("serial-small", "serial-small-dense", false);
    full_is_dense("serial-small", "serial-small-dense", true);
}

static void given_masks(const char *build, bool bottleneck) {
    static e2e_position *const shapes[] = {everywhere,  nowhere, first,          last,     top_right,
                                           bottom_left, middle,  all_but_middle, last_row, chequered};
    const dut_api *api = e2e_load(build);
    fixture f;
    e2e_outcome out;
    open_fixture(&f, bottleneck);
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
        for (int groups = 0; groups <= e2e_groups(&f.m); groups++) {
            char what[64];
            (void)snprintf(what, sizeof what, "mask shape %d, %d groups", (int)i, groups);
            e2e_give_masks(&f.m, &f.masks, shapes[i], groups);
            e2e_expect_equal(api, &f.m, &f.images, &(e2e_settings){.count = 2, .stall = (int)i % 2 * STALL}, &out, what);
        }
    close_fixture(&f);
}

Test(e2e, given_masks_of_every_shape_on_parallel) {
    given_masks("parallel-small.check", false);
    given_masks("parallel-small.check", true);
}
Test(e2e, given_masks_of_every_shape_on_serial) {
    given_masks("serial-small.check", false);
    given_masks("serial-small.check", true);
}

/* Computed masks that keep nothing, some, everything; 1 to all groups by either pooling, with and without ties. */
static void computed_masks(const char *build, bool bottleneck) {
    static const int32_t biases[] = {-(1 << 30), 0, 1 << 30};
    const dut_api *api = e2e_load(build);
    fixture f;
    e2e_outcome out;
    open_fixture(&f, bottleneck);
    for (int i = 0; i < 3; i++)
        for (int groups = 1; groups <= e2e_groups(&f.m); groups++)
            for (int way = 0; way < 4; way++) {
                char what[80];
                (void)snprintf(what, sizeof what, "bias %d, %d groups, pooling and ties %d", (int)biases[i], groups, way);
                e2e_compute_masks(&f.m, &f.masks, biases[i], groups, way % 2 != 0 ? DP_POOL_MAX : DP_POOL_AVG, way / 2 != 0);
                e2e_expect_equal(api, &f.m, &f.images, &(e2e_settings){.count = 2, .stall = way == 3 ? STALL : 0}, &out, what);
            }
    close_fixture(&f);
}

Test(e2e, computed_masks_of_every_size_on_parallel) {
    computed_masks("parallel-small", false);
    computed_masks("parallel-small", true);
}
Test(e2e, computed_masks_of_every_size_on_serial) {
    computed_masks("serial-small", false);
    computed_masks("serial-small", true);
}
