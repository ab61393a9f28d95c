/* See e2e.h. */
#include "e2e.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "build_choice.h"
#include "plan_support.h"
#include "rng.h"

enum { HANG_CYCLES = 4000, NETWORK_LAYERS = 5 };

const dut_api *e2e_load(const char *build) {
    const dut_api *api = NULL;
    dp_error err = {""};
    dp_status status = dut_load(build, &api, &err);
    if (!dut_exists(build)) cr_skip_test("build/dut/%s.so is not there", build);
    cr_assert_eq(status, DP_OK, "%s", err.text);
    return api;
}

void e2e_random_images(image_set *images, const dp_model *m, int count, uint64_t seed, bool not_negative) {
    size_t bytes = (size_t)m->in_h * (size_t)m->in_w * (size_t)m->in_c;
    *images = (image_set){.count = count, .image_bytes = bytes, .pixels = malloc(bytes * (size_t)count)};
    cr_assert_not_null(images->pixels);
    for (int i = 0; i < count; i++) {
        int8_t *image = random_image(m, seed * E2E_IMAGES + (uint64_t)i), *to = images->pixels + (size_t)i * bytes;
        for (size_t k = 0; k < bytes; k++) to[k] = not_negative ? (int8_t)(image[k] & 0x7f) : image[k];
        free(image);
    }
}

bool e2e_fits(const dp_model *m, const dut_api *api, plan_options options, e2e_fit *fit) {
    plan p;
    dp_error err;
    plan_geometry geometry = build_geometry(&api->geometry);
    if (!plan_support_runs(m, &geometry, options.dense) || plan_create(&p, m, &geometry, options, &err) != DP_OK) return false;
    *fit = (e2e_fit){.not_negative = p.image_not_negative, .chains = p.chains};
    plan_free(&p);
    return true;
}

static uint64_t mix(uint64_t x) {
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
    x = (x ^ x >> 27) * 0x94d049bb133111ebu;
    return x ^ x >> 31;
}

static uint64_t digest(uint64_t kind, uint64_t layer, uint64_t place, uint64_t k, uint64_t value) {
    return mix(mix(mix(kind << 48 | layer << 40 | place << 16 | k) + 1) ^ value);
}

typedef struct {
    const dp_model *model;
    int po;
    plan plan;
    uint64_t logit_records;
    e2e_outcome *out;
} watcher;

/* Lanes of zeros count nothing: those beyond the last channel are. */
static void watch_conv(e2e_outcome *to, const dut_out *o, const plan_conv *pc) {
    uint64_t place = (uint64_t)o->conv_y << 8 | o->conv_x, stage = o->conv_stage;
    for (int lane = 0; pc != NULL && lane < pc->lanes; lane++) {
        uint64_t value = (uint64_t)(uint32_t)o->conv_acc[lane] << 8 | (uint8_t)o->conv_data[lane];
        if (value != 0) to->tiles += digest(stage, o->conv_layer, place, (uint64_t)(o->conv_slice * pc->lanes + lane), value);
    }
}

static void watch_pool(e2e_outcome *to, const dut_out *o, const plan_conv *pc) {
    uint64_t place = (uint64_t)o->pool_y << 8 | o->pool_x;
    for (int lane = 0; pc != NULL && lane < pc->lanes; lane++) {
        uint64_t value = (uint8_t)o->pool_data[lane];
        if (value != 0) to->tiles += digest(7, o->pool_layer, place, (uint64_t)(o->pool_slice * pc->lanes + lane), value);
    }
}

static void watch_logits(watcher *w, const dut_out *o) {
    int slices = (w->model->classes + w->po - 1) / w->po;
    uint64_t image = w->logit_records++ / (uint64_t)slices;
    for (int lane = 0; lane < w->po && image < E2E_IMAGES; lane++) {
        int k = o->logit_slice * w->po + lane;
        if (k < w->model->classes && k < E2E_CLASSES) w->out->logits[image][k] = o->logit_data[lane];
    }
    w->out->logit_images = (int)(w->logit_records / (uint64_t)slices);
}

