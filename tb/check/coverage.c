/* See coverage.h. */
#include "coverage.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "atomic_file.h"
#include "plan_features.h"

static const char magic[] = "# SystemC::Coverage-3\n"; /* the first line that verilator_coverage wants */

struct coverage {
    atomic_file file;
    bool is_open;
    functional *functional;
    const plan *plan;
    int images;
};

dp_status coverage_open(coverage **out, const char *path, const plan *p, const axi_mem_options *memory, dp_error *err) {
    coverage *c = calloc(1, sizeof *c);
    *out = c;
    if (c == NULL) return dp_fail(err, DP_NO_MEMORY, "out of memory");
    c->plan = p;
    dp_status status = functional_create(&c->functional, p, memory, err);
    if (status == DP_OK) status = atomic_open(&c->file, path, err);
    c->is_open = status == DP_OK;
    return status;
}

void coverage_image(coverage *c, const golden_run *run) {
    functional_image(c->functional, run);
    c->images++;
}

/* All that the build has; in how many images the plan uses them. */
static void write_features(const coverage *c, FILE *out) {
    uint32_t used = plan_features(c->plan);
    for (plan_feature f = 0; f < PLAN_FEATURES; f++)
        if (plan_feature_possible(f, &c->plan->geometry))
            (void)fprintf(out, "C '\1page\2v_feature/plan\1o\2%s' %d\n", plan_feature_name(f),
                          (used >> f & 1) != 0 ? c->images : 0);
}

/* Verilator writes to a name, and does not tell whether that worked. So it writes to memory; what is copied from there is checked. */
static dp_status add_rtl(const dut_api *api, dut *device, FILE *out, dp_error *err) {
    char line[4096], name[64];
    int memory = memfd_create("coverage", 0);
    if (memory < 0) return dp_fail(err, DP_NO_MEMORY, "no memory for coverage: %s", strerror(errno));
    (void)snprintf(name, sizeof name, "/proc/self/fd/%d", memory);
    FILE *points = api->coverage(device, name) ? fopen(name, "r") : NULL;
    dp_status status = points != NULL ? DP_OK : dp_fail(err, DP_NO_MEMORY, "%s: no points of coverage", api->geometry.name);
    if (points != NULL) {
        while (fgets(line, sizeof line, points) != NULL)
            if (strcmp(line, magic) != 0) (void)fputs(line, out);
        (void)fclose(points);
    }
    (void)close(memory);
    return status;
}

dp_status coverage_commit(coverage *c, const dut_api *api, dut *device, dp_error *err) {
    FILE *out = c->file.stream;
    (void)fputs(magic, out);
    dp_status status = api->geometry.coverage ? add_rtl(api, device, out, err) : DP_OK;
    if (status != DP_OK) return status;
    functional_write(c->functional, out);
    write_features(c, out);
    c->is_open = false;
    return atomic_commit(&c->file, err);
}

void coverage_close(coverage *c) {
    if (c == NULL) return;
    if (c->is_open) atomic_abandon(&c->file);
    functional_free(c->functional);
    free(c);
}
