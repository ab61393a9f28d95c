/* Turns a network into what the hardware walks through: a list of commands and the memory that they
   point into, laid out for one geometry (docs/architecture.md, "Memory images", "Commands"). */
#ifndef DPACS_PLAN_H
#define DPACS_PLAN_H

#include "model.h"
#include "plan_command.h"

enum {
    PLAN_BEAT = 64,
    PLAN_OCTET = 8, /* channels in a run of weights */
    PLAN_MASK_PAIRS = 3,
    PLAN_MAX_PO = 64,
    PLAN_MAX_LAYERS = 256,
    PLAN_PARAM_ENTRIES = 32, /* output slices whose parameters are there at a time */
    PLAN_SCORE_ENTRIES = 8, /* at most, when one with saliency weights is added */
    PLAN_SLOTS = 8 /* images, and logits, that have a place in memory */
};

/* What a build offers. */
typedef struct {
    int pi, po; /* input and output lanes */
    bool parallel, prune;
    int map_words; /* in each of the nine banks */
    int weight_rows; /* of one output slice at least */
    int mask_w; /* widest and highest masked map */
    int patch_bytes; /* of a stem's patch */
} plan_geometry;

/* How the convolutions of a block follow each other (docs/architecture.md): one after another, or
   in a chain wherever the block fits: its weights in the ring at once, and no channel scores made
   by its last convolution; or each block as is said of it. */
typedef enum { PLAN_GANG, PLAN_CHAINS, PLAN_AUTO, PLAN_SCHEDULES } plan_schedule;
const char *plan_schedule_name(plan_schedule schedule); /* gang, chain, auto */

typedef struct {
    bool dense; /* ignores the masks, as golden_options does */
    plan_schedule schedule;
    /* (layer_count) PLAN_AUTO: blocks that run as a chain where they can, as schedule.h chooses
       them. NULL: none, or all where only that fits the build */
    const uint8_t *chain;
} plan_options;

/* One convolution, or the head, in order of execution. What is here depends on shapes, keep and
   geometry alone. */
typedef struct {
    int layer, stage;
    const dp_conv *conv; /* NULL: the head */
    const char *name; /* "b3.conv2", or the head's */
    int cin, cout; /* kept */
    int lanes, slices; /* output channels of a slice: Po, or 2*Po; slices */
    bool chained; /* the next convolution is in the same chain */
    uint32_t weight_beats; /* 64-byte beats of kept weights */
    /* of quantization parameters, saliency weights, channel biases and, on the first one, the
       image */
    uint32_t other_beats;
} plan_conv;

typedef struct {
    const dp_model *model;
    plan_geometry geometry;
    bool dense;
    plan_schedule schedule;
    int chains; /* blocks that run as a chain */
    uint8_t *image; /* (size) what memory holds from address 0 on; never written by the hardware */
    size_t size;
    size_t memory_bytes; /* with the slots, which follow */
    uint32_t cmd_addr;
    int commands; /* with the one that ends a job */
    plan_command *command; /* (commands) what is encoded at cmd_addr */
    uint32_t image_addr, image_bytes, image_stride; /* slot i lies at image_addr + i*image_stride */
    uint32_t logits_addr, logits_bytes, logits_stride; /* logits_bytes is 0 without a head */
    /* a block prunes the image in place, where its ReLU is not applied: needs values of 0..127 */
    bool image_not_negative;
    /* jobs that may be in the hardware at once: 1 where a block works in the image's own place,
       else PLAN_SLOTS */
    int queue;
    int map_words; /* used in each bank */
    int convs;
    plan_conv *conv; /* (convs) */
} plan;

/* What does not fit the build is DP_BAD_INPUT: the message names layer and limit. */
dp_status plan_create(plan *p, const dp_model *m, const plan_geometry *g, plan_options options, dp_error *err) DP_MUST_USE;
void plan_free(plan *p);

/* The convolution of (layer, stage), or NULL. */
const plan_conv *plan_find(const plan *p, int layer, int stage);

#endif
