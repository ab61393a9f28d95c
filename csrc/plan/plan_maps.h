/* Which words of the map memory hold what: first fit over the maps that are alive. */
#ifndef DPACS_PLAN_MAPS_H
#define DPACS_PLAN_MAPS_H

#include <stdbool.h>

#include "plan_command.h"

enum { PLAN_MAX_MAPS = 8 }; /* alive at once: image, block input, two intermediates, block output */

typedef struct {
    plan_map alive[PLAN_MAX_MAPS]; /* by base */
    int count;
    int capacity; /* words in a bank */
    int used; /* the most that were needed */
} plan_maps;

/* A map of h x w positions of `slices` words; false if it does not fit (map->words still says what
   it needs). */
bool plan_maps_take(plan_maps *maps, int h, int w, int slices, plan_map *map);
void plan_maps_free(plan_maps *maps, const plan_map *map);

#endif
