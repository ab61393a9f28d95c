/* Tests of scripts/: Python's unittest, one file a test of Criterion. */
#ifndef DPACS_PYTHON_TESTS_H
#define DPACS_PYTHON_TESTS_H

/* Runs tests/DIRECTORY/test_FILE.py. A file of which nothing can run is skipped with its reason. */
void python_tests_run(const char *directory, const char *file);

#endif
