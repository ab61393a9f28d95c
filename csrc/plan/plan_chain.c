/* Which blocks run as a chain, and the line buffers between their convolutions. */
#include "plan_parts.h"

static bool reads_groups(const dp_conv *conv) { return conv->role == DP_CONV2 || conv->role == DP_CONV3; }

static bool writes_groups(const dp_layer *layer, const dp_conv *conv) {
    return conv->role == DP_CONV1 || (conv->role == DP_CONV2 && layer->kind == DP_BOTTLENECK);
}

int plan_cin(const plan_walk *w, const dp_layer *layer, const dp_conv *conv) {
    return plan_grouped(w, layer) && reads_groups(conv) ? layer->keep * layer->group : conv->cin;
}

int plan_cout(const plan_walk *w, const dp_layer *layer, const dp_conv *conv) {
    return plan_grouped(w, layer) && writes_groups(layer, conv) ? layer->keep * layer->group : conv->cout;
}

bool plan_scores(const plan_walk *w, int layer) {
    const dp_layer *next = plan_next(w, layer);
    return next != NULL && plan_grouped(w, next) && next->channel == DP_MASK_UNIT;
}

/* All weights of a chain stay in the ring until its last row. */
bool plan_chains(const plan_walk *w, int layer) {
    const dp_layer *l = &w->m->layers[layer];
    bool wanted = w->schedule == PLAN_CHAINS || (w->schedule == PLAN_AUTO && w->chain != NULL && w->chain[layer] != 0);
    if (!wanted || w->x_is_image || plan_scores(w, layer)) return false;
    int rows = 0, slices = 0;
    for (int k = 0; k < l->convs; k++) {
        const dp_conv *conv = &l->conv[k];
        if (conv->role == DP_SHORTCUT) continue;
        int words = plan_slices(w, plan_cin(w, l, conv)), cout = plan_cout(w, l, conv);
        int lanes = plan_lanes(w->g, conv->kernel, words, cout), out_slices = (cout + lanes - 1) / lanes;
        rows += out_slices * plan_weight_rows(w->g, conv->kernel, words);
        slices += out_slices;
    }
    return rows <= w->g->weight_rows && slices <= PLAN_PARAM_ENTRIES;
}

/* A 3x3 convolution works on three rows, or five of a stride-2 one, while its producer is a row ahead; a 1x1 on one. */
int plan_line_buffer(int h, const dp_conv *reader) {
    int tiles = reader->kernel == 3 ? 2 : 1;
    return (h + 2) / 3 > tiles ? tiles : 0;
}
