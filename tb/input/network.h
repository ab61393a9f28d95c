/* The network of a run: a container, or one that is made. */
#ifndef DPACS_NETWORK_H
#define DPACS_NETWORK_H

#include <argp.h>

#include "gen.h"

/* A .dpm file; gen:NET[,OPTION[=VALUE]…] makes the network instead, with the options of `dpacs gen` (a wrong one ends the program);
   NULL is the default model. */
dp_status network_open(dp_model *model, const char *name, dp_error *err) DP_MUST_USE;

/* models/fmnist-s50c50.dpm of the project, in `room`, or of the current directory. */
const char *network_default(char *room, size_t size);

/* The options of `dpacs gen`, for argp. */
typedef struct {
    gen_options gen;
    const char *shaping; /* the last option that a random network does not take */
    const char *out; /* NULL: no file */
    bool to_file;
} gen_arguments;
extern const struct argp_option gen_option_list[];
error_t gen_parse(int key, char *text, struct argp_state *state);

#endif
