/* What explain.h finds out, as it grows: the stage, and lines of text. */
#ifndef DPACS_EXPLANATION_H
#define DPACS_EXPLANATION_H

#include <stddef.h>

typedef struct {
    const char *stage; /* docs/debugging.md, "Stages" */
    char text[1 << 14]; /* lines */
    size_t used;
} explanation;

void explain_say(explanation *e, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
