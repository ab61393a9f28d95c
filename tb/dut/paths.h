/* Files that belong to the program, wherever it was called from. */
#ifndef DPACS_PATHS_H
#define DPACS_PATHS_H

#include <limits.h>
#include <stdbool.h>

/* `name` in the program's directory (build/), or in the one above (the project). False where that is too long. */
bool path_beside_program(char path[PATH_MAX], const char *name);
bool path_in_project(char path[PATH_MAX], const char *name);

#endif
