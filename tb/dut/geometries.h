/* The hardware builds of builds.mk, whether they are made or not. */
#ifndef DPACS_GEOMETRIES_H
#define DPACS_GEOMETRIES_H

#include "dut.h"

/* NAME, or NAME-dense: the same without pruning logic; either with -board (four memory ports) or -board1 to -board3 after it.
   `geometry->name` is `name`. */
bool geometry_find(const char *name, dut_geometry *geometry);
/* Whether `make` knows a build: those, and NAME.trace, NAME.check, NAME.cover, NAME.netlist. */
bool geometry_has(const char *build);

#endif
