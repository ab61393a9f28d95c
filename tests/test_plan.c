/* Plans of random networks, executed by an interpreter that knows only the memory images and commands: every convolution, mask,
   score and logit as golden says. And what does not fit a build is refused by name. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "golden.h"
#include "plan.h"
#include "plan_support.h"
#include "random_model.h"

typedef struct {
    const plan *p;
    const golden_run *run;
    const interpreter *t;
    int convs, pools, masks, logits;
} checker;

static int real_channel(const golden_layer *g, bool grouped, int packed) {
    if (!grouped) return packed;
    int group = g->layer->group, nth = packed / group;
    for (int i = 0; i < g->layer->groups; i++)
        if (g->group_keep[i] != 0 && nth-- == 0) return i * group + packed % group;
    cr_assert_fail("packed channel %d of %s", packed, g->layer->name);
    return 0;
}

static const golden_conv *find_conv(const golden_layer *g, int role) {
    for (int k = 0; k < g->layer->convs; k++)
        if ((int)g->layer->conv[k].role == role) return &g->conv[k];
    cr_assert_fail("%s has no convolution of role %d", g->layer->name, role);
    return NULL;
}

static void check_tile(checker *k, const dut_out *o) {
    const golden_layer *g = &k->run->layers[o->conv_layer];
    const golden_conv *c = find_conv(g, o->conv_stage);
    int at = o->conv_y * c->conv->out_w + o->conv_x;
    cr_assert(c->out_keep == NULL || c->out_keep[at] != 0, "%s: pruned position", c->conv->name);
    int lanes = plan_find(k->p, o->conv_layer, o->conv_stage)->lanes;
    for (int lane = 0; lane < lanes; lane++) {
        int packed = o->conv_slice * lanes + lane;
        if (packed >= c->cout_kept) break;
        size_t i = (size_t)at * (size_t)c->conv->cout + (size_t)real_channel(g, c->out_grouped, packed);
        cr_assert_eq(o->conv_acc[lane], c->acc[i], "%s %s y=%d x=%d k=%d: acc %d, want %d", k->p->model->name, c->conv->name,
                     o->conv_y, o->conv_x, packed, o->conv_acc[lane], c->acc[i]);
        cr_assert_eq(o->conv_data[lane], c->y[i], "%s %s y=%d x=%d k=%d: %d, want %d", k->p->model->name, c->conv->name,
                     o->conv_y, o->conv_x, packed, o->conv_data[lane], c->y[i]);
    }
}

static void check_pool(checker *k, const dut_out *o) {
    const dp_layer *l = k->run->layers[o->pool_layer].layer;
    const plan_conv *pc = plan_find(k->p, o->pool_layer, DP_CONV1);
    const int8_t *want = k->run->layers[o->pool_layer].out + (o->pool_y * l->out_w + o->pool_x) * l->out;
    for (int lane = 0, c = o->pool_slice * pc->lanes; lane < pc->lanes && c < l->out; lane++, c++)
        cr_assert_eq(o->pool_data[lane], want[c], "%s %s pooled y=%d x=%d c=%d", k->p->model->name, l->name, o->pool_y, o->pool_x,
                     c);
    k->pools++;
}

/* A block's whole output, with the positions that it did not touch. */
static void check_map(const checker *k, const golden_layer *g) {
    const dp_layer *l = g->layer;
    for (int y = 0; y < l->out_h; y++)
        for (int x = 0; x < l->out_w; x++)
            for (int c = 0; c < l->out; c++) {
                int got = interpreter_read(k->t, &k->t->dst, y, x, c);
                int want = g->out[(size_t)(y * l->out_w + x) * (size_t)l->out + (size_t)c];
                cr_assert_eq(got, want, "%s %s y=%d x=%d c=%d: %d in the map, want %d", k->p->model->name, l->name, y, x, c, got,
                             want);
            }
}

static void check_done(checker *k, const dut_out *o) {
    const golden_layer *g = &k->run->layers[o->done_layer];
    const plan_conv *pc = &k->p->conv[k->convs++];
    cr_assert(pc->layer == o->done_layer && pc->stage == o->done_stage);
    if (o->done_stage == PLAN_STAGE_HEAD) {
        cr_assert_eq(o->done_macs, (uint64_t)(g->layer->in_h * g->layer->in_w * g->layer->in * g->layer->out));
        return;
    }
    const golden_conv *c = find_conv(g, o->done_stage);
    cr_assert_eq(pc->cin, c->cin_kept);
    cr_assert_eq(pc->cout, c->cout_kept);
    if (c == &g->conv[g->layer->convs - 1]) check_map(k, g);
    uint64_t macs = k->t->parallel ? c->macs_parallel : c->macs_serial;
    cr_assert_eq(o->done_macs, macs, "%s %s: %llu MACs, want %llu", k->p->model->name, c->conv->name,
                 (unsigned long long)o->done_macs, (unsigned long long)macs);
}

