/* scripts/nightly: the tests of tests/nightly/, one Python file a test here. */
#include <criterion/criterion.h>

#include "python_tests.h"

TestSuite(nightly, .timeout = 600);

static void run(const char *file) { python_tests_run("nightly", file); }

Test(nightly, matrix) { run("matrix"); }
Test(nightly, tools) { run("tools"); }
Test(nightly, store) { run("store"); }
Test(nightly, engine) { run("engine"); }
Test(nightly, real) { run("real"); }
Test(nightly, report) { run("report"); }
Test(nightly, browser) { run("browser"); }
Test(nightly, coverage) { run("coverage"); }
Test(nightly, sizes) { run("sizes"); }
Test(nightly, ci) { run("ci"); }
Test(nightly, slurm) { run("slurm"); }
