/* What users and units of the cycle model share: times, the memory's options, a layer's counts. */
#ifndef DPACS_CYCLE_TYPES_H
#define DPACS_CYCLE_TYPES_H

#include <stdint.h>

typedef struct {
    int latency; /* cycles from a read's acceptance to its first beat */
    int bandwidth; /* bytes a cycle */
    int reads; /* bursts that the memory holds at most */
} cycle_memory_options;

/* A convolution or the head, summed over the images; counted as results.h counts. */
typedef struct {
    uint64_t cycles; /* from the retirement of the one before it to its own */
    uint64_t macs;
    /* of 64 bytes. Commands and masks belong to the first, logits to the last */
    uint64_t weight_beats, other_beats;
} cycle_layer;

typedef struct cycle_model cycle_model; /* cycle_model.h */

typedef int64_t cycle_time; /* cycles since the host began with the first job */

#define CYCLE_PENDING INT64_MAX /* not known yet */

enum {
    CYCLE_BANKS = 9, /* of the map memory */
    CYCLE_RING = 64 /* of what is in flight between two units: more than any of them holds */
};

static inline cycle_time cycle_later(cycle_time a, cycle_time b) { return a > b ? a : b; }

#endif
