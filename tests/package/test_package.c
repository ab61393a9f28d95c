/* `make package`, and the core file for FuseSoC: the tests of tests/package/, one Python file a test here. */
#include <criterion/criterion.h>

#include "python_tests.h"

TestSuite(package, .timeout = 600);

Test(package, package) { python_tests_run("package", "package"); }
Test(package, fusesoc) { python_tests_run("package", "fusesoc"); }
