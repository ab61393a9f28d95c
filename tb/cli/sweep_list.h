/* The lists of `dpacs sweep`: "a,b,c" into sweep_options. Wrong ones end the program through argp_error, as in cli.h. */
#ifndef DPACS_SWEEP_LIST_H
#define DPACS_SWEEP_LIST_H

#include "sweep_plan.h"
#include <argp.h>

void sweep_list_nets(const struct argp_state *state, sweep_options *o, const char *text);
void sweep_list_models(const struct argp_state *state, sweep_options *o, const char *text);
void sweep_list_keeps(const struct argp_state *state, sweep_options *o, const char *text); /* S:C, or S for both, or dense */
void sweep_list_masks(const struct argp_state *state, sweep_options *o, const char *text);
void sweep_list_archs(const struct argp_state *state, sweep_options *o, const char *text);
void sweep_list_schedules(const struct argp_state *state, sweep_options *o, const char *text);
void sweep_list_builds(const struct argp_state *state, sweep_options *o, const char *text);
void sweep_list_bandwidths(const struct argp_state *state, sweep_options *o, const char *text);
void sweep_list_seeds(const struct argp_state *state, sweep_options *o, const char *text);

#endif
