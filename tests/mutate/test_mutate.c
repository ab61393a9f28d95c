/* scripts/mutate: the tests of tests/mutate/, one Python file a test here. */
#include <criterion/criterion.h>

#include "python_tests.h"

TestSuite(mutate, .timeout = 600);

static void run(const char *file) { python_tests_run("mutate", file); }

Test(mutate, sites) { run("sites"); }
Test(mutate, campaign) { run("campaign"); }
