/* Files that belong to the program, wherever it was called from and wherever it lies: in build/ of a project, installed below a prefix
   (install.mk), or copied. */
#ifndef DPACS_PATHS_H
#define DPACS_PATHS_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

/* Each returns false where that is too long a name, or nothing is known of where the program is. */

/* The program itself. */
bool path_program(char path[PATH_MAX]);

/* The directory of the hardware builds: $DPACS_DUT_DIR, or where they are made or installed. */
bool path_builds(char path[PATH_MAX]);

/* What the program reads: `name` in the project or below PREFIX/lib/dpacs, whose folders are the same. */
bool path_in_project(char path[PATH_MAX], const char *name);

/* What the program writes: `name` in build/ beside it; of an installed one in $XDG_STATE_HOME/dpacs (~/.local/state/dpacs), which is
   made. */
bool path_beside_program(char path[PATH_MAX], const char *name);

/* As one word of the shell, in quotes where it needs them. False where there is no room. */
bool path_quote(char *out, size_t size, const char *text);

#endif
