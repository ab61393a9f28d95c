/* Random networks by name: all seeds fit the builds that they are for, over the seeds they show everything that a network may have, the
   same seed gives the same file, and their images suit them. */
#define _POSIX_C_SOURCE 200809L
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "build_choice.h"
#include "gen.h"
#include "geometries.h"
#include "input.h"
#include "model_shape.h"
#include "plan_support.h"
#include "random_network.h"
#include "sim.h"

enum { SEEDS = 300, MAX_FILE = 1 << 25 };

TestSuite(gen_random, .timeout = 300);

static void make(const char *net, uint64_t seed, dp_model *m) {
    gen_options o = gen_defaults(net);
    dp_error err = {""};
    o.seed = seed;
    cr_assert_eq(gen_network(&o, m, &err), DP_OK, "%s", err.text);
}

/* Fits in gang and in chains; what the plan says of negative numbers is what the shapes say. */
static void expect_fit(const dp_model *m, const dut_geometry *build) {
    for (int schedule = PLAN_GANG; schedule <= PLAN_CHAINS; schedule++) {
        plan_options options = {.dense = !build->prune, .schedule = (plan_schedule)schedule};
        plan_geometry g = build_geometry(build);
        plan p;
        dp_error err = {""};
        cr_expect_eq(build_fits(m, build, options, &err), DP_OK, "%s, %s: %s", build->name, plan_schedule_name(options.schedule),
                     err.text);
        if (plan_create(&p, m, &g, options, &err) != DP_OK) continue;
        if (build->prune) cr_expect_eq(p.image_not_negative, !model_takes_negative(m), "%s", m->name);
        plan_free(&p);
    }
}

Test(gen_random, every_seed_fits_its_builds) {
    static const char *const builds[] = {"serial-small", "parallel-small", "serial-small-dense", "parallel-small-dense",
                                         "serial-mid",   "parallel-mid",   "serial-mid-dense",   "parallel-mid-dense",
                                         "serial-ref",   "parallel-ref",   "serial-ref-dense",   "parallel-ref-dense"};
    static const char *const smallest[] = {"", "mid", "ref"};
    for (int f = 0; f < GEN_FLAVOURS; f++)
        for (uint64_t seed = 0; seed < SEEDS; seed++) {
            dp_model m;
            make(gen_flavours[f].name, seed, &m);
            for (size_t b = 0; b < sizeof builds / sizeof *builds; b++) {
                dut_geometry g;
                cr_assert(geometry_find(builds[b], &g));
                if (strstr(builds[b], smallest[gen_flavours[f].builds]) != NULL) expect_fit(&m, &g);
            }
            dp_model_free(&m);
        }
}

/* Seeds that have it. */
typedef struct {
    int spatial[4], channel[3], kind[4], stride[3], pool[2], kernel[8];
    int max_pool, head, no_head, bare, shortcut, ways[REUSE_WAYS], single, chained_reuse;
} census;

static void count_layers(const dp_model *m, census *c) {
    unsigned ways = plan_support_reuse(m);
    for (int i = 0; i < REUSE_WAYS; i++) c->ways[i] += (ways >> i & 1) != 0;
    c->bare += m->layers[0].kind != DP_STEM;
    c->head += m->classes > 0;
    c->no_head += m->classes == 0;
    for (int i = 0; i < m->layer_count; i++) {
        const dp_layer *l = &m->layers[i];
        c->kind[l->kind]++;
        c->stride[l->stride]++;
        c->single += l->in_h * l->in_w == 1;
        c->max_pool += l->max_pool;
        if (l->kind == DP_STEM) c->kernel[l->conv[0].kernel]++;
        if (!dp_is_block(l)) continue;
        c->spatial[l->spatial]++;
        c->channel[l->channel]++;
        c->shortcut += l->has_shortcut;
        if (l->channel == DP_MASK_UNIT) c->pool[l->pool]++;
        c->chained_reuse += i > 0 && l->spatial == DP_MASK_REUSE && l[-1].spatial == DP_MASK_REUSE;
    }
}

