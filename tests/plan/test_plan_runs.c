/* Plans of random networks, executed by an interpreter that knows only the memory images and commands: every convolution, mask,
   score and logit as golden says. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "golden.h"
#include "plan.h"
#include "plan_support.h"
#include "random_network.h"

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
    cr_assert_eq(k.masks, plan_support_masks(m, p->dense));
    const dp_layer *stem = &m->layers[0];
    cr_assert_eq(k.pools, stem->max_pool ? stem->out_h * stem->out_w * p->conv[0].slices : 0);
    if (m->classes > 0) cr_assert_eq(memcmp(t.memory + p->logits_addr, run.logits, p->logits_bytes), 0, "%s: logits", m->name);
    plan_support_free(&t);
    golden_free(&run);
}

/* Returns whether the network could be run at all. */
static bool try_scheduled(const gen_random_options *o, uint64_t seed, plan_options options, int *chains) {
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

static bool try_network(const gen_random_options *o, uint64_t seed, bool dense) {
    int chains = 0;
    bool runs = try_scheduled(o, seed, (plan_options){.dense = dense}, &chains);
    cr_assert_eq(chains, 0);
    return runs;
}

Test(plan_runs, runs_chains) {
    int chains = 0;
    gen_random_options o = {.max_blocks = 5};
    for (uint64_t seed = 1; seed <= 300; seed++)
        (void)try_scheduled(&o, seed, (plan_options){.dense = seed % 3 == 0, .schedule = PLAN_CHAINS}, &chains);
    cr_expect_gt(chains, 200, "only %d chains", chains);
}

Test(plan_runs, runs_random_networks_as_golden_does) {
    int ran = 0;
    gen_random_options o = {.stem = RANDOM_ALWAYS, .max_blocks = 5};
    for (uint64_t seed = 1; seed <= 400; seed++) ran += try_network(&o, seed, false);
    cr_expect_gt(ran, 150, "only %d networks fit", ran);
}

/* Every stem that a build takes. */
Test(plan_runs, runs_stems_of_every_kind) {
    int ran[4][STEM_KINDS] = {{0}};
    gen_random_options o = {.stem = RANDOM_ALWAYS, .max_blocks = 1, .max_size = 15};
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
Test(plan_runs, runs_networks_that_share_masks) {
    int ran[REUSE_WAYS] = {0};
    gen_random_options o = {.stem = RANDOM_ALWAYS, .max_blocks = 7, .max_channels = 16, .max_size = 13, .reuse = RANDOM_ALWAYS};
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

Test(plan_runs, runs_dense) {
    gen_random_options o = {.stem = RANDOM_ALWAYS};
    for (uint64_t seed = 1001; seed <= 1060; seed++) (void)try_network(&o, seed, true);
}

Test(plan_runs, runs_networks_that_start_with_a_block) {
    int ran = 0;
    gen_random_options o = {.stem = RANDOM_NEVER};
    for (uint64_t seed = 2001; seed <= 2300; seed++) ran += try_network(&o, seed, false);
    cr_expect_gt(ran, 40, "only %d networks fit", ran);
}

/* A line buffer of three rows before a 3x3 convolution: the interpreter sees that rows are lost. */
Test(plan_runs, sees_a_short_line_buffer) {
    enum { SRC_RING_AT = 8, DST_RING_AT = 9 };
    gen_random_options o = {.stem = RANDOM_ALWAYS, .max_blocks = 3, .max_size = 19, .masks = RANDOM_NEVER};
    int seen = 0;
    for (uint64_t seed = 1; seed <= 40; seed++) {
        dp_model m;
        plan p;
        dp_error err = {""};
        interpreter t;
        random_model(&m, &o, seed);
        plan_geometry g = plan_support_geometry(0);
        if (plan_support_runs(&m, &g, false) && plan_create(&p, &m, &g, (plan_options){.schedule = PLAN_CHAINS}, &err) == DP_OK) {
            bool shortened = false;
            int8_t *image = random_image(&m, seed);
            for (int i = 0; i < p.commands; i++) {
                uint8_t *command = p.image + p.cmd_addr + i * PLAN_COMMAND_BYTES;
                if (p.command[i].dst.ring == 2) command[DST_RING_AT] = 1, shortened = true;
                if (p.command[i].src.ring == 2) command[SRC_RING_AT] = 1;
            }
            plan_support_interpreter(&t, &p, image);
            cr_assert_eq(interpreter_run(&t), !shortened, "%s: %s", m.name, t.error);
            if (shortened) cr_assert_not_null(strstr(t.error, "too short a line buffer"), "%s: %s", m.name, t.error);
            seen += shortened;
            plan_support_free(&t);
            free(image);
            plan_free(&p);
        }
        dp_model_free(&m);
    }
    cr_expect_gt(seen, 5, "only %d networks have such a buffer", seen);
}
