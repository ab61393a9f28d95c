#include "cycle_counts.h"

#include <criterion/criterion.h>

#include "build_choice.h"

static void watch(void *context, const dut_out *o) {
    counted *c = context;
    const plan_conv *pc = o->done_valid ? plan_find(c->p, o->done_layer, o->done_stage) : NULL;
    if (pc != NULL) c->macs[pc - c->p->conv] += o->done_macs;
}

void counted_run(const dut_api *api, const dp_model *m, const image_set *images, const counted_setting *s, plan *p, counted *c) {
    sim_options o = sim_defaults(api);
    sim_failure failure;
    dp_error err = {""};
    plan_geometry geometry = build_geometry(&api->geometry);
    *c = (counted){.p = p};
    o.plan = s->plan;
    o.first = s->first;
    o.count = s->count > 0 ? s->count : 1;
    if (s->latency > 0) o.bench.memory.latency = s->latency;
    if (s->bandwidth > 0) o.bench.memory.bandwidth = s->bandwidth;
    o.watch = watch;
    o.watch_context = c;
    cr_assert_eq(plan_create(p, m, &geometry, s->plan, &err), DP_OK, "%s", err.text);
    cr_assert_leq(p->convs, COUNTED_CONVS);
    cr_assert_eq(sim_run(m, images, &o, &c->r, &failure, &err), DP_OK, "%s on %s: %s", m->name, api->geometry.name, err.text);
    cr_assert(c->r.modelled);
}

int counted_differences(const counted *c, const cycle_layer *model, const char *what) {
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
