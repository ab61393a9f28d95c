/* What the files behind plan.h share. */
#ifndef DPACS_PLAN_PARTS_H
#define DPACS_PLAN_PARTS_H

#include "plan.h"
#include "plan_maps.h"
#include "plan_weights.h"

/* The mask buffers that a block's convolutions use. */
typedef struct {
    bool on;
    int in, out; /* buffers; equal where the block keeps its resolution */
} plan_masks;

/* State of the walk over the layers. The first failure stays in `status`; what follows it does nothing. */
typedef struct {
    plan *p;
    const dp_model *m;
    const plan_geometry *g;
    bool dense;
    plan_schedule schedule;
    const uint8_t *chain; /* of plan_options */
    bool in_chain; /* what is emitted now belongs to a chain */
    dp_error *err;
    dp_status status;
    plan_memory memory;
    plan_maps maps;
    plan_map x; /* the layer's input */
    bool x_is_image; /* it lies where the image was loaded */
    plan_masks masks; /* of the current block */
    plan_masks next_masks; /* of the next one, where its Mask command has been issued */
    int pairs; /* Mask commands so far */
} plan_walk;

/* Emits the commands of the whole network; p->conv and the commands' memory have been sized. */
void plan_walk_layers(plan_walk *w);

/* plan_emit.c: one command each. */
void plan_emit(plan_walk *w, const plan_command *c);
void plan_emit_image(plan_walk *w, const plan_map *map);
void plan_emit_head(plan_walk *w, int layer, const plan_map *src);
/* `flags` are those that depend on the conv's place; what follows from layer and role is added. */
void plan_emit_conv(plan_walk *w, int layer, const dp_conv *conv, const plan_map *src, const plan_map *dst, uint32_t flags);
/* The mask of block `layer` from its input map; `previous` are the masks of the block that produces the map, NULL where nothing
   produces it. Returns the buffers. */
plan_masks plan_emit_mask(plan_walk *w, int layer, const plan_map *src, const plan_masks *previous);
void plan_emit_groups(plan_walk *w, int layer);

/* Of a convolution of `words` input words: weight rows of an output slice (what the array consumes in a cycle is one row), and output
   channels of a slice: 2*Po where every second word slot would idle (parallel). */
int plan_weight_rows(const plan_geometry *g, int kernel, int words);
int plan_lanes(const plan_geometry *g, int kernel, int words, int cout);
/* plan_chain.c: the block's convolutions are to run as a chain, and they can. */
bool plan_chains(const plan_walk *w, int layer);
/* Tile rows (of three rows) of the buffer between a convolution with `h` output rows and its reader; 0: the whole map is as small. */
int plan_line_buffer(int h, const dp_conv *reader);
/* Channels that a convolution of a block reads and writes: of its intermediates the kept groups. */
int plan_cin(const plan_walk *w, const dp_layer *layer, const dp_conv *conv);
int plan_cout(const plan_walk *w, const dp_layer *layer, const dp_conv *conv);
/* The next block computes its channel mask from this layer's output. */
bool plan_scores(const plan_walk *w, int layer);

int plan_slices(const plan_walk *w, int channels); /* words of a position */
bool plan_grouped(const plan_walk *w, const dp_layer *layer); /* the intermediates are the kept groups */
int plan_patch_words(const dp_model *m, const plan_geometry *g); /* of the stem's patches; 0: it reads the image as a map */
bool plan_is_block(const dp_layer *layer);
const dp_layer *plan_next(const plan_walk *w, int layer); /* NULL after the last */

#endif
