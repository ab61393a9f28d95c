/* Plans: what does not fit a build is refused by name, and what the commands and places of a network must be. test_plan_runs.c
   executes them. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "golden.h"
#include "plan.h"
#include "plan_maps.h"
#include "plan_support.h"
#include "random_network.h"

enum { MOST_SEEDS = 2000 };

static void make_network(dp_model *m) {
    gen_random_options o = {.stem = RANDOM_ALWAYS, .head = RANDOM_ALWAYS, .max_blocks = 4};
    plan_geometry g = plan_support_geometry(0);
    for (uint64_t seed = 3000; seed < 3000 + MOST_SEEDS; seed++) {
        random_model(m, &o, seed);
        if (plan_support_runs(m, &g, false) && plan_support_masks(m, false) > 0) return;
        dp_model_free(m);
    }
    cr_assert_fail("no network that runs among %d", (int)MOST_SEEDS);
}

static void expect_refused(const dp_model *m, const plan_geometry *g, const char *words) {
    plan p;
    dp_error err = {""};
    cr_expect_eq(plan_create(&p, m, g, (plan_options){.dense = false}, &err), DP_BAD_INPUT, "%s", words);
    cr_expect_not_null(strstr(err.text, words), "'%s' does not say '%s'", err.text, words);
}

Test(plan, refuses_what_does_not_fit) {
    dp_model m;
    make_network(&m);
    plan_geometry g = plan_support_geometry(0);
    g.map_words = 3;
    expect_refused(&m, &g, "this build has 3");
    g = plan_support_geometry(2);
    g.weight_rows = 2;
    expect_refused(&m, &g, "weight rows");
    g = plan_support_geometry(0);
    g.mask_w = 0;
    expect_refused(&m, &g, "a mask of");
    g = plan_support_geometry(0);
    g.prune = false;
    expect_refused(&m, &g, "run it dense");
    g = plan_support_geometry(0);
    g.pi = 12;
    expect_refused(&m, &g, "lanes");
    g = plan_support_geometry(0);
    for (int i = 0; i < m.layer_count; i++) {
        m.layers[i].group = 2048;
        m.layers[i].channel = DP_MASK_GIVEN;
    }
    expect_refused(&m, &g, "groups of 2048 channels, commands name at most 2040");
    dp_model_free(&m);
}

Test(plan, refuses_stems_that_do_not_fit_a_patch) {
    gen_random_options o = {.stem = RANDOM_ALWAYS, .kernel7 = RANDOM_ALWAYS, .max_blocks = 1};
    for (uint64_t seed = 1; seed <= 40; seed++) {
        dp_model m;
        random_model(&m, &o, seed);
        plan_geometry g = plan_support_geometry(1);
        g.patch_bytes = 49 * m.in_c - 1;
        expect_refused(&m, &g, "layer stem: a 7x7 convolution");
        dp_model_free(&m);
    }
}

/* A stem and blocks of the given strides; the first brings a mask, the others reuse it. */
static void make_chain(dp_model *m, const int *strides, int blocks) {
    gen_random_options o = {.stem = RANDOM_ALWAYS,
                            .head = RANDOM_NEVER,
                            .kernel7 = RANDOM_NEVER,
                            .max_pool = RANDOM_NEVER,
                            .max_blocks = 4,
                            .max_size = 12};
    bool found = false;
    for (uint64_t seed = 7000; !found; seed++) {
        cr_assert_lt(seed, 7000 + MOST_SEEDS, "no network of these strides among %d", (int)MOST_SEEDS);
        random_model(m, &o, seed);
        found = m->layer_count == blocks + 1 && m->in_h > 8 && m->layers[1].spatial == DP_MASK_UNIT;
        for (int i = 0; i < blocks && found; i++) found = m->layers[i + 1].stride == strides[i];
        if (!found) dp_model_free(m);
    }
    for (int i = 1; i < blocks; i++) m->layers[i + 1].spatial = DP_MASK_REUSE;
}

Test(plan, refuses_to_pool_a_mask_twice) {
    static const int decided[] = {2, 1, 2}, reused[] = {1, 2, 2};
    plan_geometry g = plan_support_geometry(0);
    dp_model m;
    make_chain(&m, decided, 3);
    expect_refused(&m, &g, "layer b3: stride 2 reuses a mask that b1 has pooled");
    dp_model_free(&m);
    make_chain(&m, reused, 3);
    expect_refused(&m, &g, "layer b3: stride 2 reuses a mask that b2 has pooled");
    plan p;
    dp_error err = {""};
    cr_expect_eq(plan_create(&p, &m, &g, (plan_options){.dense = true}, &err), DP_OK, "dense: %s", err.text);
    plan_free(&p);
    dp_model_free(&m);
}

