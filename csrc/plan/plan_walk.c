/* The order of the commands, and which map lies where while they run. */
#include "plan_parts.h"

static void take(plan_walk *w, const char *name, int h, int wide, int channels, plan_map *map) {
    if (w->status != DP_OK || plan_maps_take(&w->maps, h, wide, plan_slices(w, channels), map)) return;
    w->status = dp_fail(w->err, DP_BAD_INPUT, "%s: %s: a map of %dx%dx%d takes %d words a bank, this build has %d for all",
                        w->m->name, name, h, wide, channels, map->words, w->maps.capacity);
}

/* The map between a convolution and the one that reads it; in a chain, where the reader is given, a line buffer. */
static void take_between(plan_walk *w, const dp_conv *conv, const dp_conv *reader, int channels, plan_map *map) {
    int ring = reader != NULL ? plan_line_buffer(conv->out_h, reader) : 0;
    take(w, conv->name, ring > 0 ? 3 * ring : conv->out_h, conv->out_w, channels, map);
    map->h = conv->out_h;
    map->ring = ring;
}

/* The next block computes its mask from this layer's output. */
static bool next_computes_mask(const plan_walk *w, int layer) {
    const dp_layer *next = plan_next(w, layer);
    return next != NULL && plan_is_block(next) && !w->dense && next->spatial == DP_MASK_UNIT;
}

static bool next_reuses_mask(const plan_walk *w, int layer) {
    const dp_layer *next = plan_next(w, layer);
    return next != NULL && plan_is_block(next) && !w->dense && next->spatial == DP_MASK_REUSE;
}

static void walk_stem(plan_walk *w, int layer) {
    const dp_layer *l = &w->m->layers[layer];
    plan_map y;
    take(w, l->conv[0].name, l->out_h, l->out_w, l->out, &y);
    if (w->status != DP_OK) return;
    bool produces = next_computes_mask(w, layer);
    if (produces) w->next_masks = plan_emit_mask(w, layer + 1, &y, &(plan_masks){.on = false});
    plan_emit_conv(w, layer, &l->conv[0], &w->x, &y, PLAN_IMAGE_SRC | (produces ? PLAN_PRODUCES : 0u));
    w->x = y;
    w->x_is_image = false;
}

/* Sets w->masks; true if they are new, so that the first convolution has to wait for them. */
static bool enter_masks(plan_walk *w, int layer) {
    const dp_layer *l = &w->m->layers[layer];
    plan_masks issued = w->next_masks;
    w->next_masks = (plan_masks){.on = false};
    dp_mask_mode mode = w->dense ? DP_MASK_NONE : l->spatial;
    if (mode == DP_MASK_REUSE) {
        w->masks.in = w->masks.out;
        if (l->stride != 1) w->masks.out = w->masks.in + 1; /* pooled by the same Mask command; check_reuse: in is the even one */
        return false;
    }
    if (mode == DP_MASK_NONE) {
        w->masks = (plan_masks){.on = false};
        return false;
    }
    bool here = mode == DP_MASK_GIVEN || layer == 0; /* else the command stands by the producer of the input */
    w->masks = here ? plan_emit_mask(w, layer, &w->x, NULL) : issued;
    return true;
}

/* The k-th convolution of a block, shortcut aside; NULL behind the last. */
static const dp_conv *block_conv(const dp_layer *l, int k) {
    for (int i = 0; i < l->convs; i++)
        if (l->conv[i].role != DP_SHORTCUT && k-- == 0) return &l->conv[i];
    return NULL;
}