static void check_fetch(const checker *k, const dut_out *o) {
    const plan_conv *c = plan_find(k->p, o->fetch_layer, o->fetch_stage);
    cr_assert_not_null(c);
    cr_assert_eq(o->fetch_weights, c->weight_beats, "%s", c->name);
    cr_assert_eq(o->fetch_other, c->other_beats, "%s", c->name);
}

static void check_record(void *context, const dut_out *o) {
    checker *k = context;
    const golden_layer *layers = k->run->layers;
    if (o->conv_valid) check_tile(k, o);
    if (o->pool_valid) check_pool(k, o);
    if (o->done_valid) check_done(k, o);
    if (o->fetch_valid) check_fetch(k, o);
    if (o->mask_valid) {
        const golden_layer *g = &layers[o->mask_layer];
        k->masks++;
        cr_assert_eq(o->mask_keep, g->min[o->mask_y * g->layer->in_w + o->mask_x] != 0);
    }
    if (o->score_valid) cr_assert_eq(o->score_data, layers[o->score_layer + 1].score[o->score_group]);
    for (int g = 0; o->groups_valid && g < layers[o->groups_layer + 1].layer->groups; g++)
        cr_assert_eq(o->groups_keep >> g & 1, layers[o->groups_layer + 1].group_keep[g]);
    if (o->logit_valid) k->logits++;
}

static int masks_computed(const dp_model *m, bool dense) {
    int count = 0;
    for (int i = 0; i < m->layer_count; i++)
        if (!dense && m->layers[i].kind != DP_STEM && m->layers[i].kind != DP_HEAD && m->layers[i].spatial == DP_MASK_UNIT)
            count += m->layers[i].in_h * m->layers[i].in_w;
    return count;
}

static void run_image(const dp_model *m, const plan *p, const int8_t *image) {
    dp_error err = {""};
    golden_run run;
    interpreter t;
    cr_assert_eq(golden_create(&run, m, (golden_options){.dense = p->dense}, &err), DP_OK, "%s", err.text);
    golden_compute(&run, image);
    plan_support_interpreter(&t, p, image);
    checker k = {.p = p, .run = &run, .t = &t};
    t.emit = check_record;
    t.context = &k;
    cr_assert(interpreter_run(&t), "%s: %s", m->name, t.error);
    cr_assert_eq(k.convs, p->convs);
    cr_assert_eq(k.masks, masks_computed(m, p->dense));
    const dp_layer *stem = &m->layers[0];
    cr_assert_eq(k.pools, stem->max_pool ? stem->out_h * stem->out_w * p->conv[0].slices : 0);
    if (m->classes > 0) cr_assert_eq(memcmp(t.memory + p->logits_addr, run.logits, p->logits_bytes), 0, "%s: logits", m->name);
    plan_support_free(&t);
    golden_free(&run);
}

/* Returns whether the network could be run at all. */
static bool try_scheduled(const random_model_options *o, uint64_t seed, plan_options options, int *chains) {
    dp_model m;
    plan p;
    dp_error err = {""};
    random_model(&m, o, seed);
    plan_geometry g = plan_support_geometry((unsigned)seed);
    bool runs = plan_support_runs(&m, &g, options.dense);
    dp_status status = plan_create(&p, &m, &g, options, &err);
    cr_assert_eq(status, runs ? DP_OK : DP_BAD_INPUT, "%s: %d %s", m.name, status, err.text);
    if (runs) {
        int8_t *image = random_image(&m, seed);
        /* a block that works in the image's own place leaves pruned positions as they are: they must be what a ReLU leaves */
        for (int i = 0; m.layers[0].kind != DP_STEM && i < m.in_h * m.in_w * m.in_c; i++) image[i] &= 0x7f;
        run_image(&m, &p, image);
        *chains += p.chains;
        free(image);
        plan_free(&p);
    }
    dp_model_free(&m);
    return runs;
}

static bool try_network(const random_model_options *o, uint64_t seed, bool dense) {
    int chains = 0;
    bool runs = try_scheduled(o, seed, (plan_options){.dense = dense}, &chains);
    cr_assert_eq(chains, 0);
    return runs;
}

Test(plan, runs_chains) {
    int chains = 0;
    random_model_options o = {.max_blocks = 5};
    for (uint64_t seed = 1; seed <= 300; seed++)
        (void)try_scheduled(&o, seed, (plan_options){.dense = seed % 3 == 0, .schedule = PLAN_CHAINS}, &chains);
    cr_expect_gt(chains, 200, "only %d chains", chains);
}

