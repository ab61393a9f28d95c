/* `dpacs COMMAND …`: one function a command, each with its own options, and what they share. */
#ifndef DPACS_CLI_H
#define DPACS_CLI_H

#include <argp.h>

#include "image.h"

#define DPACS_VERSION "1.0"

/* Each takes its arguments with argv[0] = "dpacs COMMAND" and returns the exit code. Wrong usage ends the program with DP_BAD_INPUT. */
int cli_sim(int argc, char **argv);
int cli_ref(int argc, char **argv);
int cli_model(int argc, char **argv);
int cli_info(int argc, char **argv);
int cli_gen(int argc, char **argv);
int cli_vectors(int argc, char **argv);
int cli_sweep(int argc, char **argv);
int cli_explain(int argc, char **argv);
int cli_shrink(int argc, char **argv);
int cli_builds(int argc, char **argv);

/* cli.c: picks the command. */
int cli_main(int argc, char **argv);

/* Prints "dpacs: message" on stderr; returns `status`. */
int cli_fail(dp_status status, const dp_error *err);

/* Values of options; a wrong one ends the program through argp_error, which names option and value. */
int64_t cli_int(const struct argp_state *state, const char *option, const char *text, int64_t low, int64_t high);
double cli_fraction(const struct argp_state *state, const char *option, const char *text); /* 0..1 */
/* Index in `choices` ("a|b|c"). */
int cli_choice(const struct argp_state *state, const char *option, const char *text, const char *choices);

/* models/fmnist-s50c50.dpm of the project, in `room`, or of the current directory. */
const char *cli_default_model(char *room, size_t size);

/* cli_network.c: a .dpm file; gen:NET[,OPTION[=VALUE]…] makes the network instead, with the options of `dpacs gen` (a wrong one ends
   the program); NULL is the default model. */
dp_status cli_open_model(dp_model *model, const char *name, dp_error *err) DP_MUST_USE;

/* cli_input.c: images of a run where --count does not say. */
int cli_default_count(const dp_model *model);
/* Images as image_open has them, and seeded noise: for "random", and where no data set has the network's input size. "signed" has numbers below 0
   too, where the network takes them. */
dp_status cli_images(image_set *set, const char *path, const dp_model *model, uint64_t seed, int first, int count,
                     dp_error *err) DP_MUST_USE;

#endif
