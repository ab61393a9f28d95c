/* `dpacs COMMAND …`: one function a command, each with its own options (cli_common.h has what they share). */
#ifndef DPACS_CLI_H
#define DPACS_CLI_H

/* Each takes its arguments with argv[0] = "dpacs COMMAND" and returns the exit code. Wrong usage ends the program with DP_BAD_INPUT. */
int cli_sim(int argc, char **argv);
int cli_ref(int argc, char **argv);
int cli_model(int argc, char **argv);
int cli_plan(int argc, char **argv);
int cli_info(int argc, char **argv);
int cli_gen(int argc, char **argv);
int cli_vectors(int argc, char **argv);
int cli_sweep(int argc, char **argv);
int cli_explain(int argc, char **argv);
int cli_shrink(int argc, char **argv);
int cli_builds(int argc, char **argv);

/* cli.c: picks the command. */
int cli_main(int argc, char **argv);

#endif
