/* plan_create: limits of the build first, then the walk over the layers, then the places that a run
   reads and writes. */
#include <stdlib.h>
#include <string.h>

#include "plan_check.h"
#include "plan_walk.h"

enum {
    PAGE = 4096,
    BASE = PAGE, /* nothing lies at address 0 */
    COMMANDS_PER_LAYER = DP_MAX_CONVS + 2 /* mask, groups */
};

/* Images and logits, after what is read only. Each slot has a guard of at least a beat's padding
   and its own pages. */
static void place_slots(plan *p) {
    const dp_model *m = p->model;
    size_t at = (p->size + PAGE - 1) / PAGE * PAGE;
    size_t image = (size_t)(m->in_h * m->in_w) * (size_t)m->in_c, logits = (size_t)m->classes * sizeof(int32_t);
    size_t image_stride = (image + PLAN_BEAT + PAGE - 1) / PAGE * PAGE;
    size_t logits_stride = (logits + PLAN_BEAT + PAGE - 1) / PAGE * PAGE;
    p->image_addr = (uint32_t)at;
    p->image_bytes = (uint32_t)image;
    p->image_stride = (uint32_t)image_stride;
    at += image_stride * PLAN_SLOTS;
    p->logits_addr = (uint32_t)at;
    p->logits_bytes = (uint32_t)logits;
    p->logits_stride = (uint32_t)logits_stride;
    p->memory_bytes = at + logits_stride * PLAN_SLOTS;
}

static dp_status build(plan *p, const uint8_t *chain, dp_error *err) {
    const dp_model *m = p->model;
    size_t layers = (size_t)m->layer_count, commands = 2 + layers * COMMANDS_PER_LAYER;
    plan_emitter e = {
        .in = {.m = m, .g = &p->geometry, .dense = p->dense, .schedule = p->schedule, .chain = chain},
        .p = p,
        .memory = {.size = BASE},
        .err = err,
        .status = DP_OK,
    };
    p->conv = calloc(layers * DP_MAX_CONVS, sizeof *p->conv);
    p->command = calloc(commands, sizeof *p->command);
    p->cmd_addr = plan_memory_take(&e.memory, commands * PLAN_COMMAND_BYTES, PAGE);
    if (p->conv != NULL && p->command != NULL && !e.memory.failed) plan_walk_layers(&e);
    p->image = e.memory.data;
    p->size = e.memory.size;
    if (e.status == DP_OK && (p->conv == NULL || p->command == NULL || e.memory.failed))
        e.status = dp_fail(err, DP_NO_MEMORY, "%s: no memory for the accelerator's weights", m->name);
    return e.status;
}

static dp_status create(plan *p, const dp_model *m, const plan_geometry *g, plan_options options, dp_error *err) {
    *p = (plan){.model = m, .geometry = *g, .dense = options.dense, .schedule = options.schedule};
    dp_status status = plan_check(m, &p->geometry, options.dense, err);
    if (status == DP_OK) status = build(p, options.chain, err);
    if (status == DP_OK) {
        place_slots(p);
    } else {
        plan_free(p);
    }
    return status;
}

dp_status plan_create(plan *p, const dp_model *m, const plan_geometry *g, plan_options options, dp_error *err) {
    uint8_t all[PLAN_MAX_LAYERS];
    dp_status status = create(p, m, g, options, err);
    if (status != DP_BAD_INPUT || options.schedule != PLAN_AUTO || options.chain != NULL) return status;
    memset(all, 1, sizeof all);
    options.chain = all;
    return create(p, m, g, options, err);
}
