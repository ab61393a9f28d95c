/* scripts/tradeoff: tests/tradeoff/test_fronts.py on made-up numbers, tests/tradeoff/test_run.py on the hardware. */
#include <criterion/criterion.h>

#include "python_tests.h"

TestSuite(tradeoff, .timeout = 300);

Test(tradeoff, fronts) { python_tests_run("tradeoff", "fronts"); }
Test(tradeoff, run) { python_tests_run("tradeoff", "run"); }
