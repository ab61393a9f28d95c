/* dp_image_load: the image's beats become words of the map memory, while port B lets them. A put
   writes up to 64 bytes of a position or, where the stem makes patches, of the image as it came.
   Two beats fit in. */
#ifndef DPACS_CYCLE_IMAGE_H
#define DPACS_CYCLE_IMAGE_H

#include "cycle_sweep.h"

typedef struct {
    cycle_sweep *sweep; /* reads through the same port, and goes first */
    int pi;
    const plan_command *command;
    bool asked; /* its run */
    int beats, loaded;
    cycle_time *load; /* (beats) when each was taken */
    int puts, puts_all;
    int64_t put_bytes; /* so far */
    int freed_count;
    cycle_time *freed; /* (beats+1) when so many beats were written */
    int y, x, word, bank; /* of the next put */
    cycle_time *put; /* (puts_all) */
} cycle_image;

void cycle_image_start(cycle_image *image, const plan_command *c);

/* A beat is shown from a cycle on: when it is taken. */
cycle_time cycle_image_beat(cycle_image *image, cycle_time shown);
/* Whether that is known, puts from `limit` on being unknown. */
bool cycle_image_takes(cycle_image *image, cycle_time limit);

/* All bytes of the next put have been taken. */
bool cycle_image_may_put(const cycle_image *image);
void cycle_image_put(cycle_image *image);

/* Puts until rows up to `row`, or words up to `word` of the image as it came, are there. */
int cycle_image_row_puts(const cycle_image *image, int row);
int cycle_image_word_puts(const cycle_image *image, int word);

#endif
