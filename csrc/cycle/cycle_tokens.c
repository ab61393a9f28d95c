#include "cycle_tokens.h"

#include "plan.h"

static const golden_conv *find_conv(const golden_run *golden, const plan_command *c) {
    const golden_layer *layer = &golden->layers[c->layer];
    for (int k = 0; k < layer->layer->convs; k++)
        if ((int)layer->layer->conv[k].role == c->stage) return &layer->conv[k];
    return NULL; /* the head */
}

/* Taps of a (2*reach+1)-wide window on positions that are in the map and, where `keep`, kept. */
static int count_taps(const plan_command *c, const uint8_t *keep, int cy, int cx, int reach) {
    int taps = 0;
    for (int y = cy - reach; y <= cy + reach; y++)
        for (int x = cx - reach; x <= cx + reach; x++)
            taps += y >= 0 && y < c->src.h && x >= 0 && x < c->src.w && (keep == NULL || keep[y * c->src.w + x] != 0);
    return taps;
}

void cycle_tokens_list(cycle_tokens *list, const golden_run *golden, const plan_command *c, bool parallel) {
    const golden_conv *conv = find_conv(golden, c);
    const uint8_t *keep = (c->flags & PLAN_OUT_MASKED) != 0 ? conv->out_keep : NULL;
    const uint8_t *in_keep = (c->flags & PLAN_IN_MASKED) != 0 ? conv->in_keep : NULL;
    bool k3 = (c->flags & PLAN_KERNEL3) != 0, patches = (c->flags & PLAN_PATCHES) != 0;
    int stride = (c->flags & PLAN_STRIDE2) != 0 ? 2 : 1, reach = k3 ? 1 : 0;
    if (patches) reach = (c->flags & PLAN_KERNEL7) != 0 ? 3 : 1;
    int h = conv != NULL ? conv->conv->out_h : c->dst.h, w = conv != NULL ? conv->conv->out_w : c->dst.w;
    int late_y = (c->flags & PLAN_LATE_Y) != 0, late_x = (c->flags & PLAN_LATE_X) != 0;
    list->count = list->tail = 0;
    list->taps = 0;
    for (int y = 0; y < h; y++) {
        bool any = false;
        for (int x = 0; x < w; x++) {
            if (keep != NULL && keep[y * w + x] == 0) continue;
            int taps = parallel ? (2 * reach + 1) * (2 * reach + 1)
                                : count_taps(c, in_keep, y * stride + late_y, x * stride + late_x, reach);
            list->token[list->count++] = (cycle_token){
                .y = (uint8_t)y,
                .x = (uint8_t)x,
                .residue = (uint8_t)(x % 3 + 3 * (y % 3)),
                .taps = (uint8_t)(!parallel && k3 ? taps : 1),
                .gap = list->tail,
            };
            list->taps += (uint64_t)taps;
            list->tail = 0;
            any = true;
        }
        list->tail += !any;
    }
}
