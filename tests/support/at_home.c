/* Every test program begins in the project's folder and knows the program to test, from wherever it was started: a file that is linked
   into each of them. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "paths.h"

/* What the environment names relative to where the test was started. */
static void make_absolute(const char *variable) {
    char whole[PATH_MAX];
    const char *named = getenv(variable);
    if (named != NULL && named[0] != '\0' && realpath(named, whole) != NULL) (void)setenv(variable, whole, 1);
}

__attribute__((constructor)) static void go_home(void) {
    char path[PATH_MAX];
    make_absolute("DPACS");
    make_absolute("DPACS_DUT_DIR");
    make_absolute("VECTORS_DIR");
    if (path_beside_program(path, "dpacs")) (void)setenv("DPACS", path, 0);
    if (path_builds(path)) (void)setenv("DPACS_DUT_DIR", path, 0);
    if (!path_in_project(path, "") || chdir(path) != 0) perror("the project's folder");
}
