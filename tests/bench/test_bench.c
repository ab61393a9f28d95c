/* scripts/check/compare.py: tests/bench/test_compare.py. */
#include <criterion/criterion.h>

#include "python_tests.h"

TestSuite(bench, .timeout = 120);

Test(bench, compare) { python_tests_run("bench", "compare"); }
