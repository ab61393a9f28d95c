#include "cli.h"

#include <stdio.h>
#include <string.h>

#include "version.h"

typedef struct {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *what;
} command;

static const command commands[] = {
    {"sim", cli_sim, "run images through the RTL and check every tile"},
    {"ref", cli_ref, "run images through the golden reference only: accuracy, kept fractions"},
    {"model", cli_model, "predict cycles layer by layer, without the RTL"},
    {"info", cli_info, "show a network layer by layer"},
    {"gen", cli_gen, "make a network with random weights"},
    {"vectors", cli_vectors, "replay published test vectors on golden reference and RTL"},
    {"sweep", cli_sweep, "run networks, pruning ratios and builds in all combinations, into one file"},
    {"explain", cli_explain, "say what went wrong in a run that failed"},
    {"shrink", cli_shrink, "reduce a run that failed to the smallest case"},
    {"builds", cli_builds, "list the hardware builds that are there"},
};
enum { COMMANDS = sizeof commands / sizeof *commands };

static void usage(FILE *out) {
    (void)fprintf(out, "usage: dpacs COMMAND [OPTION...]\n\n");
    for (int i = 0; i < COMMANDS; i++) (void)fprintf(out, "  %-9s %s\n", commands[i].name, commands[i].what);
    (void)fprintf(
        out, "\n`dpacs COMMAND --help` lists a command's options. Exit codes: 0 all equal, 1 mismatch, 2 bad usage or input,\n"
             "3 hang or bus error, 4 no such hardware build, 5 out of memory, 130 interrupted.\n");
}

static int run(const command *c, int argc, char **argv) {
    char name[32];
    (void)snprintf(name, sizeof name, "dpacs %s", c->name);
    argv[1] = name;
    int code = c->run(argc - 1, argv + 1);
    if ((fflush(stdout) != 0 || ferror(stdout)) && code == DP_OK) {
        dp_error err;
        return cli_fail(dp_fail(&err, DP_BAD_INPUT, "standard output cannot be written"), &err);
    }
    return code;
}

int cli_main(int argc, char **argv) {
    argp_err_exit_status = DP_BAD_INPUT;
    if (argc < 2) {
        usage(stderr);
        return DP_BAD_INPUT;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0 || strcmp(argv[1], "-?") == 0) {
        usage(stdout);
        return DP_OK;
    }
    if (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "-V") == 0) {
        (void)printf("dpacs %s\n", DPACS_VERSION);
        return DP_OK;
    }
    for (int i = 0; i < COMMANDS; i++)
        if (strcmp(argv[1], commands[i].name) == 0) return run(&commands[i], argc, argv);
    (void)fprintf(stderr, "dpacs: %s: no such command\n\n", argv[1]);
    usage(stderr);
    return DP_BAD_INPUT;
}

int cli_fail(dp_status status, const dp_error *err) {
    (void)fprintf(stderr, "dpacs: %s\n", err->text);
    return (int)status;
}
