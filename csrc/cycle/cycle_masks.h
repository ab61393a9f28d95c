/* What the masks' makers and users tell each other: when pairs of spatial masks and the channel
   mask are complete, when a pair and the image's place may be overwritten. CYCLE_PENDING: not known
   yet. */
#ifndef DPACS_CYCLE_MASKS_H
#define DPACS_CYCLE_MASKS_H

#include "cycle_types.h"

typedef struct {
    int groups_open; /* channel masks that are expected */
    cycle_time groups_done; /* the last one */
    cycle_time pair_valid[4], pair_free[4];
    cycle_time image_free;
} cycle_masks;

#endif