static void take_census(const char *net, census *c) {
    *c = (census){0};
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        dp_model m;
        make(net, seed, &m);
        count_layers(&m, c);
        dp_model_free(&m);
    }
}

static void expect_all(const int *counts, int from, int to, const char *what) {
    for (int i = from; i <= to; i++) cr_expect_geq(counts[i], 10, "%s %d: %d times", what, i, counts[i]);
}

Test(gen_random, seeds_show_everything) {
    census c;
    take_census("random", &c);
    expect_all(c.spatial, DP_MASK_NONE, DP_MASK_REUSE, "spatial");
    expect_all(c.channel, DP_MASK_NONE, DP_MASK_GIVEN, "channel");
    expect_all(c.kind, DP_STEM, DP_HEAD, "kind");
    expect_all(c.stride, 1, 2, "stride");
    expect_all(c.pool, DP_POOL_AVG, DP_POOL_MAX, "pool");
    cr_expect(c.max_pool > 10 && c.bare > 10 && c.head > 10 && c.no_head > 10 && c.shortcut > 10 && c.single > 10);
    take_census("random:shared", &c);
    expect_all(c.ways, 0, REUSE_WAYS - 1, "way to share a mask");
    cr_expect_gt(c.chained_reuse, 100);
}

Test(gen_random, flavours_are_what_they_say) {
    census c;
    take_census("random:computed", &c);
    cr_expect_eq(c.spatial[DP_MASK_UNIT], c.kind[DP_BASIC] + c.kind[DP_BOTTLENECK]);
    cr_expect_geq(c.channel[DP_MASK_UNIT] + c.bare, c.spatial[DP_MASK_UNIT]); /* nothing scores the groups of a first block */
    take_census("random:pooled", &c);
    cr_expect_eq(c.max_pool, SEEDS);
    cr_expect_eq(c.channel[DP_MASK_UNIT], c.kind[DP_BASIC] + c.kind[DP_BOTTLENECK]);
    take_census("random:wide", &c);
    cr_expect_eq(c.kind[DP_BASIC], 0);
    take_census("random:bare", &c);
    cr_expect_eq(c.bare, SEEDS);
    take_census("random:stems", &c);
    cr_expect_eq(c.kernel[3], SEEDS);
    take_census("random:stems7", &c);
    cr_expect_eq(c.kernel[7], SEEDS);
}

static size_t saved(const dp_model *m, char *bytes) {
    char path[] = "/tmp/dpacs-random-XXXXXX";
    dp_error err = {""};
    int file = mkstemp(path);
    cr_assert_geq(file, 0);
    (void)close(file);
    cr_assert_eq(dp_model_save(m, path, &err), DP_OK, "%s", err.text);
    FILE *in = fopen(path, "rb");
    cr_assert_not_null(in);
    size_t size = fread(bytes, 1, MAX_FILE, in);
    cr_assert(size < MAX_FILE && fclose(in) == 0);
    dp_model loaded;
    cr_assert_eq(dp_model_load(&loaded, path, &err), DP_OK, "%s", err.text);
    cr_assert_eq(dp_model_save(&loaded, path, &err), DP_OK, "%s", err.text);
    dp_model_free(&loaded);
    in = fopen(path, "rb");
    cr_assert_not_null(in);
    for (size_t i = 0; i < size; i++) cr_assert_eq(fgetc(in), (unsigned char)bytes[i], "%s is not what was saved", m->name);
    cr_assert(fgetc(in) == EOF && fclose(in) == 0);
    cr_assert_eq(unlink(path), 0);
    return size;
}

/* A file, loaded and saved again, is the same; and so is that of another network of the same name and seed, and of no other. */
Test(gen_random, a_seed_gives_one_file) {
    static char first[MAX_FILE], second[MAX_FILE];
    for (int f = 0; f < GEN_FLAVOURS; f++)
        for (uint64_t seed = 1; seed <= 10; seed++) {
            dp_model m, again, other;
            make(gen_flavours[f].name, seed, &m);
            make(gen_flavours[f].name, seed, &again);
            make(gen_flavours[f].name, seed + 1, &other);
            size_t size = saved(&m, first);
            cr_expect(saved(&again, second) == size && memcmp(first, second, size) == 0, "%s", m.name);
            cr_expect(saved(&other, second) != size || memcmp(first, second, size) != 0, "%s", m.name);
            dp_model_free(&m);
            dp_model_free(&again);
            dp_model_free(&other);
        }
}

