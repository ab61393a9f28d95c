/* The coverage file of a run: points of the RTL, from a build NAME.cover; functional points and the features of the build
   (plan_features.h), from any (docs/coverage.md). */
#ifndef DPACS_COVERAGE_H
#define DPACS_COVERAGE_H

#include "dut.h"
#include "functional.h"

typedef struct coverage coverage;

/* That `path` can be written is seen here, before the run. */
dp_status coverage_open(coverage **c, const char *path, const plan *p, const axi_mem_options *memory, dp_error *err) DP_MUST_USE;
/* An image whose job is done. */
void coverage_image(coverage *c, const golden_run *run);
/* Writes the file whole, in the format of verilator_coverage. Of a run that is not equal nothing is written: close it. */
dp_status coverage_commit(coverage *c, const dut_api *api, dut *device, dp_error *err) DP_MUST_USE;
void coverage_close(coverage *c);

#endif
