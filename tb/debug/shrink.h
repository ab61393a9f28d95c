/* Makes a failing run small: the fewest layers, then the smallest map, the fewest channels and the emptiest masks that still fail. */
#ifndef DPACS_SHRINK_H
#define DPACS_SHRINK_H

#include "arena.h"
#include "golden.h"
#include "image.h"
#include "sim.h"

enum { SHRINK_LAYERS = 256, SHRINK_OCTETS = 512, SHRINK_IMAGES = 2, SHRINK_POSITIONS = 256 * 256 /* DP_MAX_SIZE squared */ };

typedef enum { SHRINK_MASKS_OWN, SHRINK_MASKS_GIVEN, SHRINK_MASKS_NONE } shrink_masks;

/* A part of a network. Channels go in octets, intermediate ones in groups; a block without shortcut has the octets of its input. */
typedef struct {
    int first, last; /* layers */
    int images; /* the last so many */
    int y, x, h, w; /* of the first layer's input */
    shrink_masks spatial, channel;
    /* [0] input of the first layer, [i] output of layer first + i - 1: 1 stays */
    uint8_t octet[SHRINK_LAYERS + 1][SHRINK_OCTETS];
    uint8_t group[SHRINK_LAYERS][DP_MAX_GROUPS]; /* [i] of layer first + i */
    uint8_t position[SHRINK_POSITIONS]; /* (h, w) of the whole first input: 0 is pruned, where masks are given */
} shrink_part;

/* What is cut: a network, and golden's run of each image. */
typedef struct {
    const dp_model *model;
    const golden_run *golden[SHRINK_IMAGES];
    const int8_t *pixels[SHRINK_IMAGES];
    int images;
} shrink_source;

/* The network of a part, and its images; dp_model_free and image_close them. What makes no network is DP_BAD_INPUT. */
dp_status shrink_cut(const shrink_source *source, const shrink_part *part, dp_model *model, image_set *images,
                     dp_error *err) DP_MUST_USE;
/* Gives a block without shortcut the octets of its input. */
void shrink_join(const shrink_source *source, shrink_part *part);
void shrink_whole(const shrink_source *source, int first, int last, shrink_part *part);

typedef struct {
    sim_options sim; /* build, stalls, seeds; count and log are set here */
    FILE *log; /* what is tried with success; NULL: quiet */
    int runs; /* so many were needed */
} shrink_options;

/* `layer`: where it failed, -1 unknown. DP_OK: `part` still fails, and nothing smaller that was tried. DP_MISMATCH: not even the whole does. */
dp_status shrink_search(const shrink_source *source, int layer, shrink_options *options, shrink_part *part,
                        dp_error *err) DP_MUST_USE;

#endif
