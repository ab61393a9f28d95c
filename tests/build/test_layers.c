/* scripts/build: tests/build/test_layers.py. */
#include <criterion/criterion.h>

#include "python_tests.h"

TestSuite(layers, .timeout = 120);

Test(layers, are_proved) { python_tests_run("build", "layers"); }