static void watch(void *context, const dut_out *o) {
    watcher *w = context;
    e2e_outcome *to = w->out;
    if (o->conv_valid) watch_conv(to, o, plan_find(&w->plan, o->conv_layer, o->conv_stage));
    if (o->pool_valid) watch_pool(to, o, plan_find(&w->plan, o->pool_layer, DP_CONV1));
    if (o->mask_valid) to->masks += digest(8, o->mask_layer, (uint64_t)o->mask_y << 8 | o->mask_x, 0, o->mask_keep);
    if (o->score_valid) to->masks += digest(9, o->score_layer, 0, o->score_group, (uint64_t)o->score_data);
    if (o->groups_valid) to->masks += digest(10, o->groups_layer, 0, 0, o->groups_keep);
    if (o->logit_valid) watch_logits(w, o);
}

void e2e_run(const dut_api *api, const dp_model *m, const image_set *images, const e2e_settings *settings, e2e_outcome *out) {
    sim_options o = sim_defaults(api);
    watcher w = {.model = m, .po = api->geometry.po, .out = out};
    sim_failure failure;
    results r;
    dp_error err = {""};
    *out = (e2e_outcome){.status = DP_OK};
    o.plan = settings->plan;
    o.first = settings->first;
    o.count = settings->count > 0 ? settings->count : 1;
    o.bench.seed = o.bench.memory.seed = settings->seed + 1;
    o.bench.memory.stall = settings->stall;
    o.bench.memory.disorder = settings->stall;
    if (settings->latency > 0) o.bench.memory.latency = settings->latency;
    o.bench.memory.base = settings->base;
    o.bench.hang_cycles = HANG_CYCLES;
    o.fault = settings->fault;
    o.strict = api->geometry.ports == 0; /* the model knows one port */
    o.watch = watch;
    o.watch_context = &w;
    plan_geometry geometry = build_geometry(&api->geometry);
    cr_assert_eq(plan_create(&w.plan, m, &geometry, settings->plan, &err), DP_OK, "%s", err.text);
    out->status = sim_run(m, images, &o, &r, &failure, &err);
    memcpy(out->text, err.text, sizeof out->text);
    out->checked = r.tiles_checked;
    out->failures = r.failures;
    out->cycles = r.cycles;
    out->macs = r.total.limit.macs;
    results_free(&r);
    plan_free(&w.plan);
}

static uint64_t divide_up(int n, int unit) { return (uint64_t)((n + unit - 1) / unit); }

static uint64_t layer_tiles(const golden_layer *g, const plan *p, int layer, bool dense) {
    const dp_layer *l = g->layer;
    uint64_t tiles = 0;
    if (l->kind == DP_HEAD) return divide_up(l->out, p->geometry.po);
    for (int k = 0; k < l->convs; k++) {
        const plan_conv *pc = plan_find(p, layer, (int)l->conv[k].role);
        tiles += (uint64_t)g->conv[k].positions_kept * (uint64_t)pc->slices;
        if (l->max_pool) tiles += (uint64_t)(l->out_h * l->out_w) * (uint64_t)pc->slices;
    }
    if (l->kind == DP_STEM || dense) return tiles;
    if (l->spatial == DP_MASK_UNIT) tiles += (uint64_t)(l->in_h * l->in_w);
    if (l->channel == DP_MASK_UNIT) tiles += (uint64_t)l->groups + 1; /* scores, and the groups that they choose */
    return tiles;
}

uint64_t e2e_tiles(const dut_api *api, const dp_model *m, const image_set *images, const e2e_settings *settings) {
    golden_run run;
    dp_error err = {""};
    uint64_t tiles = 0;
    plan p;
    plan_geometry geometry = build_geometry(&api->geometry);
    cr_assert_eq(plan_create(&p, m, &geometry, settings->plan, &err), DP_OK, "%s", err.text);
    int8_t *image = malloc(images->image_bytes);
    cr_assert_not_null(image);
    cr_assert_eq(golden_create(&run, m, (golden_options){.dense = settings->plan.dense}, &err), DP_OK, "%s", err.text);
    for (int i = 0; i < (settings->count > 0 ? settings->count : 1); i++) {
        image_get(images, settings->first + i, image);
        golden_compute(&run, image);
        for (int l = 0; l < m->layer_count; l++) tiles += layer_tiles(&run.layers[l], &p, l, settings->plan.dense);
    }
    golden_free(&run);
    plan_free(&p);
    free(image);
    return tiles;
}

