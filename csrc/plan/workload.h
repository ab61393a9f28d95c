/* What the masks leave to do: work, bytes and the limit that every run is measured against. */
#ifndef DPACS_WORKLOAD_H
#define DPACS_WORKLOAD_H

#include "golden.h"

typedef struct {
    uint64_t macs, macs_dense; /* left by the masks; without any */
    uint64_t bytes_weights; /* each kept weight group once */
    /* quantization parameters, image (the first layer's input), head's biases, logits; mask units
       and saliency are free */
    uint64_t bytes_other;
    double limit_cycles; /* the larger of macs / peak and bytes / bandwidth */
} workload;

/* What it is done on, each in a cycle. */
typedef struct {
    bool parallel; /* all taps of a window count; serial: those on kept positions */
    double macs; /* peak of the build */
    double bytes; /* that the memory sustains */
} workload_machine;

/* Of one convolution, after golden_compute. */
void workload_conv(const golden_run *run, int layer, int conv, const workload_machine *on, workload *out);
/* Of the head, which is layer `layer`. */
void workload_head(const golden_run *run, int layer, const workload_machine *on, workload *out);
/* Of any layer: the sum over its convolutions, or the head. */
void workload_layer(const golden_run *run, int layer, const workload_machine *on, workload *out);
void workload_add(workload *sum, const workload *part);

#endif
