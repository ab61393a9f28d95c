/* What a hardware build was made of, so that one that is out of date is not taken for the RTL as it is. */
#ifndef DPACS_DUT_SOURCES_H
#define DPACS_DUT_SOURCES_H

#include <stdbool.h>

enum { DUT_SOURCES_SIZE = 64 + 1 + 64 + 1 };

/* "RTL SHIM", two checksums as dut.mk has them: of the build's line in builds.mk with all that Verilator reads, and of the C interface.
   False where `project` holds no rtl/files.f: then nothing can be said. */
bool dut_sources(const char *project, const char *build, char text[DUT_SOURCES_SIZE]);

/* The difference in words, NULL: none. */
const char *dut_sources_differ(const char *made_of, const char *now);

#endif
