/* scripts/accuracy: tests/accuracy/test_table.py on results made up there, tests/accuracy/test_whole.py on the hardware. */
#include <criterion/criterion.h>

#include "python_tests.h"

TestSuite(accuracy, .timeout = 300);

Test(accuracy, table) { python_tests_run("accuracy", "table"); }
Test(accuracy, whole) { python_tests_run("accuracy", "whole"); }
