/* Where the hardware builds lie: build/dut beside the program, or $DPACS_DUT_DIR. */
#ifndef DPACS_DUT_FILE_H
#define DPACS_DUT_FILE_H

#include <limits.h>
#include <stdbool.h>

/* The file of a build, there or not; false if that cannot be the name of one. */
bool dut_file(const char *name, char path[PATH_MAX]);

#endif
