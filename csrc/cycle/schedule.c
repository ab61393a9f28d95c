/* See schedule.h. */
#include "schedule.h"

#include <stdlib.h>
#include <string.h>

typedef struct {
    const dp_model *m;
    const plan_geometry *g;
    const cycle_memory_options *memory;
    plan_options options;
    golden_run golden;
    uint8_t chain[PLAN_MAX_LAYERS]; /* what is tried */
    plan best;
    bool any; /* best is there */
    uint64_t cycles; /* of best */
    dp_error *err;
} choice;

static dp_status predict(const choice *c, const plan *p, uint64_t *cycles) {
    cycle_model *model;
    dp_status status = cycle_model_create(&model, p, c->memory, c->err);
    if (status == DP_OK) status = cycle_model_image(model, &c->golden, NULL, c->err);
    if (status == DP_OK) *cycles = cycle_model_cycles(model);
    cycle_model_destroy(model);
    return status;
}

/* Tries c->chain: it becomes the best, if it fits and is faster. That it does not fit is no failure. */
static dp_status try(choice *c, bool *better) {
    plan p;
    uint64_t cycles = 0;
    *better = false;
    dp_status status = plan_create(&p, c->m, c->g, c->options, c->err);
    if (status != DP_OK) return status == DP_BAD_INPUT ? DP_OK : status;
    bool same = c->any && p.chains == c->best.chains; /* a block that cannot be a chain */
    if (!same) status = predict(c, &p, &cycles);
    *better = status == DP_OK && !same && (!c->any || cycles < c->cycles);
    if (!*better) {
        plan_free(&p);
        return status;
    }
    if (c->any) plan_free(&c->best);
    c->best = p;
    c->any = true;
    c->cycles = cycles;
    return DP_OK;
}

static dp_status try_all(choice *c) {
    bool better;
    dp_status status = try(c, &better); /* gang */
    memset(c->chain, 1, sizeof c->chain);
    if (status == DP_OK) status = try(c, &better);
    if (!better) memset(c->chain, 0, sizeof c->chain);
    for (int i = 0; i < c->m->layer_count && c->any && status == DP_OK; i++) {
        c->chain[i] = !c->chain[i];
        status = try(c, &better);
        if (!better) c->chain[i] = !c->chain[i];
    }
    return status == DP_OK && !c->any ? DP_BAD_INPUT : status;
}

dp_status schedule_plan(plan *p, const dp_model *m, const plan_geometry *g, plan_options options,
                        const cycle_memory_options *memory, const int8_t *image, dp_error *err) {
    if (options.schedule != PLAN_AUTO) return plan_create(p, m, g, options, err);
    choice c = {.m = m, .g = g, .memory = memory, .options = options, .err = err};
    c.options.chain = c.chain;
    dp_status status = golden_create(&c.golden, m, (golden_options){.dense = options.dense}, err);
    if (status != DP_OK) return status;
    golden_compute(&c.golden, image);
    status = try_all(&c);
    golden_free(&c.golden);
    if (status == DP_OK)
        *p = c.best;
    else if (c.any)
        plan_free(&c.best);
    return status;
}
