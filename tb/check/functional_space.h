/* The space of functional coverage: crosses of axes. A bin is a value of each axis of a cross; values are counted from 0 in the order in
   which docs/coverage.md names them. */
#ifndef DPACS_FUNCTIONAL_SPACE_H
#define DPACS_FUNCTIONAL_SPACE_H

#include <stdbool.h>

typedef enum {
    CROSS_MASKS,
    CROSS_CHANNELS,
    CROSS_SHAPES,
    CROSS_EDGES,
    CROSS_SLICES,
    CROSS_STEMS,
    CROSS_MEMORY,
    CROSSES
} cross_name;

/* Values of axes. */
enum { PARALLEL, SERIAL };
enum { KEEP_NONE, KEEP_ONE, KEEP_FEW, KEEP_HALF, KEEP_MOST, KEEP_ALL };
enum { GROUPS_ONE, GROUPS_SEVERAL, GROUPS_ALL };
enum { MASK_NONE, MASK_COMPUTED, MASK_GIVEN, MASK_SHARED };
enum { BY_NOTHING, BY_GIVEN, BY_AVERAGE, BY_MAXIMUM };
enum { OVER_NONE, OVER_ONE, OVER_SOME, OVER_ALL };
enum { SLICES_3X3, SLICES_1X1, SLICES_SHORTCUT };
enum { STEM_3X3, STEM_7X7 };
enum { CHANNELS_1, CHANNELS_3, CHANNELS_OTHER };

enum { CROSS_AXES = 7, CROSS_VALUES = 6 };

typedef struct {
    const char *name;
    const char *value[CROSS_VALUES + 1]; /* NULL ends them */
} cross_axis;

typedef struct {
    const char *name;
    const cross_axis *axis[CROSS_AXES + 1]; /* NULL ends them */
    bool (*possible)(const int *value); /* of each axis; NULL: all combinations are */
} cross;

extern const cross crosses[CROSSES];

int cross_bins(const cross *c);
int cross_bin(const cross *c, const int *value);
/* The other way. False where the combination cannot be. */
bool cross_values(const cross *c, int bin, int value[CROSS_AXES]);

#endif
