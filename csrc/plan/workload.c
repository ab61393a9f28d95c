/* See workload.h. */
#include "workload.h"

enum {
    QUANT_BYTES = 16, /* mult, shift, bias and res_mult of one output channel, padded */
    BIAS_BYTES = 4,
    LOGIT_BYTES = 4 /* of one class */
};

static void set_limit(workload *w, const workload_machine *on) {
    double compute = (double)w->macs / on->macs, memory = (double)(w->bytes_weights + w->bytes_other) / on->bytes;
    w->limit_cycles = compute > memory ? compute : memory;
}

void workload_conv(const golden_run *run, int layer, int conv, const workload_machine *on, workload *out) {
    const golden_layer *g = &run->layers[layer];
    const golden_conv *c = &g->conv[conv];
    uint64_t taps = (uint64_t)(c->conv->kernel * c->conv->kernel);
    *out = (workload){
        .macs = on->parallel ? c->macs_parallel : c->macs_serial,
        .macs_dense = c->macs_dense,
        .bytes_weights = (uint64_t)c->cin_kept * (uint64_t)c->cout_kept * taps,
        .bytes_other = QUANT_BYTES * (uint64_t)c->cout_kept,
    };
    if (layer == 0 && conv == 0) out->bytes_other += (uint64_t)(c->conv->in_h * c->conv->in_w) * (uint64_t)c->conv->cin;
    set_limit(out, on);
}

void workload_head(const golden_run *run, int layer, const workload_machine *on, workload *out) {
    const dp_layer *head = run->layers[layer].layer;
    uint64_t weights = (uint64_t)head->in * (uint64_t)head->out;
    *out = (workload){
        .macs = weights,
        .macs_dense = weights,
        .bytes_weights = weights,
        .bytes_other = (BIAS_BYTES + LOGIT_BYTES) * (uint64_t)head->out,
    };
    set_limit(out, on);
}

void workload_layer(const golden_run *run, int layer, const workload_machine *on, workload *out) {
    const dp_layer *l = run->layers[layer].layer;
    if (l->kind == DP_HEAD) {
        workload_head(run, layer, on, out);
        return;
    }
    *out = (workload){0};
    for (int k = 0; k < l->convs; k++) {
        workload part;
        workload_conv(run, layer, k, on, &part);
        workload_add(out, &part);
    }
}

void workload_add(workload *sum, const workload *part) {
    sum->macs += part->macs;
    sum->macs_dense += part->macs_dense;
    sum->bytes_weights += part->bytes_weights;
    sum->bytes_other += part->bytes_other;
    sum->limit_cycles += part->limit_cycles;
}
