/* What follows from a layer's kind, channels, stride and input size: its convolutions and output
   size; and whether the layers make a network. */
#ifndef DPACS_MODEL_SHAPE_H
#define DPACS_MODEL_SHAPE_H

#include "model.h"

enum {
    DP_MAX_CHANNELS = 4096, /* classes too */
    /* rows or columns of a map: commands and tiles name them in 8 bits (dp_pkg::cmd_t) */
    DP_MAX_SIZE = 255,
    DP_MAX_LAYERS = 256,
    DP_MAX_LAYER_NAME = 22 /* so that "name.shortcut" fits DP_NAME */
};

/* Sets out_h, out_w, convs and the geometry of conv[] from the other numbers and the stem's
   conv[0].kernel. */
void layer_derive(dp_layer *layer);

/* A block that prunes its input in place leaves it as it was where no output is computed, without
   ReLU: the image is 0 to 127 then. */
bool model_takes_negative(const dp_model *model);

/* The part of dp_model_check that needs no tensors: names, order, limits, shapes that chain, masks
   that have a source. */
dp_status model_check_shape(const dp_model *model, const char *origin, dp_error *err) DP_MUST_USE;

#endif
