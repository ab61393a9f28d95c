/* `dpacs info`, `dpacs gen`, `dpacs builds`: no simulation. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cli.h"
#include "dut.h"
#include "gen.h"
#include "gen_random.h"
#include "info.h"

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
    dp_status status = cli_open_model(&model, a.model, &err);
    if (status != DP_OK) return cli_fail(status, &err);
    info_print(&model, stdout);
    dp_model_free(&model);
    return DP_OK;
}

typedef struct {
    gen_options gen;
    const char *shaping; /* the last option that a random network does not take */
    const char *out; /* NULL: no file */
    bool to_file;
} gen_arguments;

enum { OPT_SPATIAL = 256, OPT_CHANNEL, OPT_MASK, OPT_VALUES, OPT_RESOLUTION, OPT_GROUP, OPT_SEED };
enum { MAX_GROUP = 4096, MAX_WORDS = 16, WORD = 64 };

static const struct argp_option gen_option_list[] = {
    {"keep-spatial", OPT_SPATIAL, "S", 0, "Share of positions that stay (1: no mask)", 0},
    {"keep-channel", OPT_CHANNEL, "C", 0, "Share of channel groups that stay (1: no mask)", 0},
    {"mask", OPT_MASK, "random|clustered|alternating", 0, "How kept positions lie (random)", 0},
    {"values", OPT_VALUES, "usual|extreme|saturating", 0,
     "Weights and scales (usual); extreme: weights of -128 and 127; saturating: most outputs are clamped", 0},
    {"resolution-mask", OPT_RESOLUTION, NULL, 0, "The first block that reads a resolution decides for the others", 0},
    {"group", OPT_GROUP, "G", 0, "Channels in a group (the network's own)", 0},
    {"seed", OPT_SEED, "N", 0, "Seed (1)", 0},
    {"output", 'o', "FILE", 0, "Where the .dpm goes; required", 0},
    {0},
};

/* The option's name if it says what masks and values are like; NULL: it does not. */
static const char *shaping_option(int key) {
    for (const struct argp_option *o = gen_option_list; o->name != NULL; o++)
        if (o->key == key && key >= OPT_SPATIAL && key != OPT_SEED) return o->name;
    return NULL;
}

static error_t parse_gen(int key, char *text, struct argp_state *state) {
    gen_arguments *a = state->input;
    if (shaping_option(key) != NULL) a->shaping = shaping_option(key);
    switch (key) {
    case OPT_SPATIAL: a->gen.keep_spatial = cli_fraction(state, "--keep-spatial", text); return 0;
    case OPT_CHANNEL: a->gen.keep_channel = cli_fraction(state, "--keep-channel", text); return 0;
    case OPT_MASK: a->gen.mask = (gen_mask)cli_choice(state, "--mask", text, "random|clustered|alternating"); return 0;
    case OPT_VALUES: a->gen.values = (gen_values)cli_choice(state, "--values", text, "usual|extreme|saturating"); return 0;
    case OPT_RESOLUTION: a->gen.resolution_mask = true; return 0;
    case OPT_GROUP: a->gen.group = (int)cli_int(state, "--group", text, 1, MAX_GROUP); return 0;
    case OPT_SEED: a->gen.seed = (uint64_t)cli_int(state, "--seed", text, 0, INT64_MAX); return 0;
    case 'o':
        if (!a->to_file) argp_error(state, "-o %s: the network of a gen: goes to no file", text);
        a->out = text;
        return 0;
    case ARGP_KEY_ARG:
        if (a->gen.net != NULL) argp_error(state, "%s: one NET is enough", text);
        a->gen.net = text;
        return 0;
    case ARGP_KEY_END:
        if (a->gen.net == NULL) argp_error(state, "NET is missing: %s", gen_nets);
        if (a->shaping != NULL && gen_is_random(a->gen.net))
            argp_error(state, "--%s: not with %s: all that it is follows from its seed", a->shaping, a->gen.net);
        if (a->to_file && a->out == NULL) argp_error(state, "-o FILE is missing");
        return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

/* "NET,keep-spatial=0.5,seed=3" -> NET --keep-spatial=0.5 --seed=3, for the parser of `dpacs gen`. */
static dp_status generate(dp_model *model, const char *text, dp_error *err) {
    static const struct argp parser = {gen_option_list, parse_gen, "NET", NULL, NULL, NULL, NULL};
    char copy[MAX_WORDS * WORD], words[MAX_WORDS][WORD] = {"dpacs gen"}, *argv[MAX_WORDS + 1] = {words[0]}, *rest;
    int argc = 1;
    bool fits = strlen(text) < sizeof copy;
    (void)snprintf(copy, sizeof copy, "%s", text);
    for (char *word = strtok_r(copy, ",", &rest); fits && word != NULL; word = strtok_r(NULL, ",", &rest), argc++) {
        fits = argc < MAX_WORDS && snprintf(words[argc], WORD, "%s%s", argc > 1 ? "--" : "", word) < WORD;
        if (fits) argv[argc] = words[argc];
    }
    if (!fits) return dp_fail(err, DP_BAD_INPUT, "gen:%.60s: too long", text);
    gen_arguments a = {.gen = gen_defaults(NULL)};
    (void)argp_parse(&parser, argc, argv, 0, NULL, &a);
    return gen_network(&a.gen, model, err);
}

dp_status cli_open_model(dp_model *model, const char *name, dp_error *err) {
    static const char prefix[] = "gen:";
    char room[4096];
    if (name != NULL && strncmp(name, prefix, sizeof prefix - 1) == 0) return generate(model, name + sizeof prefix - 1, err);
    return dp_model_load(model, name != NULL ? name : cli_default_model(room, sizeof room), err);
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
    const struct argp parser = {gen_option_list, parse_gen, "NET -o FILE", text, NULL, NULL, NULL};
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

enum { MAX_BUILDS = 64 };

int cli_builds(int argc, char **argv) {
    static const struct argp parser = {
        NULL, NULL, "", "Lists the hardware builds that are there: build/dut/*.so, or $DPACS_DUT_DIR.", NULL, NULL, NULL};
    char names[MAX_BUILDS][DUT_NAME_SIZE];
    (void)argp_parse(&parser, argc, argv, 0, NULL, NULL);
    int count = dut_list(names, MAX_BUILDS), bad = 0;
    if (count == 0) {
        dp_error none = {"no hardware builds; make one with: make build/dut/parallel-small.so"};
        return cli_fail(DP_NO_BUILD, &none);
    }
    (void)printf("%-28s %-9s %-8s %4s %4s %12s %10s %12s %9s\n", "build", "array", "pruning", "in", "out", "MACs a cycle",
                 "map words", "weight rows", "mask rows");
    for (int i = 0; i < count; i++) {
        const dut_api *api;
        dp_error err;
        if (dut_load(names[i], &api, &err) != DP_OK) {
            bad++;
            (void)fprintf(stderr, "dpacs: %s\n", err.text);
            continue;
        }
        const dut_geometry *g = &api->geometry;
        (void)printf("%-28s %-9s %-8s %4d %4d %12d %10d %12d %9d\n", names[i], g->parallel ? "parallel" : "serial",
                     g->prune ? "yes" : "no", g->pi, g->po, dut_peak_macs(g), 9 * g->map_words, g->weight_rows, g->mask_w);
    }
    return bad == 0 ? DP_OK : DP_NO_BUILD;
}
