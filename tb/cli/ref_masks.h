/* What the masks of every image keep, as lines of JSON: for pictures, and for whoever wants to look at them one by one. */
#ifndef DPACS_REF_MASKS_H
#define DPACS_REF_MASKS_H

#include <stdio.h>

#include "golden.h"

/* One line: the image as the network gets it (int8, two hexadecimal digits each), its classes, and of every block the positions of
   its output that are computed (a string of 0 and 1 for each row) and the groups that stay. label -1: unknown. */
dp_status ref_masks_write(FILE *out, const golden_run *run, const int8_t *pixels, int index, int label,
                          dp_error *err) DP_MUST_USE;

#endif
