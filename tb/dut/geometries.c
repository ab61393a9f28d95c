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

static const char dense[] = "-dense", board[] = "-board";

/* How many ports what follows the geometry's name says; -1: it says something else. */
static int ports_of(const char *end) {
    const size_t length = sizeof board - 1;
    if (*end == '\0') return 0;
    if (strncmp(end, board, length) != 0) return -1;
    if (end[length] == '\0') return DUT_PORTS;
    return end[length] >= '1' && end[length] < '0' + DUT_PORTS && end[length + 1] == '\0' ? end[length] - '0' : -1;
}

bool geometry_find(const char *name, dut_geometry *geometry) {
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const row *r = &rows[i];
        size_t length = strlen(r->name);
        if (strncmp(name, r->name, length) != 0) continue;
        bool is_dense = strncmp(name + length, dense, sizeof dense - 1) == 0;
        int ports = ports_of(name + length + (is_dense ? sizeof dense - 1 : 0));
        if (ports < 0) continue;
        *geometry = (dut_geometry){.name = name,
                                   .parallel = r->parallel != 0,
                                   .prune = r->prune != 0 && !is_dense,
                                   .pi = r->pi,
                                   .po = r->po,
                                   .map_words = r->map_words,
                                   .weight_rows = r->weight_rows,
                                   .mask_w = r->mask_w,
                                   .patch_bytes = r->patch_bytes,
                                   .ports = ports};
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
