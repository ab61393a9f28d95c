#include "schedule.h"

#include <stdlib.h>
#include <string.h>

typedef struct {
    const dp_model *model;
    const plan_geometry *geometry;
    const cycle_memory_options *memory;
    plan_options options;
    golden_run golden;
    uint8_t chain[PLAN_MAX_LAYERS]; /* what is tried */
    plan best;
    bool any; /* best is there */
    uint64_t cycles; /* of best */
    dp_error *err;
} choice;

static dp_status predict(const choice *search, const plan *p, uint64_t *cycles) {
    cycle_model *m;
    dp_status status = cycle_model_create(&m, p, search->memory, search->err);
    if (status == DP_OK) status = cycle_model_image(m, &search->golden, NULL, search->err);
    if (status == DP_OK) *cycles = cycle_model_cycles(m);
    cycle_model_destroy(m);
    return status;
}

/* Whether a plan is faster than the best; *cycles is set if so. */
static dp_status judge(const choice *search, const plan *p, uint64_t *cycles, bool *better) {
    *better = false;
    /* as many chains as the best one has: the block that was switched cannot be a chain, the plan
       is the same */
    if (search->any && p->chains == search->best.chains) return DP_OK;
    dp_status status = predict(search, p, cycles);
    *better = status == DP_OK && (!search->any || *cycles < search->cycles);
    return status;
}

/* Plans search->chain: it becomes the best, if it is faster. */
static dp_status try(choice *search, bool *better) {
    plan p;
    uint64_t cycles = 0;
    *better = false;
    dp_status status = plan_create(&p, search->model, search->geometry, search->options, search->err);
    if (status == DP_BAD_INPUT) return DP_OK; /* it does not fit: no failure, another one may */
    if (status != DP_OK) return status;
    status = judge(search, &p, &cycles, better);
    if (!*better) {
        plan_free(&p);
        return status;
    }
    if (search->any) plan_free(&search->best);
    search->best = p;
    search->any = true;
    search->cycles = cycles;
    return DP_OK;
}

static dp_status try_all(choice *search) {
    bool better;
    dp_status status = try(search, &better); /* gang */
    memset(search->chain, 1, sizeof search->chain);
    if (status == DP_OK) status = try(search, &better);
    if (!better) memset(search->chain, 0, sizeof search->chain);
    for (int i = 0; i < search->model->layer_count && search->any && status == DP_OK; i++) {
        search->chain[i] = !search->chain[i];
        status = try(search, &better);
        if (!better) search->chain[i] = !search->chain[i];
    }
    return status == DP_OK && !search->any ? DP_BAD_INPUT : status;
}

dp_status schedule_plan(plan *p, const dp_model *model, const plan_geometry *g, plan_options options,
                        const cycle_memory_options *memory, const int8_t *image, dp_error *err) {
    if (options.schedule != PLAN_AUTO) return plan_create(p, model, g, options, err);
    choice search = {.model = model, .geometry = g, .memory = memory, .options = options, .err = err};
    search.options.chain = search.chain;
    dp_status status = golden_create(&search.golden, model, (golden_options){.dense = options.dense}, err);
    if (status != DP_OK) return status;
    golden_compute(&search.golden, image);
    status = try_all(&search);
    golden_free(&search.golden);
    if (status == DP_OK)
        *p = search.best;
    else if (search.any)
        plan_free(&search.best);
    return status;
}
