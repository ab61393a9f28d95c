/* The cycle model against the counters of the RTL: every convolution's cycles, MACs and beats, equal. And that the comparison sees a
   model that is told of another memory, or of other masks. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "container_box.h"
#include "e2e.h"
#include "gen.h"
#include "rng.h"

enum { NETWORKS = 60, MAX_CONVS = 128 };

TestSuite(cycle_model, .timeout = 900);

/* What the RTL counted. */
typedef struct {
    const plan *p;
    uint64_t macs[MAX_CONVS];
    results r;
} counted;

static void watch(void *context, const dut_out *o) {
    counted *c = context;
    const plan_conv *pc = o->done_valid ? plan_find(c->p, o->done_layer, o->done_stage) : NULL;
    if (pc != NULL) c->macs[pc - c->p->conv] += o->done_macs;
}

/* Layers that differ; the first one is told, where `what` is not NULL. */
static int differences(const counted *c, const cycle_layer *model, const char *what) {
    int count = 0;
    for (int i = 0; i < c->r.layer_count; i++) {
        const layer_result *l = &c->r.layers[i];
        const cycle_layer *m = &model[i];
        bool equal = m->cycles == l->cycles && m->macs == c->macs[i] && m->weight_beats * DUT_BEAT == l->bytes_weights &&
                     m->other_beats * DUT_BEAT == l->bytes_other;
        if (!equal && count++ == 0 && what != NULL)
            cr_log_error("%s, %s: cycles %llu, model %llu; MACs %llu, %llu; beats %llu, %llu and %llu, %llu", what, l->name,
                         (unsigned long long)l->cycles, (unsigned long long)m->cycles, (unsigned long long)c->macs[i],
                         (unsigned long long)m->macs, (unsigned long long)(l->bytes_weights / DUT_BEAT),
                         (unsigned long long)m->weight_beats, (unsigned long long)(l->bytes_other / DUT_BEAT),
                         (unsigned long long)m->other_beats);
    }
    return count;
}

typedef struct {
    int first, count, latency, bandwidth; /* 0: the usual ones */
    bool dense;
} setting;

/* Runs the RTL; the results are the caller's. */
static void run(const dut_api *api, const dp_model *m, const image_set *images, const setting *s, plan *p, counted *c) {
    sim_options o = sim_defaults(api);
    sim_failure failure;
    dp_error err = {""};
    plan_geometry geometry = sim_geometry(&api->geometry);
    *c = (counted){.p = p};
    o.dense = s->dense;
    o.first = s->first;
    o.count = s->count > 0 ? s->count : 1;
    if (s->latency > 0) o.bench.memory.latency = s->latency;
    if (s->bandwidth > 0) o.bench.memory.bandwidth = s->bandwidth;
    o.watch = watch;
    o.watch_context = c;
    cr_assert_eq(plan_create(p, m, &geometry, s->dense, &err), DP_OK, "%s", err.text);
    cr_assert_leq(p->convs, MAX_CONVS);
    cr_assert_eq(sim_run(m, images, &o, &c->r, &failure, &err), DP_OK, "%s on %s: %s", m->name, api->geometry.name, err.text);
    cr_assert(c->r.modelled);
}

static void expect_equal(const dut_api *api, const dp_model *m, const image_set *images, const setting *s, const char *what) {
    static cycle_layer model[MAX_CONVS];
    counted c;
    plan p;
    run(api, m, images, s, &p, &c);
    for (int i = 0; i < c.r.layer_count; i++) model[i] = c.r.layers[i].model;
    int wrong = differences(&c, model, what);
    cr_expect_eq(wrong, 0, "%s, %s on %s, %d images, latency %d, bandwidth %d: %d of %d layers", what, m->name,
                 api->geometry.name, s->count, s->latency, s->bandwidth, wrong, c.r.layer_count);
    cr_expect_eq(c.r.cycles, c.r.model_cycles, "%s, %s on %s: %llu cycles, model %llu", what, m->name, api->geometry.name,
                 (unsigned long long)c.r.cycles, (unsigned long long)c.r.model_cycles);
    results_free(&c.r);
    plan_free(&p);
}

/* Networks of the whole space that the build runs, one to three images, in memories slow and fast. */
static void run_random(const char *build, const random_model_options *o, uint64_t from, bool dense) {
    static const int latencies[] = {1, 20, 80, 200}, bandwidths[] = {48, 48, 64, 16};
    const dut_api *api = e2e_load(build);
    int ran = 0;
    for (uint64_t seed = from; ran < NETWORKS; seed++) {
        dp_model m;
        image_set images;
        bool not_negative = false;
        char what[64];
        rng r;
        random_model(&m, o, seed);
        rng_seed(&r, seed);
        setting s = {
            .count = rng_int(&r, 1, 3), .latency = latencies[rng_below(&r, 4)], .bandwidth = bandwidths[rng_below(&r, 4)]};
        s.dense = dense;
        (void)snprintf(what, sizeof what, "random %d", (int)seed);
        if (e2e_fits(&m, api, dense, &not_negative)) {
            e2e_random_images(&images, &m, s.count, seed, not_negative);
            expect_equal(api, &m, &images, &s, what);
            free(images.pixels);
            ran++;
        }
        dp_model_free(&m);
    }
}

static const random_model_options basic = {.max_size = 12, .bottleneck = RANDOM_NEVER};
static const random_model_options wide = {.max_size = 9, .max_blocks = 4, .max_channels = 120, .bottleneck = RANDOM_ALWAYS};
static const random_model_options stems = {.max_size = 25, .max_blocks = 1, .stem = RANDOM_ALWAYS};

Test(cycle_model, random_basic_blocks_on_serial) { run_random("serial-small", &basic, 1, false); }
Test(cycle_model, random_basic_blocks_on_parallel) { run_random("parallel-small", &basic, 1, false); }
Test(cycle_model, random_bottlenecks_on_serial) { run_random("serial-small", &wide, 1000, false); }
Test(cycle_model, random_bottlenecks_on_parallel) { run_random("parallel-small", &wide, 1000, false); }
Test(cycle_model, random_stems_on_serial) { run_random("serial-mid", &stems, 2000, false); }
Test(cycle_model, random_stems_on_parallel) { run_random("parallel-mid", &stems, 2000, false); }
Test(cycle_model, random_dense_networks_on_serial) { run_random("serial-small-dense", &wide, 3000, true); }
Test(cycle_model, random_dense_networks_on_parallel) { run_random("parallel-small-dense", &wide, 3000, true); }
