#include "cli.h"

#include <stdio.h>
#include <string.h>

#include "cli_common.h"
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
    {"plan", cli_plan, "plan a network for a hardware build, as the accelerator's memory holds it"},
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
    (void)fprintf(out, "\n`dpacs help COMMAND` lists a command's options; `dpacs version`. Exit codes: 0 all equal, 1 mismatch, "
                       "2 bad usage or input,\n"
                       "3 hang or bus error, 4 no such hardware build, 5 out of memory, 130 interrupted.\n");
}

static int run(const command *c, int argc, char **argv) {
    char name[32];
    (void)snprintf(name, sizeof name, "dpacs %s", c->name);
    argv[0] = name;
    int code = c->run(argc, argv);
    if ((fflush(stdout) != 0 || ferror(stdout)) && code == DP_OK) {
        dp_error err;
        return cli_fail(dp_fail(&err, DP_BAD_INPUT, "standard output cannot be written"), &err);
    }
    return code;
}

static const command *find(const char *name) {
    for (int i = 0; i < COMMANDS; i++)
        if (strcmp(commands[i].name, name) == 0) return &commands[i];
    return NULL;
}

static bool is_one_of(const char *word, const char *const *words) {
    while (*words != NULL && strcmp(word, *words) != 0) words++;
    return *words != NULL;
}

static int no_such(const char *name) {
    (void)fprintf(stderr, "dpacs: %s: no such command\n\n", name);
    usage(stderr);
    return DP_BAD_INPUT;
}

/* `dpacs help`, `dpacs help sim`. */
static int help(const char *name) {
    char option[] = "--help", room[] = "dpacs", *argv[] = {room, option, NULL};
    if (name == NULL) usage(stdout);
    const command *c = name != NULL ? find(name) : NULL;
    return name == NULL ? DP_OK : c != NULL ? run(c, 2, argv) : no_such(name);
}

int cli_main(int argc, char **argv) {
    static const char *const help_words[] = {"help", "--help", "-h", "-?", NULL}, *const version_words[] = {
                                                                                      "version", "--version", "-V", NULL};
    argp_err_exit_status = DP_BAD_INPUT;
    if (argc < 2) {
        usage(stderr);
        return DP_BAD_INPUT;
    }
    if (is_one_of(argv[1], help_words)) return help(argv[2]);
    if (is_one_of(argv[1], version_words)) {
        (void)printf("dpacs %s\n", DPACS_VERSION);
        return DP_OK;
    }
    const command *c = find(argv[1]);
    return c != NULL ? run(c, argc - 1, argv + 1) : no_such(argv[1]);
}
