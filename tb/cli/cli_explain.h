#ifndef DPACS_CLI_EXPLAIN_H
#define DPACS_CLI_EXPLAIN_H

#include <stdio.h>

#include "explain.h"

/* The failure's message, "first wrong stage: …", and what led there. */
void cli_explain_print(const failure_case *c, const explanation *e, FILE *out);

#endif