static void expect_refused(gen_options o, const char *said) {
    dp_model m;
    dp_error err = {""};
    cr_expect_eq(gen_network(&o, &m, &err), DP_BAD_INPUT);
    cr_expect_not_null(strstr(err.text, said), "\"%s\" does not say \"%s\"", err.text, said);
    cr_expect_null(m.layers);
}

Test(gen_random, refuses_what_it_does_not_know) {
    gen_options o = gen_defaults("random:wide");
    gen_summary summary;
    cr_expect_eq(gen_describe(&o, &summary, NULL), DP_BAD_INPUT);
    for (int i = 0; i < 6; i++) {
        o = gen_defaults("random:wide");
        if (i == 0) o.keep_spatial = 0.5;
        if (i == 1) o.keep_channel = 0;
        if (i == 2) o.mask = GEN_CLUSTERED;
        if (i == 3) o.values = GEN_EXTREME;
        if (i == 4) o.resolution_mask = true;
        if (i == 5) o.group = 8;
        expect_refused(o, "random:wide: masks, groups and values follow from the seed");
    }
    expect_refused(gen_defaults("random:"), "random:: unknown random network, expected one of: random random:computed");
    expect_refused(gen_defaults("random:Wide"), "random:Wide: unknown random network");
    expect_refused(gen_defaults("random:wide:s2"), "unknown random network");
    expect_refused(gen_defaults("randomwide"), "unknown network");
}

/* Numbers below 0 in `count` images. */
static int negatives(const dp_model *m, const char *path, int count) {
    image_set set;
    dp_error err = {""};
    int found = 0;
    cr_assert_eq(input_images(&set, path, m, 5, 0, count, &err), DP_OK, "%s", err.text);
    for (size_t i = 0; i < (size_t)count * set.image_bytes; i++) found += set.pixels[i] < 0;
    image_close(&set);
    return found;
}

Test(gen_random, signed_images_follow_the_network) {
    static const char *const nets[] = {"random:bare", "random:stems", "random"};
    int in_place = 0, free_of_it = 0;
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        dp_model m;
        make(nets[seed % 3], seed, &m);
        bool negative = model_takes_negative(&m);
        cr_expect_eq(negatives(&m, "random", 4), 0);
        cr_expect_eq(negatives(&m, "signed", 16) > 0, negative, "%s", m.name);
        in_place += !negative;
        free_of_it += negative;
        dp_model_free(&m);
    }
    cr_expect(in_place > 10 && free_of_it > 100, "%d work in place, %d do not", in_place, free_of_it);
}

/* The first images of a longer run are those of a shorter one. */
Test(gen_random, a_signed_image_does_not_depend_on_the_count) {
    dp_model m;
    image_set few, many;
    make("random:stems", 3, &m);
    cr_assert_eq(input_images(&few, "signed", &m, 9, 0, 2, NULL), DP_OK);
    cr_assert_eq(input_images(&many, "signed", &m, 9, 0, 7, NULL), DP_OK);
    cr_expect_arr_eq(few.pixels, many.pixels, 2 * few.image_bytes);
    image_close(&few);
    image_close(&many);
    dp_model_free(&m);
}

/* What has a name is compared every night. */
Test(gen_random, the_nightly_draws_every_flavour) {
    static char text[1 << 16];
    FILE *file = fopen("tests/nightly.toml", "r");
    cr_assert_not_null(file);
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    (void)fclose(file);
    for (int f = 0; f < GEN_FLAVOURS; f++) {
        char quoted[64];
        (void)snprintf(quoted, sizeof quoted, "\"%s\"", gen_flavours[f].name);
        cr_expect_not_null(strstr(text, quoted), "%s", quoted);
    }
}
