/* See plan.h. Limits of the build first, then the walk over the layers, then the places that a run reads and writes. */
#include "plan.h"

#include <stdlib.h>
#include <string.h>

#include "plan_parts.h"

const char *plan_schedule_name(plan_schedule schedule) {
    static const char *const names[PLAN_SCHEDULES] = {"gang", "chain", "auto"};
    return names[schedule];
}

enum {
    PAGE = 4096,
    BASE = PAGE, /* nothing lies at address 0 */
    MAX_SIDE = 255, /* rows and columns are 8 bits */
    MASK_ROWS = 16, /* rows of 9*Pi mask weights, dp_mask_unit */
    MAX_POOLED_W = 128, /* dp_max_pool */
    COMMANDS_PER_LAYER = DP_MAX_CONVS + 2 /* mask, groups */
};

static dp_status check_geometry(const dp_model *m, const plan_geometry *g, bool dense, dp_error *err) {
    if (g->pi < PLAN_OCTET || g->pi % PLAN_OCTET != 0 || g->po < PLAN_OCTET || g->po % PLAN_OCTET != 0 || g->po > PLAN_MAX_PO ||
        g->map_words < 1 || g->map_words > UINT16_MAX || g->mask_w < 0 || g->mask_w > PLAN_MAX_PO)
        return dp_fail(err, DP_BAD_INPUT, "no commands for an array of %d x %d lanes with %d map words and masks of %d columns",
                       g->pi, g->po, g->map_words, g->mask_w);
    if (m->layer_count > PLAN_MAX_LAYERS)
        return dp_fail(err, DP_BAD_INPUT, "%s: %d layers, commands name at most %d", m->name, m->layer_count, PLAN_MAX_LAYERS);
    if (m->in_h > MAX_SIDE || m->in_w > MAX_SIDE)
        return dp_fail(err, DP_BAD_INPUT, "%s: the image is %dx%d, a map has at most %d rows and columns", m->name, m->in_h,
                       m->in_w, MAX_SIDE);
    for (int i = 0; i < m->layer_count && !g->prune && !dense; i++)
        if (plan_is_block(&m->layers[i]) && (m->layers[i].spatial != DP_MASK_NONE || m->layers[i].channel != DP_MASK_NONE))
            return dp_fail(err, DP_BAD_INPUT, "%s: layer %s is pruned, but this build has no pruning logic: run it dense",
                           m->name, m->layers[i].name);
    return DP_OK;
}

static dp_status check_layer(const dp_model *m, const dp_layer *l, const plan_geometry *g, bool dense, dp_error *err) {
    if (l->kind == DP_STEM && l->conv[0].kernel != 3 && plan_patch_words(m, g) == 0)
        return dp_fail(err, DP_BAD_INPUT,
                       "%s: layer %s: a 7x7 convolution of %d channels; this build takes 1 or 3, in patches of at most %d bytes",
                       m->name, l->name, l->in, g->patch_bytes);
    if (l->max_pool && l->out_w > MAX_POOLED_W)
        return dp_fail(err, DP_BAD_INPUT, "%s: layer %s: a pooled map %d wide, the hardware has at most %d columns", m->name,
                       l->name, l->out_w, MAX_POOLED_W);
    if (!plan_is_block(l) || dense) return DP_OK;
    if (l->channel != DP_MASK_NONE && l->groups > DP_MAX_GROUPS)
        return dp_fail(err, DP_BAD_INPUT, "%s: layer %s: %d groups, the hardware has at most %d", m->name, l->name, l->groups,
                       DP_MAX_GROUPS);
    if (l->spatial == DP_MASK_NONE) return DP_OK;
    if (l->spatial == DP_MASK_UNIT && l->in > MASK_ROWS * 9 * g->pi)
        return dp_fail(err, DP_BAD_INPUT, "%s: layer %s: a mask unit over %d channels, this build has at most %d", m->name,
                       l->name, l->in, MASK_ROWS * 9 * g->pi);
    if (l->in_h > g->mask_w || l->in_w > g->mask_w)
        return dp_fail(err, DP_BAD_INPUT, "%s: layer %s: a mask of %dx%d, this build has at most %d rows and columns", m->name,
                       l->name, l->in_h, l->in_w, g->mask_w);
    return DP_OK;
}

