#define _POSIX_C_SOURCE 200809L
#include "paths.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static bool beside(char path[PATH_MAX], int levels, const char *name) {
    char program[PATH_MAX];
    ssize_t length = readlink("/proc/self/exe", program, sizeof program - 1);
    if (length <= 0) return false;
    program[length] = '\0';
    for (int i = 0; i <= levels; i++) {
        char *slash = strrchr(program, '/');
        if (slash == NULL) return false;
        *slash = '\0';
    }
    int written = snprintf(path, PATH_MAX, "%s/%s", program, name);
    return written > 0 && written < PATH_MAX;
}

bool path_beside_program(char path[PATH_MAX], const char *name) { return beside(path, 0, name); }
bool path_in_project(char path[PATH_MAX], const char *name) { return beside(path, 1, name); }
