/* What a run found out, summed over its images: correctness, cycles against the limit, and what the masks saved, layer by layer. */
#ifndef DPACS_RESULTS_H
#define DPACS_RESULTS_H

#include <stdio.h>

#include "cycle_model.h"
#include "scoreboard.h"
#include "workload.h"

typedef struct {
    char name[DP_NAME]; /* "stem", "b1.conv2", "head" */
    const char *kind; /* conv3x3, conv1x1, shortcut, stem, head */
    int layer; /* of the model */
    uint64_t cycles, cause[DUT_CAUSES]; /* all; by what they were spent on */
    cycle_layer model; /* what the cycle model says */
    workload limit; /* what the masks leave, and what nothing pruned would take */
    uint64_t bytes_weights, bytes_other; /* moved over the memory bus */
    uint64_t positions, positions_kept; /* of the output */
    uint64_t groups, groups_kept; /* of a block's intermediate channels; 0 of 0 where none are touched */
} layer_result;

typedef struct {
    char model[DP_NAME * 2];
    char build[DUT_NAME_SIZE];
    const char *arch; /* parallel, serial */
    const char *schedule; /* gang, chain, auto */
    int chains, blocks; /* blocks that ran as a chain, all blocks */
    int map_words; /* of the map memory used, in each bank */
    int peak_macs, bandwidth; /* MACs and bytes a cycle */
    int images, labelled,
        correct; /* images whose job is done; of those with a label, where the network runs with its own masks */
    bool masks_ignored; /* it has some, and ran without: what it answers says nothing about it */
    int classes, foreign_classes; /* of the network; of labels that were left out because they are of another number (0: none) */
    bool complete; /* else the numbers of an unfinished image are in the sums too */
    uint64_t tiles_checked, tiles_failed, failures;
    uint64_t cycles; /* from the first start to the last interrupt */
    uint64_t *image_cycles; /* of each finished image, from the interrupt of the one before (first: from its start) to its own */
    int image_room;
    bool modelled; /* model_cycles are there */
    bool predicted; /* and nothing else: no hardware ran */
    uint64_t model_cycles; /* the same as `cycles`, says the cycle model */
    double seconds;
    layer_result total; /* sums; its cycles are those of the layers */
    int layer_count;
    layer_result *layers;
} results;

/* `bandwidth`: bytes a cycle that the memory sustains. */
dp_status results_create(results *r, const plan *p, const dut_geometry *geometry, int bandwidth, dp_error *err) DP_MUST_USE;
void results_free(results *r);

/* What reports call a convolution: "stem", "b1.conv2", "head". */
const char *results_name(const plan *p, const plan_conv *pc);

/* A finished image, as golden computed it; `logits` are the hardware's (NULL without a head), label -1 is unknown. */
void results_add_image(results *r, const plan *p, const golden_run *run, const int32_t *logits, int label);
/* Its cycles, in order; NULL `image_cycles` where nothing measured them. */
dp_status results_add_cycles(results *r, uint64_t cycles, dp_error *err) DP_MUST_USE;
/* What the hardware did. Beats on the bus that belong to no convolution (image, commands, masks) go to the first layer, those
   written (logits) to the last. */
void results_add_hardware(results *r, const scoreboard *board, uint64_t beats_read, uint64_t beats_written);

/* What the cycle model says of the same images. */
void results_add_model(results *r, const cycle_model *model);
/* DP_MISMATCH, and which layer, where a layer took other cycles than the model says. */
dp_status results_check_model(const results *r, dp_error *err) DP_MUST_USE;
/* The same where no hardware ran: cycles and bytes are the model's. */
void results_predict(results *r, const cycle_model *model);

/* One object with the fields that docs/usage.md lists. */
dp_status results_write_json(const results *r, FILE *out, dp_error *err) DP_MUST_USE;

/* One screen for people. `dense`: one image without pruning, or NULL. */
void results_print(const results *r, const results *dense, FILE *out);
/* The same of a prediction. */
void results_print_prediction(const results *r, FILE *out);
/* A line a layer: its cycles by what they were spent on, summed over the images. */
void results_print_causes(const results *r, FILE *out);

#endif
