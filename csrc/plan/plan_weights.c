/* See plan_weights.h. */
#include "plan_weights.h"

#include <stdlib.h>
#include <string.h>

#include "plan.h"

enum {
    QUANT_BEATS = 2,
    QUANT_BYTES = 16, /* of one output channel */
    WF_GROUPS = 8, /* groups of saliency weights in a beat */
    BF_GROUPS = 16, /* channel biases in a beat */
    BITMAP_ROW = 8, /* bytes */
    SLOTS = 9 /* words of a weight row, parallel */
};

static int divide_up(int n, int unit) { return (n + unit - 1) / unit; }

static size_t align_up(size_t n, size_t unit) { return (n + unit - 1) / unit * unit; }

uint32_t plan_memory_take(plan_memory *mem, size_t bytes, size_t align) {
    size_t at = align_up(mem->size, align), end = at + align_up(bytes, PLAN_BEAT);
    if (mem->failed || end > UINT32_MAX) {
        mem->failed = true;
        return 0;
    }
    if (end > mem->capacity) {
        size_t capacity = end + end / 2;
        uint8_t *data = realloc(mem->data, capacity);
        if (data == NULL) {
            mem->failed = true;
            return 0;
        }
        memset(data + mem->capacity, 0, capacity - mem->capacity);
        mem->data = data;
        mem->capacity = capacity;
    }
    mem->size = end;
    return (uint32_t)at;
}

static void put_bytes(uint8_t *to, uint64_t value, int bytes) {
    for (int i = 0; i < bytes; i++) to[i] = (uint8_t)(value >> (8 * i));
}

int plan_records_wf_beats(const plan_records *r) { return r->scored == NULL ? 0 : divide_up(r->scored->groups, WF_GROUPS); }

int plan_records_aux_beats(const plan_records *r) { return QUANT_BEATS + plan_records_wf_beats(r); }

/* Octets of input channels that a record holds, a beat for each and tap. */
static int weight_octets(const plan_records *r) {
    return r->packed_words > 0 ? r->packed_words * SLOTS * r->word_octets : divide_up(r->cin, PLAN_OCTET);
}

int plan_records_beats(const plan_records *r) { return plan_records_aux_beats(r) + weight_octets(r) * r->kernel * r->kernel; }

static void put_quant(const plan_records *r, int oc, uint8_t *to) {
    const dp_conv *q = r->quant;
    if (q == NULL) { /* logits are the accumulators and the bias */
        put_bytes(to, 1, 2);
        put_bytes(to + 8, (uint64_t)(int64_t)r->head_bias[oc], 8);
        return;
    }
    put_bytes(to, (uint64_t)q->mult[oc], 2);
    to[2] = q->shift[oc];
    if (q->res_mult != NULL) put_bytes(to + 4, (uint64_t)q->res_mult[oc], 4);
    put_bytes(to + 8, (uint64_t)q->bias[oc], 8);
}

/* The weights of output channel oc into its places of a record: `to` is its octet's first weight
   beat. */
static void put_filter(const plan_records *r, int oc, uint8_t *to) {
    int taps = r->kernel * r->kernel;
    const int8_t *from = r->weight + (size_t)oc * (size_t)(r->cin * taps);
    uint8_t *row = to + oc % PLAN_OCTET * PLAN_OCTET;
    for (int ic = 0; ic < r->cin; ic++)
        for (int tap = 0; tap < taps; tap++, from++)
            row[(size_t)(ic / PLAN_OCTET * taps + tap) * PLAN_BEAT + (size_t)(ic % PLAN_OCTET)] = (uint8_t)*from;
}

/* The same for patches, whose bytes lie channel fastest. Packed ones repeat: row j, slot i holds
   word (9j+i) % packed_words. */