static uint8_t *find_command(const plan *p, int op, int layer, int stage) {
    for (int i = 0; i < p->commands; i++) {
        uint8_t *c = p->image + p->cmd_addr + (size_t)i * PLAN_COMMAND_BYTES;
        if (c[0] == op && c[1] == layer && (op == PLAN_OP_MASK || c[2] == stage)) return c;
    }
    cr_assert_fail("no command %d of layer %d, stage %d", op, layer, stage);
    return NULL;
}

enum { FLAGS_AT = 4, IN_BUF_AT = 25, OUT_BUF_AT = 26 };

static bool has_flag(const uint8_t *command, plan_flag flag) {
    uint32_t flags;
    memcpy(&flags, command + FLAGS_AT, sizeof flags);
    return (flags & (uint32_t)flag) != 0;
}

/* Two slices at once: where one would leave at least five of nine words idle, and there is a second one. */
static int check_dual(const plan *p) {
    int found = 0;
    for (int i = 0; i < p->convs; i++) {
        const plan_conv *pc = &p->conv[i];
        const plan_geometry *g = &p->geometry;
        const uint8_t *c = find_command(p, PLAN_OP_CONV, pc->layer, pc->stage);
        int kernel = pc->conv != NULL ? pc->conv->kernel : 1, bytes = pc->cin;
        if (has_flag(c, PLAN_PATCHES)) bytes *= kernel * kernel;
        bool one_cycle = kernel == 1 || has_flag(c, PLAN_PATCHES), head = pc->stage == PLAN_STAGE_HEAD;
        bool dual = g->parallel && one_cycle && !head && bytes <= 4 * g->pi && pc->cout > g->po;
        cr_expect_eq(has_flag(c, PLAN_DUAL), dual, "%s of %s", pc->name, p->model->name);
        cr_expect_eq(pc->lanes, dual ? 2 * g->po : g->po, "%s of %s", pc->name, p->model->name);
        cr_expect_eq(pc->slices, (pc->cout + pc->lanes - 1) / pc->lanes, "%s of %s", pc->name, p->model->name);
        found += dual;
    }
    return found;
}

Test(plan, computes_two_slices_at_once_where_they_fit) {
    gen_random_options o = {.stem = RANDOM_ALWAYS, .head = RANDOM_ALWAYS, .bottleneck = RANDOM_ALWAYS, .max_channels = 120};
    int found[4] = {0};
    for (uint64_t seed = 1; seed <= 80; seed++) {
        dp_model m;
        plan p;
        dp_error err = {""};
        random_model(&m, &o, seed);
        plan_geometry g = plan_support_geometry((unsigned)seed);
        if (plan_create(&p, &m, &g, (plan_options){.dense = false}, &err) == DP_OK) {
            found[seed % 4] += check_dual(&p);
            plan_free(&p);
        }
        dp_model_free(&m);
    }
    cr_expect(found[0] > 10 && found[1] > 10 && found[2] == 0 && found[3] == 0, "%d %d %d %d", found[0], found[1], found[2],
              found[3]);
}

/* Decided at stride 1, reused at stride 2 and behind it: one pair, pooled at once, given back by the last block. */
Test(plan, shares_a_pair_of_mask_buffers) {
    static const int strides[] = {1, 1, 2, 1}, in[] = {0, 0, 0, 1}, out[] = {0, 0, 1, 1};
    dp_model m;
    plan p;
    dp_error err = {""};
    make_chain(&m, strides, 4);
    plan_geometry g = plan_support_geometry(0);
    cr_assert_eq(plan_create(&p, &m, &g, (plan_options){.dense = false}, &err), DP_OK, "%s", err.text);
    const uint8_t *mask = find_command(&p, PLAN_OP_MASK, 1, 0);
    cr_expect(has_flag(mask, PLAN_POOLED) && mask[IN_BUF_AT] == 0 && mask[OUT_BUF_AT] == 1);
    for (int i = 0; i < 4; i++) {
        const dp_layer *l = &m.layers[i + 1];
        bool bottleneck = l->kind == DP_BOTTLENECK;
        for (int k = 0; k < l->convs; k++) {
            const uint8_t *c = find_command(&p, PLAN_OP_CONV, i + 1, (int)l->conv[k].role);
            bool at_input = bottleneck && l->conv[k].role == DP_CONV1;
            cr_expect_eq(c[OUT_BUF_AT], at_input ? in[i] : out[i], "%s", l->conv[k].name);
            if (l->conv[k].role == DP_CONV1) cr_expect_eq(c[IN_BUF_AT], in[i], "%s", l->conv[k].name);
            cr_expect_eq(has_flag(c, PLAN_MASK_RELEASE), i == 3 && k == l->convs - 1, "%s", l->conv[k].name);
            cr_expect_eq(has_flag(c, PLAN_MASK_WAIT), i == 0 && l->conv[k].role == (l->has_shortcut ? DP_SHORTCUT : DP_CONV1),
                         "%s", l->conv[k].name);
        }
    }
    plan_free(&p);
    dp_model_free(&m);
}

