/* models/import and models/train/int_reference.py: the tests of tests/import/, one Python file a test here. */
#include <criterion/criterion.h>

#include "python_tests.h"

TestSuite(import, .timeout = 900);

static void run(const char *file) { python_tests_run("import", file); }

Test(import, families) { run("families"); }
Test(import, onnx) { run("onnx"); }
Test(import, import) { run("import"); }
Test(import, photos) { run("photos"); }
Test(import, reference) { run("reference"); }
Test(import, published) { run("published"); }