Test(plan, runs_random_networks_as_golden_does) {
    int ran = 0;
    random_model_options o = {.stem = RANDOM_ALWAYS, .max_blocks = 5};
    for (uint64_t seed = 1; seed <= 400; seed++) ran += try_network(&o, seed, false);
    cr_expect_gt(ran, 150, "only %d networks fit", ran);
}

/* Every stem that a build takes. */
Test(plan, runs_stems_of_every_kind) {
    int ran[4][STEM_KINDS] = {{0}};
    random_model_options o = {.stem = RANDOM_ALWAYS, .max_blocks = 1, .max_size = 15};
    for (uint64_t seed = 9001; seed <= 10200; seed++) {
        dp_model m;
        random_model(&m, &o, seed);
        int kind = plan_support_stem(&m);
        dp_model_free(&m);
        if (try_network(&o, seed, seed % 7 == 0)) ran[seed % 4][kind]++;
    }
    for (unsigned i = 0; i < 4 * STEM_KINDS; i++) {
        plan_geometry g = plan_support_geometry(i / STEM_KINDS);
        int count = ran[i / STEM_KINDS][i % STEM_KINDS];
        cr_expect_eq(count > 0, plan_support_stem_runs((int)i % STEM_KINDS, &g), "geometry %u, stem %u: %d ran", i / STEM_KINDS,
                     i % STEM_KINDS, count);
    }
}

/* Masks that several blocks use, in every way. */
Test(plan, runs_networks_that_share_masks) {
    int ran[REUSE_WAYS] = {0};
    random_model_options o = {.stem = RANDOM_ALWAYS, .max_blocks = 7, .max_channels = 16, .max_size = 13, .reuse = RANDOM_ALWAYS};
    for (uint64_t seed = 6001; seed <= 6500; seed++) {
        dp_model m;
        random_model(&m, &o, seed);
        unsigned ways = plan_support_reuse(&m);
        dp_model_free(&m);
        if (try_network(&o, seed, false))
            for (int i = 0; i < REUSE_WAYS; i++) ran[i] += (int)(ways >> i & 1);
    }
    for (int i = 0; i < REUSE_WAYS; i++) cr_expect_geq(ran[i], 5, "way %d of reuse ran %d times", i, ran[i]);
}

Test(plan, runs_dense) {
    random_model_options o = {.stem = RANDOM_ALWAYS};
    for (uint64_t seed = 1001; seed <= 1060; seed++) (void)try_network(&o, seed, true);
}

Test(plan, runs_networks_that_start_with_a_block) {
    int ran = 0;
    random_model_options o = {.stem = RANDOM_NEVER};
    for (uint64_t seed = 2001; seed <= 2300; seed++) ran += try_network(&o, seed, false);
    cr_expect_gt(ran, 40, "only %d networks fit", ran);
}

static void make_network(dp_model *m) {
    random_model_options o = {.stem = RANDOM_ALWAYS, .head = RANDOM_ALWAYS, .max_blocks = 4};
    uint64_t seed = 3000;
    plan_geometry g = plan_support_geometry(0);
    for (;; seed++) {
        random_model(m, &o, seed);
        if (plan_support_runs(m, &g, false) && masks_computed(m, false) > 0) return;
        dp_model_free(m);
    }
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
    dp_model_free(&m);
}

Test(plan, refuses_stems_that_do_not_fit_a_patch) {
    random_model_options o = {.stem = RANDOM_ALWAYS, .kernel7 = RANDOM_ALWAYS, .max_blocks = 1};
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
    random_model_options o = {.stem = RANDOM_ALWAYS,
                              .head = RANDOM_NEVER,
                              .kernel7 = RANDOM_NEVER,
                              .max_pool = RANDOM_NEVER,
                              .max_blocks = 4,
                              .max_size = 12};
    for (uint64_t seed = 7000;; seed++) {
        random_model(m, &o, seed);
        bool found = m->layer_count == blocks + 1 && m->in_h > 8 && m->layers[1].spatial == DP_MASK_UNIT;
        for (int i = 0; i < blocks && found; i++) found = m->layers[i + 1].stride == strides[i];
        if (found) break;
        dp_model_free(m);
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
    random_model_options o = {.stem = RANDOM_ALWAYS, .head = RANDOM_ALWAYS, .bottleneck = RANDOM_ALWAYS, .max_channels = 120};
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
            const uint8_t *c = find_command(&p, PLAN_OP_CONV, i + 1, l->conv[k].role);
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
