/* The rules that a network's layout keeps (docs/driver.md). */
#ifndef DPACS_LAYOUT_H
#define DPACS_LAYOUT_H

#include "dpacs.h"

/* NULL, or the rule that is broken: of the network alone, and of the memory that it gets. */
const char *dpacs_layout_wrong(const dpacs_network *n);
const char *dpacs_memory_wrong(const dpacs_network *n, const dpacs_memory *m);

#endif