Test(plan, needs_no_pruning_logic_when_dense) {
    dp_model m;
    plan p;
    dp_error err = {""};
    make_network(&m);
    plan_geometry g = plan_support_geometry(1);
    g.prune = false;
    cr_assert_eq(plan_create(&p, &m, &g, (plan_options){.dense = true}, &err), DP_OK, "%s", err.text);
    for (int i = 0; i < p.commands; i++) {
        int op = p.image[p.cmd_addr + (size_t)i * PLAN_COMMAND_BYTES];
        cr_expect(op != PLAN_OP_MASK && op != PLAN_OP_GROUPS);
    }
    plan_free(&p);
    dp_model_free(&m);
}

Test(plan, places_slots_behind_what_is_read_only) {
    dp_model m;
    plan p;
    dp_error err = {""};
    make_network(&m);
    plan_geometry g = plan_support_geometry(1);
    cr_assert_eq(plan_create(&p, &m, &g, (plan_options){.dense = false}, &err), DP_OK, "%s", err.text);
    cr_expect_geq(p.image_addr, p.size);
    cr_expect_geq(p.image_stride, p.image_bytes + PLAN_BEAT);
    cr_expect_geq(p.logits_addr, p.image_addr + PLAN_SLOTS * p.image_stride);
    cr_expect_geq(p.memory_bytes, p.logits_addr + PLAN_SLOTS * p.logits_stride);
    cr_expect_eq(p.queue, PLAN_SLOTS);
    cr_expect_eq(p.cmd_addr % 4096 + p.image_addr % 4096 + p.logits_addr % 4096, 0);
    plan_free(&p);
    dp_model_free(&m);
}

static int place(plan_maps *maps, int words, plan_map *map) {
    cr_assert(plan_maps_take(maps, 3, 3, words, map));
    return map->base;
}

/* In the first gap that is wide enough; the maps after it stay known. */
Test(plan, places_maps_where_they_fit_first) {
    plan_maps maps = {.capacity = 14};
    plan_map map[6], more;
    cr_expect_eq(place(&maps, 4, &map[0]), 0);
    cr_expect_eq(place(&maps, 2, &map[1]), 4);
    cr_expect_eq(place(&maps, 3, &map[2]), 6);
    plan_maps_free(&maps, &map[0]);
    cr_expect_eq(place(&maps, 1, &map[3]), 0);
    cr_expect_eq(place(&maps, 1, &map[4]), 1);
    cr_expect_eq(place(&maps, 5, &map[5]), 9);
    cr_expect_eq(place(&maps, 2, &more), 2);
    cr_expect_eq(maps.used, 14);
    cr_expect_not(plan_maps_take(&maps, 3, 3, 1, &more));
}

Test(plan, commands_hold_addresses_of_40_bits) {
    uint8_t bytes[PLAN_COMMAND_BYTES];
    plan_encode(&(plan_command){.weight_addr = 0x3400000000, .aux_addr = 0x1300000000}, bytes);
    cr_expect_eq(bytes[PLAN_AT_WEIGHT_HIGH], 0x34);
    cr_expect_eq(bytes[PLAN_AT_AUX_HIGH], 0x13);
}

/* As the memory for maps grows, the stem's own map is refused at some size: by its name. */
Test(plan, names_the_stem_whose_map_does_not_fit) {
    dp_model m;
    plan p;
    char words[100];
    bool named = false;
    dp_status status = DP_BAD_INPUT;
    make_network(&m);
    (void)snprintf(words, sizeof words, ": %s: a map of", m.layers[0].conv[0].name);
    plan_geometry g = plan_support_geometry(0);
    for (g.map_words = 1; status == DP_BAD_INPUT && g.map_words < 4096; g.map_words++) {
        dp_error err = {""};
        status = plan_create(&p, &m, &g, (plan_options){.dense = false}, &err);
        named |= strstr(err.text, words) != NULL;
    }
    cr_assert_eq(status, DP_OK);
    cr_expect(named, "no '%s'", words);
    plan_free(&p);
    dp_model_free(&m);
}

/* Chains only where without them it does not fit. */
Test(plan, without_a_choice_is_without_chains) {
    dp_model m;
    plan p;
    dp_error err = {""};
    make_network(&m);
    plan_geometry g = plan_support_geometry(0);
    cr_assert_eq(plan_create(&p, &m, &g, (plan_options){.schedule = PLAN_CHAINS}, &err), DP_OK, "%s", err.text);
    cr_assert_gt(p.chains, 0, "no block of %s can be a chain", m.name);
    plan_free(&p);
    cr_assert_eq(plan_create(&p, &m, &g, (plan_options){.schedule = PLAN_AUTO}, &err), DP_OK, "%s", err.text);
    cr_expect_eq(p.chains, 0);
    plan_free(&p);
    dp_model_free(&m);
}
