#include "plan_shape.h"

enum { WORD_SLOTS = 9, DUAL_WORDS = 4, MAX_PATCH_WORDS = 15 };

static int divide_up(int n, int unit) { return (n + unit - 1) / unit; }

const dp_layer *plan_next(const plan_input *in, int layer) {
    return layer + 1 < in->m->layer_count ? &in->m->layers[layer + 1] : NULL;
}

int plan_slices(const plan_geometry *g, int channels) { return divide_up(channels, g->pi); }

int plan_patch_words(const dp_model *m, const plan_geometry *g) {
    const dp_layer *l = &m->layers[0];
    int bytes = l->conv[0].kernel * l->conv[0].kernel * l->in, words = divide_up(bytes, g->pi);
    bool small = l->kind == DP_STEM && (l->in == 1 || l->in == 3) && bytes <= g->patch_bytes;
    return small && words <= MAX_PATCH_WORDS ? words : 0;
}

bool plan_grouped(const plan_input *in, const dp_layer *layer) {
    return dp_is_block(layer) && !in->dense && layer->channel != DP_MASK_NONE;
}

/* Of a convolution of one layer: of a block's intermediates the kept groups. */
static void choose_channels(const plan_input *in, const dp_layer *layer, const dp_conv *conv, plan_shape *s) {
    bool reads_mid = conv->role == DP_CONV2 || conv->role == DP_CONV3;
    bool writes_mid = conv->role == DP_CONV1 || (conv->role == DP_CONV2 && layer->kind == DP_BOTTLENECK);
    bool grouped = plan_grouped(in, layer);
    s->cin = grouped && reads_mid ? layer->keep * layer->group : conv->cin;
    s->cout = grouped && writes_mid ? layer->keep * layer->group : conv->cout;
}

static int weight_rows(const plan_geometry *g, const plan_shape *s) {
    if (!g->parallel) return s->words * s->kernel * s->kernel;
    return s->kernel == 3 || s->packed ? s->words : divide_up(s->words, WORD_SLOTS);
}

plan_shape plan_shape_conv(const plan_input *in, const dp_layer *layer, const dp_conv *conv) {
    const plan_geometry *g = in->g;
    int patch_words = layer->kind == DP_STEM ? plan_patch_words(in->m, g) : 0;
    plan_shape s = {.kernel = conv->kernel};
    choose_channels(in, layer, conv, &s);
    s.words = plan_slices(g, s.cin);
    if (patch_words > 0) { /* a 1x1 convolution of patches */
        s.kernel = 1;
        s.words = patch_words;
        s.patches = true;
        s.packed = g->parallel && patch_words > WORD_SLOTS;
    }
    bool dual = g->parallel && s.kernel == 1 && s.words <= DUAL_WORDS && s.cout > g->po;
    s.lanes = dual ? 2 * g->po : g->po;
    s.slices = divide_up(s.cout, s.lanes);
    s.rows = weight_rows(g, &s);
    return s;
}

plan_shape plan_shape_head(const plan_input *in, const dp_layer *layer) {
    plan_shape s = {.cin = layer->in, .cout = layer->out, .kernel = 1, .lanes = in->g->po};
    s.words = plan_slices(in->g, s.cin);
    s.slices = divide_up(s.cout, s.lanes);
    s.rows = weight_rows(in->g, &s);
    return s;
}

const dp_conv *plan_main_conv(const dp_layer *layer, int k) {
    for (int i = 0; i < layer->convs; i++)
        if (layer->conv[i].role != DP_SHORTCUT && k-- == 0) return &layer->conv[i];
    return NULL;
}

const dp_conv *plan_shortcut(const dp_layer *layer) {
    for (int i = 0; i < layer->convs; i++)
        if (layer->conv[i].role == DP_SHORTCUT) return &layer->conv[i];
    return NULL;
}

const dp_layer *plan_scored(const plan_input *in, int layer) {
    const dp_layer *next = plan_next(in, layer);
    return next != NULL && plan_grouped(in, next) && next->channel == DP_MASK_UNIT ? next : NULL;
}

/* All weights of a chain stay in the ring until its last row. */
bool plan_chains(const plan_input *in, int layer, bool from_image) {
    const dp_layer *l = &in->m->layers[layer];
    bool wanted = in->schedule == PLAN_CHAINS || (in->schedule == PLAN_AUTO && in->chain != NULL && in->chain[layer] != 0);
    if (!wanted || from_image || plan_scored(in, layer) != NULL) return false;
    const dp_conv *conv;
    int rows = 0, slices = 0;
    for (int k = 0; (conv = plan_main_conv(l, k)) != NULL; k++) {
        plan_shape s = plan_shape_conv(in, l, conv);
        rows += s.slices * s.rows;
        slices += s.slices;
    }
    return rows <= in->g->weight_rows && slices <= PLAN_PARAM_ENTRIES;
}

/* A 3x3 convolution works on three rows, or five of a stride-2 one, while its producer is a row
   ahead; a 1x1 on one. */
int plan_line_buffer(int h, const dp_conv *reader) {
    int tiles = reader->kernel == 3 ? 2 : 1;
    return divide_up(h, 3) > tiles ? tiles : 0;
}
