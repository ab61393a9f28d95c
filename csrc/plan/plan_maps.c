/* See plan_maps.h. */
#include "plan_maps.h"

#include <string.h>

bool plan_maps_take(plan_maps *maps, int h, int w, int slices, plan_map *map) {
    int base = 0, at = 0;
    *map = (plan_map){.w = w, .h = h, .slices = slices, .words = (h + 2) / 3 * ((w + 2) / 3) * slices};
    while (at < maps->count && maps->alive[at].base - base < map->words) {
        base = maps->alive[at].base + maps->alive[at].words;
        at++;
    }
    if (base + map->words > maps->capacity || maps->count == PLAN_MAX_MAPS) return false;
    map->base = base;
    memmove(&maps->alive[at + 1], &maps->alive[at], (size_t)(maps->count - at) * sizeof maps->alive[0]);
    maps->alive[at] = *map;
    maps->count++;
    if (base + map->words > maps->used) maps->used = base + map->words;
    return true;
}

void plan_maps_free(plan_maps *maps, const plan_map *map) {
    for (int i = 0; i < maps->count; i++) {
        if (maps->alive[i].base != map->base) continue;
        maps->count--;
        memmove(&maps->alive[i], &maps->alive[i + 1], (size_t)(maps->count - i) * sizeof maps->alive[0]);
        return;
    }
}
