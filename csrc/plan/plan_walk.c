#include "plan_walk.h"

#include "plan_emit_conv.h"
#include "plan_maps.h"

typedef struct {
    plan_emitter *e;
    plan_maps maps;
    plan_map x; /* the layer's input */
    bool x_is_image; /* it lies where the image was loaded */
    plan_masks masks; /* of the current block */
    plan_masks next_masks; /* of the next one, where its Mask command has been issued */
    int pairs; /* Mask commands so far */
} walk;

static const dp_layer *layer_of(const walk *w, int layer) { return &w->e->in.m->layers[layer]; }

static bool failed(const walk *w) { return w->e->status != DP_OK; }

static void take(walk *w, const char *name, int h, int wide, int channels, plan_map *map) {
    if (failed(w) || plan_maps_take(&w->maps, h, wide, plan_slices(w->e->in.g, channels), map)) return;
    w->e->status = dp_fail(w->e->err, DP_BAD_INPUT, "%s: %s: a map of %dx%dx%d takes %d words a bank, this build has %d for all",
                           w->e->in.m->name, name, h, wide, channels, map->words, w->maps.capacity);
}

/* The map between a convolution and the one that reads it; in a chain, where the reader is given, a
   line buffer. */
static void take_between(walk *w, const dp_layer *l, const dp_conv *conv, const dp_conv *reader, plan_map *map) {
    int ring = reader != NULL ? plan_line_buffer(conv->out_h, reader) : 0;
    int channels = plan_shape_conv(&w->e->in, l, conv).cout;
    take(w, conv->name, ring > 0 ? 3 * ring : conv->out_h, conv->out_w, channels, map);
    map->h = conv->out_h;
    map->ring = ring;
}

/* The next block has a spatial mask of this kind; a computed one comes from this layer's output. */
static bool next_mask_is(const walk *w, int layer, dp_mask_mode mode) {
    const dp_layer *next = plan_next(&w->e->in, layer);
    return next != NULL && dp_is_block(next) && !w->e->in.dense && next->spatial == mode;
}

/* The Mask command of a block whose input is `src`. */
static plan_masks issue_mask(walk *w, int layer, const plan_map *src, const plan_masks *producer) {
    plan_mask_source from = {
        .src = src,
        .is_image = w->x_is_image && src->base == w->x.base,
        .producer = producer,
        .pair = w->pairs++ % PLAN_MASK_PAIRS,
    };
    return plan_emit_mask(w->e, layer, &from);
}

static void walk_stem(walk *w, int layer) {
    const dp_layer *l = layer_of(w, layer);
    plan_map y;
    take(w, l->conv[0].name, l->out_h, l->out_w, l->out, &y);
    if (failed(w)) return;
    bool produces = next_mask_is(w, layer, DP_MASK_UNIT);
    plan_place at = {.src = &w->x, .dst = &y, .flags = PLAN_IMAGE_SRC | (produces ? PLAN_PRODUCES : 0u)};
    if (produces) w->next_masks = issue_mask(w, layer + 1, &y, &(plan_masks){.on = false});
    plan_emit_conv(w->e, layer, &l->conv[0], &at);
    w->x = y;
    w->x_is_image = false;
}

/* Sets w->masks; true if they are new, so that the first convolution has to wait for them. */
static bool enter_masks(walk *w, int layer) {
    const dp_layer *l = layer_of(w, layer);
    plan_masks issued = w->next_masks;
    w->next_masks = (plan_masks){.on = false};
    dp_mask_mode mode = w->e->in.dense ? DP_MASK_NONE : l->spatial;
    if (mode == DP_MASK_REUSE) {
        w->masks.in = w->masks.out;
        /* pooled by the same Mask command; plan_check: in is the even one */
        if (l->stride != 1) w->masks.out = w->masks.in + 1;
        return false;
    }
    if (mode == DP_MASK_NONE) {
        w->masks = (plan_masks){.on = false};
        return false;
    }
    /* else the command stands by the producer of the input */
    bool here = mode == DP_MASK_GIVEN || layer == 0;
    w->masks = here ? issue_mask(w, layer, &w->x, NULL) : issued;
    return true;
}

/* What the maps' walk through a block needs to know. */
typedef struct {
    int layer;
    const dp_layer *l;
    bool from_image; /* it reads the image */
    bool produces; /* the next block's mask is computed from its output */
    bool in_chain;
    uint32_t first; /* flags of its first convolution, as long as that is to come */
    plan_map y; /* output; the input's place without a shortcut */
} block;

static void emit_conv(walk *w, block *b, const dp_conv *conv, const plan_map *src, const plan_map *dst, uint32_t flags) {
    plan_place at = {.src = src, .dst = dst, .masks = w->masks, .in_chain = b->in_chain, .flags = b->first | flags};
    plan_emit_conv(w->e, b->layer, conv, &at);
    b->first = 0;
}

/* It goes first: it needs no channel mask, so it runs while the kept groups' weights are on their
   way. */