/* A pair of buffers holds a mask and that mask pooled, not pooled once more. */
static dp_status check_reuse(const dp_model *m, dp_error *err) {
    const dp_layer *pooled_by = NULL; /* the stride-2 block that has used the current mask */
    for (int i = 0; i < m->layer_count; i++) {
        const dp_layer *l = &m->layers[i];
        if (!plan_is_block(l)) continue;
        if (l->spatial != DP_MASK_REUSE) pooled_by = NULL;
        if (l->spatial == DP_MASK_NONE || l->stride == 1) continue;
        if (pooled_by != NULL)
            return dp_fail(
                err, DP_BAD_INPUT,
                "%s: layer %s: stride 2 reuses a mask that %s has pooled, the hardware pools a mask once: give %s its own",
                m->name, l->name, pooled_by->name, l->name);
        pooled_by = l;
    }
    return DP_OK;
}

static dp_status check(const dp_model *m, const plan_geometry *g, bool dense, dp_error *err) {
    dp_status status = check_geometry(m, g, dense, err);
    for (int i = 0; status == DP_OK && i < m->layer_count; i++) status = check_layer(m, &m->layers[i], g, dense, err);
    return status == DP_OK && !dense ? check_reuse(m, err) : status;
}

/* Images and logits, behind what is read only. Each slot has a guard of at least a beat's padding and its own pages. */
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
    size_t layers = (size_t)m->layer_count;
    plan_walk w = {
        .p = p,
        .m = m,
        .g = &p->geometry,
        .dense = p->dense,
        .schedule = p->schedule,
        .chain = chain,
        .err = err,
        .status = DP_OK,
        .memory = {.size = BASE},
        .maps = {.capacity = p->geometry.map_words},
    };
    p->queue = PLAN_SLOTS;
    p->conv = calloc(layers * DP_MAX_CONVS, sizeof *p->conv);
    p->command = calloc(2 + layers * COMMANDS_PER_LAYER, sizeof *p->command);
    p->cmd_addr = plan_memory_take(&w.memory, (2 + layers * COMMANDS_PER_LAYER) * PLAN_COMMAND_BYTES, PAGE);
    if (p->conv != NULL && p->command != NULL && !w.memory.failed) plan_walk_layers(&w);
    p->image = w.memory.data;
    p->size = w.memory.size;
    p->map_words = w.maps.used;
    if (w.status == DP_OK && (p->conv == NULL || p->command == NULL || w.memory.failed))
        w.status = dp_fail(err, DP_NO_MEMORY, "%s: no memory for the accelerator's weights", m->name);
    return w.status;
}

static dp_status create(plan *p, const dp_model *m, const plan_geometry *g, plan_options options, dp_error *err) {
    *p = (plan){.model = m, .geometry = *g, .dense = options.dense, .schedule = options.schedule};
    dp_status status = check(m, &p->geometry, options.dense, err);
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

void plan_relocate(plan *p, uint64_t base) {
    for (int i = 0; i < p->commands; i++) {
        plan_command c = p->command[i];
        c.weight_addr += base;
        c.aux_addr += base;
        plan_encode(&c, p->image + p->cmd_addr + (size_t)i * PLAN_COMMAND_BYTES);
    }
}

void plan_free(plan *p) {
    free(p->image);
    free(p->conv);
    free(p->command);
    *p = (plan){0};
}

const plan_conv *plan_find(const plan *p, int layer, int stage) {
    for (int i = 0; i < p->convs; i++)
        if (p->conv[i].layer == layer && p->conv[i].stage == stage) return &p->conv[i];
    return NULL;
}
