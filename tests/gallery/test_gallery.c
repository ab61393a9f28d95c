/* scripts/gallery: what its page shows is what golden, PyTorch and the RTL say. */
#include <criterion/criterion.h>

#include "python_tests.h"

TestSuite(gallery, .timeout = 300);

Test(gallery, page) { python_tests_run("gallery", "page"); }
