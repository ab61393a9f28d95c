/* A file that appears whole or not at all: written beside its final name, synced, renamed. A pipe
   takes what is written at once. */
#ifndef DPACS_ATOMIC_FILE_H
#define DPACS_ATOMIC_FILE_H

#include <stdio.h>

#include "status.h"

typedef struct {
    const char *path; /* the caller's */
    char *temporary; /* NULL: a pipe */
    FILE *stream; /* for fwrite; errors are collected and reported by atomic_commit */
} atomic_file;

dp_status atomic_open(atomic_file *file, const char *path, dp_error *err) DP_MUST_USE;
/* Ends the writing either way; on failure nothing is left behind and an older file is untouched. */
dp_status atomic_commit(atomic_file *file, dp_error *err) DP_MUST_USE;
void atomic_abandon(atomic_file *file);

#endif
