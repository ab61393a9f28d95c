/* `dpacs info`, `dpacs gen`, `dpacs builds`: no simulation. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cli.h"
#include "cli_common.h"
#include "dut.h"
#include "gen_random.h"
#include "info.h"
#include "network.h"

typedef struct {
    const char *model;
} info_arguments;

static error_t parse_info(int key, char *text, struct argp_state *state) {
    info_arguments *a = state->input;
    if (key == ARGP_KEY_ARG) {
        if (a->model != NULL) argp_error(state, "%s: one MODEL is enough", text);
        a->model = text;
        return 0;
    }
    return ARGP_ERR_UNKNOWN;
}

int cli_info(int argc, char **argv) {
    static const struct argp parser = {NULL, parse_info, "[MODEL]", "Shows a network layer by layer.", NULL, NULL, NULL};
    info_arguments a = {NULL};
    dp_model model;
    dp_error err;
    (void)argp_parse(&parser, argc, argv, 0, NULL, &a);
    dp_status status = network_open(&model, a.model, &err);
    if (status != DP_OK) return cli_fail(status, &err);
    info_print(&model, stdout);
    dp_model_free(&model);
    return DP_OK;
}

/* Help on the named networks, and a line for each kind of random one. */
static void describe(char *text, size_t size) {
    (void)snprintf(
        text, size,
        "Makes a network with random weights.\vNET is one of %s. Random networks "
        "compute, share or bring their masks; all that they are follows from the seed, and the other options do not apply:\n",
        gen_nets);
    for (int i = 0; i < GEN_FLAVOURS; i++)
        (void)snprintf(text + strlen(text), size - strlen(text), "  %-16s %s\n", gen_flavours[i].name, gen_flavours[i].about);
}

int cli_gen(int argc, char **argv) {
    char text[4096];
    describe(text, sizeof text);
    const struct argp parser = {gen_option_list, gen_parse, "NET -o FILE", text, NULL, NULL, NULL};
    gen_arguments a = {.gen = gen_defaults(NULL), .to_file = true};
    dp_model model;
    dp_error err;
    (void)argp_parse(&parser, argc, argv, 0, NULL, &a);
    dp_status status = gen_network(&a.gen, &model, &err);
    if (status != DP_OK) return cli_fail(status, &err);
    status = dp_model_save(&model, a.out, &err);
    dp_model_free(&model);
    return status == DP_OK ? DP_OK : cli_fail(status, &err);
}

enum { MAX_BUILDS = 128 };

/* What a build is for beside running fast: NAME.trace, NAME.check, NAME.cover, NAME.netlist. */
static const char *variant_of(const char *name) {
    const char *variant = strchr(name, '.');
    if (variant == NULL) return "";
    return strcmp(variant, ".trace") == 0     ? "  waves"
           : strcmp(variant, ".check") == 0   ? "  assertions"
           : strcmp(variant, ".cover") == 0   ? "  coverage"
           : strcmp(variant, ".netlist") == 0 ? "  Yosys' netlist"
                                              : "  ?";
}

int cli_builds(int argc, char **argv) {
    static const struct argp parser = {
        NULL, NULL, "", "Lists the hardware builds that are there: build/dut/*.so, or $DPACS_DUT_DIR.", NULL, NULL, NULL};
    char names[MAX_BUILDS][DUT_NAME_SIZE];
    (void)argp_parse(&parser, argc, argv, 0, NULL, NULL);
    int count = dut_list(names, MAX_BUILDS), good = 0;
    if (count == 0) {
        dp_error none = {"no hardware builds; make one with: make build/dut/parallel-small.so"};
        return cli_fail(DP_NO_BUILD, &none);
    }
    (void)printf("%-28s %-9s %-8s %4s %4s %12s %10s %12s %9s  %s\n", "build", "array", "pruning", "in", "out", "MACs a cycle",
                 "map words", "weight rows", "mask rows", "variant");
    for (int i = 0; i < count; i++) {
        const dut_api *api;
        dp_error err;
        if (dut_load(names[i], &api, &err) != DP_OK) {
            (void)fprintf(stderr, "dpacs: %s\n", err.text);
            continue;
        }
        good++;
        const dut_geometry *g = &api->geometry;
        (void)printf("%-28s %-9s %-8s %4d %4d %12d %10d %12d %9d%s\n", names[i], g->parallel ? "parallel" : "serial",
                     g->prune ? "yes" : "no", g->pi, g->po, dut_peak_macs(g), 9 * g->map_words, g->weight_rows, g->mask_w,
                     variant_of(names[i]));
    }
    return good > 0 ? DP_OK : DP_NO_BUILD; /* some that are out of date are no fault */
}
