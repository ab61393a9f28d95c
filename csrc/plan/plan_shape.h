/* What follows from network and build before anything has its place: which channels stay, how a
   convolution lies on the array, which blocks can be chains. */
#ifndef DPACS_PLAN_SHAPE_H
#define DPACS_PLAN_SHAPE_H

#include "plan.h"

/* What a plan is made of. */
typedef struct {
    const dp_model *m;
    const plan_geometry *g;
    bool dense;
    plan_schedule schedule;
    const uint8_t *chain; /* of plan_options */
} plan_input;

const dp_layer *plan_next(const plan_input *in, int layer); /* NULL after the last */
int plan_slices(const plan_geometry *g, int channels); /* words of a position */
/* of the stem's patches; 0: it reads the image as a map */
int plan_patch_words(const dp_model *m, const plan_geometry *g);
/* the intermediates are the kept groups */
bool plan_grouped(const plan_input *in, const dp_layer *layer);

/* A convolution, or the head, on the array. */
typedef struct {
    int cin, cout; /* channels that stay */
    int kernel; /* 1: patches too */
    int words; /* of a position, or of a patch */
    bool patches;
    bool packed; /* patches of more words than a cycle takes follow each other without gaps */
    /* output channels of a slice: Po, or 2*Po where every second word slot would idle (parallel) */
    int lanes;
    int slices; /* output slices */
    int rows; /* weight rows of an output slice: what the array consumes in a cycle is one row */
} plan_shape;
plan_shape plan_shape_conv(const plan_input *in, const dp_layer *layer, const dp_conv *conv);
plan_shape plan_shape_head(const plan_input *in, const dp_layer *layer);

/* The k-th convolution of a block, shortcut aside; NULL after the last. And the shortcut, or
   NULL. */
const dp_conv *plan_main_conv(const dp_layer *layer, int k);
const dp_conv *plan_shortcut(const dp_layer *layer);

/* The block whose channel mask is computed from this layer's output, or NULL. */
const dp_layer *plan_scored(const plan_input *in, int layer);
/* The block's convolutions are to run as a chain, and they can. `from_image`: it reads the
   image. */
bool plan_chains(const plan_input *in, int layer, bool from_image);
/* Tile rows (of three rows) of the buffer between a convolution with `h` output rows and its
   reader; 0: the whole map is as small. */
int plan_line_buffer(int h, const dp_conv *reader);

#endif
