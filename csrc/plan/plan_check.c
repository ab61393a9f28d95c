#include "plan_check.h"

#include "plan_shape.h"

enum {
    MASK_ROWS = 16, /* rows of 9*Pi mask weights, dp_mask_unit */
    MAX_POOLED_W = 128, /* dp_max_pool */
    MAX_GROUP = UINT8_MAX * PLAN_OCTET /* channels: group8 */
};

static dp_status check_geometry(const dp_model *m, const plan_geometry *g, bool dense, dp_error *err) {
    if (g->pi < PLAN_OCTET || g->pi % PLAN_OCTET != 0 || g->po < PLAN_OCTET || g->po % PLAN_OCTET != 0 || g->po > PLAN_MAX_PO ||
        g->map_words < 1 || g->map_words > UINT16_MAX || g->mask_w < 0 || g->mask_w > PLAN_MAX_PO)
        return dp_fail(err, DP_BAD_INPUT, "no commands for an array of %d x %d lanes with %d map words and masks of %d columns",
                       g->pi, g->po, g->map_words, g->mask_w);
    if (m->layer_count > PLAN_MAX_LAYERS)
        return dp_fail(err, DP_BAD_INPUT, "%s: %d layers, commands name at most %d", m->name, m->layer_count, PLAN_MAX_LAYERS);
    for (int i = 0; i < m->layer_count && !g->prune && !dense; i++)
        if (dp_is_block(&m->layers[i]) && (m->layers[i].spatial != DP_MASK_NONE || m->layers[i].channel != DP_MASK_NONE))
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
    if (!dp_is_block(l) || dense) return DP_OK;
    if (l->channel != DP_MASK_NONE && l->groups > DP_MAX_GROUPS)
        return dp_fail(err, DP_BAD_INPUT, "%s: layer %s: %d groups, the hardware has at most %d", m->name, l->name, l->groups,
                       DP_MAX_GROUPS);
    if (l->channel != DP_MASK_NONE && l->group > MAX_GROUP)
        return dp_fail(err, DP_BAD_INPUT, "%s: layer %s: groups of %d channels, commands name at most %d", m->name, l->name,
                       l->group, MAX_GROUP);
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
        if (!dp_is_block(l)) continue;
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

dp_status plan_check(const dp_model *m, const plan_geometry *g, bool dense, dp_error *err) {
    dp_status status = check_geometry(m, g, dense, err);
    for (int i = 0; status == DP_OK && i < m->layer_count; i++) status = check_layer(m, &m->layers[i], g, dense, err);
    return status == DP_OK && !dense ? check_reuse(m, err) : status;
}
