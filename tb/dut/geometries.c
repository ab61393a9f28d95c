#include "geometries.h"

#include <stdio.h>
#include <string.h>

typedef struct {
    const char *name;
    int parallel, prune, pi, po, map_words, weight_rows, mask_w, patch_bytes;
} row;

static const row rows[] = {
#include "builds.inc" /* made of builds.mk */
};

static const char dense[] = "-dense";

bool geometry_find(const char *name, dut_geometry *geometry) {
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const row *r = &rows[i];
        size_t length = strlen(r->name);
        bool is_dense = strncmp(name, r->name, length) == 0 && strcmp(name + length, dense) == 0;
        if (!is_dense && strcmp(name, r->name) != 0) continue;
        *geometry = (dut_geometry){.name = name,
                                   .parallel = r->parallel != 0,
                                   .prune = r->prune != 0 && !is_dense,
                                   .pi = r->pi,
                                   .po = r->po,
                                   .map_words = r->map_words,
                                   .weight_rows = r->weight_rows,
                                   .mask_w = r->mask_w,
                                   .patch_bytes = r->patch_bytes};
        return true;
    }
    return false;
}

bool geometry_has(const char *build) {
    static const char *const variants[] = {"", ".trace", ".check", ".cover", ".netlist"};
    dut_geometry ignored;
    char name[DUT_NAME_SIZE];
    int length = (int)strcspn(build, "."), known = 0;
    for (size_t i = 0; i < sizeof variants / sizeof *variants; i++) known += strcmp(build + length, variants[i]) == 0;
    return known > 0 && snprintf(name, sizeof name, "%.*s", length, build) < DUT_NAME_SIZE && geometry_find(name, &ignored);
}
