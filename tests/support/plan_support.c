/* See plan_support.h. */
#include "plan_support.h"

#include <stdlib.h>
#include <string.h>

#define GEOMETRY(PI, PO, PARALLEL, PATCH)                                                                                        \
    {                                                                                                                            \
        .pi = PI, .po = PO, .parallel = PARALLEL, .prune = true, .map_words = 4096, .weight_rows = 256, .mask_w = 64,            \
        .patch_bytes = PATCH                                                                                                     \
    }

plan_geometry plan_support_geometry(unsigned index) {
    static const plan_geometry builds[] = {
        GEOMETRY(8, 8, true, 32),
        GEOMETRY(16, 32, true, 160),
        GEOMETRY(8, 16, false, 64),
        GEOMETRY(32, 64, false, 160),
    };
    return builds[index % (sizeof builds / sizeof builds[0])];
}

/* A 7x7 stem comes in patches, of one or three channels and not too large. */
static bool stem_runs(int kernel, int channels, const plan_geometry *g) {
    if (kernel != 7) return true;
    return (channels == 1 || channels == 3) && 49 * channels <= g->patch_bytes && (49 * channels + g->pi - 1) / g->pi <= 15;
}

static const int stem_channels[] = {1, 2, 3, 8};

int plan_support_stem(const dp_model *m) {
    const dp_layer *l = &m->layers[0];
    int c = 0;
    while (stem_channels[c] != l->in) c++;
    return c * 8 + (l->conv[0].kernel == 7) * 4 + (l->stride == 2) * 2 + l->max_pool;
}

bool plan_support_stem_runs(int kind, const plan_geometry *g) {
    return stem_runs(kind / 4 % 2 ? 7 : 3, stem_channels[kind / 8], g);
}

bool plan_support_runs(const dp_model *m, const plan_geometry *g, bool dense) {
    int pooled = 0; /* times that the current mask has been pooled */
    for (int i = 0; i < m->layer_count; i++) {
        const dp_layer *l = &m->layers[i];
        if (l->kind == DP_STEM && !stem_runs(l->conv[0].kernel, l->in, g)) return false;
        if (!dp_is_block(l)) continue;
        if (l->spatial != DP_MASK_REUSE) pooled = 0;
        if (l->spatial != DP_MASK_NONE && l->stride != 1) pooled++;
        if (pooled > 1 && !dense) return false;
    }
    return true;
}

unsigned plan_support_reuse(const dp_model *m) {
    unsigned ways = 0;
    const dp_layer *decides = NULL;
    for (int i = 0; i + 1 < m->layer_count; i++) {
        const dp_layer *l = &m->layers[i], *next = l + 1;
        bool reuse = l->spatial == DP_MASK_REUSE, reused = next->spatial == DP_MASK_REUSE;
        if (l->spatial == DP_MASK_NONE) continue;
        if (!reuse) decides = l;
        if (reuse && l->stride != 1) {
            ways |= decides->spatial == DP_MASK_UNIT ? REUSE_STRIDED_UNIT : REUSE_STRIDED;
            if (l - decides > 1) ways |= REUSE_RUN_BEFORE;
            if (reused) ways |= REUSE_AFTER;
            if (next->spatial == DP_MASK_UNIT) ways |= REUSE_PRODUCES;
        }
        if (!reuse && l->stride != 1 && reused) ways |= REUSE_OF_POOLED;
    }
    return ways;
}

int plan_support_masks(const dp_model *m, bool dense) {
    int count = 0;
    for (int i = 0; i < m->layer_count; i++)
        if (!dense && m->layers[i].kind != DP_STEM && m->layers[i].kind != DP_HEAD && m->layers[i].spatial == DP_MASK_UNIT)
            count += m->layers[i].in_h * m->layers[i].in_w;
    return count;
}

void plan_support_interpreter(interpreter *t, const plan *p, const int8_t *image) {
    *t = (interpreter){
        .pi = p->geometry.pi,
        .po = p->geometry.po,
        .parallel = p->geometry.parallel,
        .map_words = p->map_words,
        .weight_rows = p->geometry.weight_rows,
        .memory = calloc(p->memory_bytes, 1),
        .cmd_addr = p->cmd_addr,
        .image_addr = p->image_addr,
        .logits_addr = p->logits_addr,
    };
    if (t->memory == NULL) abort();
    memcpy(t->memory, p->image, p->size);
    memcpy(t->memory + p->image_addr, image, p->image_bytes);
}

void plan_support_free(interpreter *t) {
    interpreter_free(t);
    free(t->memory);
}