static void put_filter_patch(const plan_records *r, int oc, uint8_t *to) {
    int channels = r->patch_channels, taps = r->cin / channels, octets = weight_octets(r);
    const int8_t *from = r->weight + (size_t)oc * (size_t)r->cin;
    uint8_t *row = to + oc % PLAN_OCTET * PLAN_OCTET;
    for (int o = 0; o < octets; o++) {
        int word = o / r->word_octets, octet = o;
        if (r->packed_words > 0) octet = word % r->packed_words * r->word_octets + o % r->word_octets;
        for (int b = 0; b < PLAN_OCTET; b++) {
            int at = octet * PLAN_OCTET + b;
            if (at < r->cin) row[(size_t)o * PLAN_BEAT + (size_t)b] = (uint8_t)from[at % channels * taps + at / channels];
        }
    }
}

static void put_saliency(const dp_layer *scored, int oc, uint8_t *to) {
    for (int g = 0; g < scored->groups; g++)
        to[g * PLAN_OCTET + oc % PLAN_OCTET] = (uint8_t)scored->channel_weight[(size_t)g * (size_t)scored->in + (size_t)oc];
}

uint32_t plan_write_records(plan_memory *mem, const plan_records *r) {
    size_t record = (size_t)plan_records_beats(r) * PLAN_BEAT;
    uint32_t at = plan_memory_take(mem, record * (size_t)divide_up(r->cout, PLAN_OCTET), PLAN_BEAT);
    if (mem->failed) return 0;
    for (int oc = 0; oc < r->cout; oc++) {
        uint8_t *octet = mem->data + at + record * (size_t)(oc / PLAN_OCTET);
        put_quant(r, oc, octet + oc % PLAN_OCTET * QUANT_BYTES);
        if (r->scored != NULL) put_saliency(r->scored, oc, octet + (size_t)QUANT_BEATS * PLAN_BEAT);
        uint8_t *weights = octet + (size_t)plan_records_aux_beats(r) * PLAN_BEAT;
        if (r->patch_channels > 0)
            put_filter_patch(r, oc, weights);
        else
            put_filter(r, oc, weights);
    }
    return at;
}

uint32_t plan_write_channel_bias(plan_memory *mem, const dp_layer *scored) {
    uint32_t at = plan_memory_take(mem, (size_t)divide_up(scored->groups, BF_GROUPS) * PLAN_BEAT, PLAN_BEAT);
    if (mem->failed) return 0;
    for (int g = 0; g < scored->groups; g++) put_bytes(mem->data + at + 4 * g, (uint64_t)scored->channel_bias[g], 4);
    return at;
}

uint32_t plan_write_mask_weights(plan_memory *mem, const dp_layer *layer, int pi) {
    int row_words = 9, rows = divide_up(divide_up(layer->in, pi), row_words);
    size_t stride = align_up((size_t)(row_words * pi), PLAN_BEAT);
    uint32_t at = plan_memory_take(mem, stride * (size_t)rows, PLAN_BEAT);
    if (mem->failed) return 0;
    for (int c = 0; c < layer->in; c++)
        mem->data[at + stride * (size_t)(c / (row_words * pi)) + (size_t)(c % (row_words * pi))] =
            (uint8_t)layer->spatial_weight[c];
    return at;
}

uint32_t plan_write_mask_bitmap(plan_memory *mem, const dp_layer *layer) {
    uint32_t at = plan_memory_take(mem, (size_t)layer->in_h * BITMAP_ROW, PLAN_BEAT);
    if (mem->failed) return 0;
    for (int y = 0; y < layer->in_h; y++)
        for (int x = 0; x < layer->in_w; x++)
            if (layer->spatial_given[y * layer->in_w + x] != 0)
                mem->data[at + (size_t)y * BITMAP_ROW + (size_t)(x / 8)] |= (uint8_t)(1 << (x % 8));
    return at;
}

uint32_t plan_write_group_bitmap(plan_memory *mem, const dp_layer *layer) {
    uint32_t at = plan_memory_take(mem, DP_MAX_GROUPS / 8, PLAN_BEAT);
    if (mem->failed) return 0;
    for (int g = 0; g < layer->groups; g++)
        if (layer->channel_given[g] != 0) mem->data[at + (size_t)(g / 8)] |= (uint8_t)(1 << (g % 8));
    return at;
}