static void walk_shortcut(walk *w, block *b) {
    const dp_conv *conv = plan_shortcut(b->l);
    if (conv == NULL) return;
    take(w, conv->name, conv->out_h, conv->out_w, conv->cout, &b->y);
    if (!failed(w)) emit_conv(w, b, conv, &w->x, &b->y, 0);
}

/* Of the last convolution, which writes the block's output. */
static uint32_t last_flags(const walk *w, const block *b) {
    bool releases = w->masks.on && !next_mask_is(w, b->layer, DP_MASK_REUSE);
    return (b->produces ? PLAN_PRODUCES : 0u) | (releases ? PLAN_MASK_RELEASE : 0u);
}

/* conv1 x -> a, conv2 a -> b or y, conv3 b -> y. A map is given back when its reader is done, in a
   chain all of them at its end. */
static void walk_main_path(walk *w, block *b) {
    plan_map from = w->x, done[DP_MAX_CONVS];
    int count = 0;
    const dp_conv *conv = plan_main_conv(b->l, 0);
    for (int k = 0; conv != NULL && !failed(w); k++) {
        const dp_conv *reader = plan_main_conv(b->l, k + 1);
        bool last = reader == NULL;
        plan_map to = b->y;
        if (!last) take_between(w, b->l, conv, b->in_chain ? reader : NULL, &to);
        if (failed(w)) return;
        uint32_t chained = b->in_chain ? PLAN_CHAIN : 0u;
        emit_conv(w, b, conv, &from, &to, last ? last_flags(w, b) : chained);
        /* what conv1 reads is the block's input, which stays where the block works in place */
        if (k > 0 || (b->l->has_shortcut && !b->from_image)) done[count++] = from;
        while (count > 0 && (last || !b->in_chain)) plan_maps_free(&w->maps, &done[--count]);
        from = to;
        conv = reader;
    }
}

static void walk_block(walk *w, int layer) {
    plan *p = w->e->p;
    block b = {.layer = layer, .l = layer_of(w, layer), .from_image = w->x_is_image, .y = w->x};
    if (plan_grouped(&w->e->in, b.l) && b.l->channel == DP_MASK_GIVEN) plan_emit_groups(w->e, layer);
    bool wait = enter_masks(w, layer);
    b.produces = next_mask_is(w, layer, DP_MASK_UNIT);
    b.first = (wait ? PLAN_MASK_WAIT : 0u) | (b.from_image ? PLAN_IMAGE_SRC : 0u);
    walk_shortcut(w, &b);
    if (b.produces) w->next_masks = issue_mask(w, layer + 1, &b.y, &w->masks);
    b.in_chain = plan_chains(&w->e->in, layer, b.from_image);
    if (b.in_chain) p->chains++;
    walk_main_path(w, &b);
    if (failed(w)) return;
    bool in_place = b.from_image && !b.l->has_shortcut;
    if (in_place && w->masks.on) p->image_not_negative = true;
    /* it is read beyond the first convolution, so the next one must not be loaded yet */
    if (b.from_image) p->queue = 1;
    w->x = b.y;
    w->x_is_image = in_place;
}

/* For patches the image lies byte after byte across the banks. */
static void take_image(walk *w) {
    const dp_model *m = w->e->in.m;
    int h = m->in_h, wide = m->in_w, channels = m->in_c;
    if (plan_patch_words(m, w->e->in.g) == 0) {
        take(w, "the image", h, wide, channels, &w->x);
        return;
    }
    int beats = (h * wide * channels + PLAN_BEAT - 1) / PLAN_BEAT;
    int words = (beats * PLAN_BEAT / w->e->in.g->pi + 8) / 9;
    if (plan_maps_take(&w->maps, 3, 3, words, &w->x)) { /* one tile of that many words */
        w->x.h = h;
        w->x.w = wide;
        return;
    }
    w->e->status = dp_fail(w->e->err, DP_BAD_INPUT, "%s: the image takes %d words a bank, this build has %d for all", m->name,
                           words, w->maps.capacity);
}

/* The image is fetched after the first slice of weights of the first convolution, and counted
   there. */
static void count_image(plan *p) {
    const dp_model *m = p->model;
    int bytes = m->in_h * m->in_w * m->in_c;
    p->conv[0].other_beats += (uint32_t)((bytes + PLAN_BEAT - 1) / PLAN_BEAT);
}

void plan_walk_layers(plan_emitter *e) {
    walk w = {.e = e, .maps = {.capacity = e->in.g->map_words}, .x_is_image = true};
    e->p->queue = PLAN_SLOTS;
    take_image(&w);
    plan_emit_image(e, &w.x);
    for (int i = 0; i < e->in.m->layer_count && e->status == DP_OK; i++) {
        switch (e->in.m->layers[i].kind) {
        case DP_STEM: walk_stem(&w, i); break;
        case DP_BASIC:
        case DP_BOTTLENECK: walk_block(&w, i); break;
        case DP_HEAD: plan_emit_head(e, i, &w.x); break;
        }
    }
    plan_emit(e, &(plan_command){.op = PLAN_OP_END});
    count_image(e->p);
    e->p->map_words = w.maps.used;
}