/* Maps of a block while it runs: shortcut x -> y, conv1 x -> a, conv2 a -> b or y, conv3 b -> y; y is x without a shortcut. */
static void walk_block(plan_walk *w, int layer) {
    const dp_layer *l = &w->m->layers[layer];
    if (plan_grouped(w, l) && l->channel == DP_MASK_GIVEN) plan_emit_groups(w, layer);
    bool image = w->x_is_image, wait = enter_masks(w, layer), produces = next_computes_mask(w, layer);
    plan_map y = w->x, from = w->x, free_later[DP_MAX_CONVS];
    int later = 0;
    uint32_t first_flags = (wait ? PLAN_MASK_WAIT : 0u) | (image ? PLAN_IMAGE_SRC : 0u);
    /* the shortcut goes first: it needs no channel mask, so it runs while the kept groups' weights are on their way */
    for (int k = 0; k < l->convs && w->status == DP_OK; k++) {
        const dp_conv *shortcut = &l->conv[k];
        if (shortcut->role != DP_SHORTCUT) continue;
        take(w, shortcut->name, shortcut->out_h, shortcut->out_w, shortcut->cout, &y);
        if (w->status == DP_OK) plan_emit_conv(w, layer, shortcut, &w->x, &y, first_flags);
        first_flags = 0;
    }
    if (produces) w->next_masks = plan_emit_mask(w, layer + 1, &y, &w->masks);
    w->in_chain = plan_chains(w, layer);
    if (w->in_chain) w->p->chains++;
    const dp_conv *conv = block_conv(l, 0);
    for (int k = 0; conv != NULL && w->status == DP_OK; k++) {
        const dp_conv *reader = block_conv(l, k + 1);
        uint32_t flags = first_flags | (reader != NULL && w->in_chain ? PLAN_CHAIN : 0u);
        if (reader == NULL && produces) flags |= PLAN_PRODUCES;
        if (reader == NULL && w->masks.on && !next_reuses_mask(w, layer)) flags |= PLAN_MASK_RELEASE;
        plan_map to = y;
        if (reader != NULL) take_between(w, conv, w->in_chain ? reader : NULL, plan_cout(w, l, conv), &to);
        if (w->status != DP_OK) return;
        plan_emit_conv(w, layer, conv, &from, &to, flags);
        /* what conv1 reads is the block's input, which stays where the block works in place; a chain needs all until its end */
        if (k > 0 || (l->has_shortcut && !image)) free_later[later++] = from;
        while (later > 0 && (!w->in_chain || reader == NULL)) plan_maps_free(&w->maps, &free_later[--later]);
        first_flags = 0;
        from = to;
        conv = reader;
    }
    w->in_chain = false;
    if (image && w->masks.on && !l->has_shortcut) w->p->image_not_negative = true;
    if (image) w->p->queue = 1; /* the image is read beyond the first convolution, so the next one must not be loaded yet */
    w->x = y;
    w->x_is_image = image && !l->has_shortcut;
}

/* For patches the image lies byte after byte across the banks. */
static void take_image(plan_walk *w) {
    int h = w->m->in_h, wide = w->m->in_w, channels = w->m->in_c;
    if (plan_patch_words(w->m, w->g) == 0) {
        take(w, "the image", h, wide, channels, &w->x);
        return;
    }
    int beats = (h * wide * channels + PLAN_BEAT - 1) / PLAN_BEAT;
    int words = (beats * PLAN_BEAT / w->g->pi + 8) / 9;
    if (plan_maps_take(&w->maps, 3, 3, words, &w->x)) { /* one tile of that many words */
        w->x.h = h;
        w->x.w = wide;
        return;
    }
    w->status = dp_fail(w->err, DP_BAD_INPUT, "%s: the image takes %d words a bank, this build has %d for all", w->m->name, words,
                        w->maps.capacity);
}

void plan_walk_layers(plan_walk *w) {
    take_image(w);
    plan_emit_image(w, &w->x);
    w->x_is_image = true;
    for (int i = 0; i < w->m->layer_count && w->status == DP_OK; i++) {
        switch (w->m->layers[i].kind) {
        case DP_STEM: walk_stem(w, i); break;
        case DP_BASIC:
        case DP_BOTTLENECK: walk_block(w, i); break;
        case DP_HEAD: plan_emit_head(w, i, &w->x); break;
        }
    }
    plan_emit(w, &(plan_command){.op = PLAN_OP_END});
}