void e2e_expect_equal(const dut_api *api, const dp_model *m, const image_set *images, const e2e_settings *settings,
                      e2e_outcome *out, const char *what) {
    e2e_run(api, m, images, settings, out);
    cr_assert_eq(out->status, DP_OK, "%s, %s on %s, stall %d, latency %d, seed %d: %s", what, m->name, api->geometry.name,
                 settings->stall, settings->latency, (int)settings->seed, out->text);
    cr_assert_eq(out->failures, 0, "%s, %s on %s", what, m->name, api->geometry.name);
    uint64_t want = e2e_tiles(api, m, images, settings);
    cr_assert_eq(out->checked, want, "%s, %s on %s: %llu tiles, the masks leave %llu", what, m->name, api->geometry.name,
                 (unsigned long long)out->checked, (unsigned long long)want);
}

int e2e_groups(const dp_model *m) {
    int least = DP_MAX_GROUPS;
    for (int i = 0; i < m->layer_count; i++)
        if (dp_is_block(&m->layers[i]) && m->layers[i].groups < least) least = m->layers[i].groups;
    return least;
}

static bool is_suitable(const dp_model *m) {
    bool strided = false;
    if (m->layer_count != NETWORK_LAYERS || m->in_h < 9 || m->in_h % 2 == 0 || m->in_w < 8 || m->layers[0].conv[0].kernel != 3 ||
        m->layers[0].max_pool || e2e_groups(m) < 3)
        return false;
    for (int i = 1; i < m->layer_count; i++) strided = strided || m->layers[i].stride == 2;
    return strided && m->layers[1].in_h > 8 && m->layers[m->layer_count - 2].stride == 1;
}

enum { MOST_SEEDS = 20000 };

void e2e_network(dp_model *m, bool bottleneck) {
    gen_random_options o = {.max_size = 13,
                            .max_channels = 40,
                            .group = 8,
                            .stem = RANDOM_ALWAYS,
                            .head = RANDOM_ALWAYS,
                            .bottleneck = bottleneck ? RANDOM_ALWAYS : RANDOM_NEVER,
                            .masks = RANDOM_NEVER};
    for (uint64_t seed = 2000; seed < 2000 + MOST_SEEDS; seed++) {
        random_model(m, &o, seed);
        if (is_suitable(m)) return;
        dp_model_free(m);
    }
    cr_assert_fail("no suitable network among %d", (int)MOST_SEEDS);
}

void e2e_give_masks(dp_model *m, e2e_masks *masks, e2e_position *keep, int groups) {
    for (int i = 0, b = 0; i < m->layer_count; i++) {
        dp_layer *l = &m->layers[i];
        if (!dp_is_block(l)) continue;
        for (int at = 0; at < l->in_h * l->in_w; at++) masks->spatial[b][at] = keep(at / l->in_w, at % l->in_w, l->in_h, l->in_w);
        for (int g = 0; g < l->groups; g++) masks->channel[b][g] = g < groups;
        l->spatial = DP_MASK_GIVEN;
        l->spatial_given = masks->spatial[b];
        l->channel = groups > 0 ? DP_MASK_GIVEN : DP_MASK_NONE;
        l->channel_given = masks->channel[b++];
        l->keep = groups > 0 && groups < l->groups ? groups : l->groups;
    }
}

void e2e_compute_masks(dp_model *m, e2e_masks *masks, int32_t bias, int groups, dp_pool pool, bool ties) {
    rng r;
    rng_seed(&r, 1);
    for (int i = 0, b = 0; i < m->layer_count; i++) {
        dp_layer *l = &m->layers[i];
        if (!dp_is_block(l)) continue;
        for (int c = 0; c < l->in; c++) masks->spatial_weight[b][c] = (int8_t)rng_int(&r, -128, 127);
        for (int k = 0; k < l->groups * l->in; k++) {
            int8_t fresh = (int8_t)rng_int(&r, -128, 127);
            masks->channel_weight[b][k] = ties && k >= l->in ? masks->channel_weight[b][k - l->in] : fresh;
        }
        for (int g = 0; g < l->groups; g++) masks->channel_bias[b][g] = ties ? 5 : rng_int(&r, -3000, 3000);
        l->spatial = DP_MASK_UNIT;
        l->spatial_weight = masks->spatial_weight[b];
        l->spatial_bias = bias;
        l->channel = groups > 0 ? DP_MASK_UNIT : DP_MASK_NONE;
        l->channel_weight = masks->channel_weight[b];
        l->channel_bias = masks->channel_bias[b++];
        l->pool = pool;
        l->keep = groups > 0 && groups < l->groups ? groups : l->groups;
    }
}
