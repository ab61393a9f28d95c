/* A network as a table for people: `dpacs info`. */
#ifndef DPACS_INFO_H
#define DPACS_INFO_H

#include <stdio.h>

#include "model.h"

void info_print(const dp_model *model, FILE *out);

#endif
