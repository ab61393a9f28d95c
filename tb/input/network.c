#include "network.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "container.h"
#include "gen_random.h"
#include "option.h"
#include "paths.h"

enum { OPT_SPATIAL = 256, OPT_CHANNEL, OPT_MASK, OPT_VALUES, OPT_RESOLUTION, OPT_PADDING, OPT_GROUP, OPT_SEED };
enum { MAX_GROUP = 4096, MAX_WORDS = 16, WORD = 64 };

const struct argp_option gen_option_list[] = {
    {"keep-spatial", OPT_SPATIAL, "S", 0, "Share of positions that stay (1: no mask)", 0},
    {"keep-channel", OPT_CHANNEL, "C", 0, "Share of channel groups that stay (1: no mask)", 0},
    {"mask", OPT_MASK, "random|clustered|alternating", 0, "How kept positions lie (random)", 0},
    {"values", OPT_VALUES, "usual|extreme|saturating", 0,
     "Weights and scales (usual); extreme: weights of -128 and 127; saturating: most outputs are clamped", 0},
    {"resolution-mask", OPT_RESOLUTION, NULL, 0, "The first block that reads a resolution decides for the others", 0},
    {"padding", OPT_PADDING, "torch|same", 0, "Of 3x3 convolutions of stride 2 in blocks (torch); same is TensorFlow's", 0},
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

error_t gen_parse(int key, char *text, struct argp_state *state) {
    gen_arguments *a = state->input;
    if (shaping_option(key) != NULL) a->shaping = shaping_option(key);
    switch (key) {
    case OPT_SPATIAL: a->gen.keep_spatial = option_fraction(state, "--keep-spatial", text); return 0;
    case OPT_CHANNEL: a->gen.keep_channel = option_fraction(state, "--keep-channel", text); return 0;
    case OPT_MASK: a->gen.mask = (gen_mask)option_choice(state, "--mask", text, "random|clustered|alternating"); return 0;
    case OPT_VALUES: a->gen.values = (gen_values)option_choice(state, "--values", text, "usual|extreme|saturating"); return 0;
    case OPT_RESOLUTION: a->gen.resolution_mask = true; return 0;
    case OPT_PADDING: a->gen.pad_same = option_choice(state, "--padding", text, "torch|same") == 1; return 0;
    case OPT_GROUP: a->gen.group = (int)option_int(state, "--group", text, 1, MAX_GROUP); return 0;
    case OPT_SEED: a->gen.seed = (uint64_t)option_int(state, "--seed", text, 0, INT64_MAX); return 0;
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
    static const struct argp parser = {gen_option_list, gen_parse, "NET", NULL, NULL, NULL, NULL};
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
    (void)argp_parse(&parser, argc, argv, ARGP_NO_HELP, NULL, &a); /* no --help, no --HANG */
    return gen_network(&a.gen, model, err);
}

const char *network_default(char *room, size_t size) {
    static const char model[] = "models/fmnist-s50c50.dpm";
    char path[PATH_MAX];
    if (path_in_project(path, model) && access(path, F_OK) == 0 && strlen(path) < size) {
        memcpy(room, path, strlen(path) + 1);
        return room;
    }
    return model;
}

dp_status network_open(dp_model *model, const char *name, dp_error *err) {
    static const char prefix[] = "gen:";
    char room[4096];
    if (name != NULL && strncmp(name, prefix, sizeof prefix - 1) == 0) return generate(model, name + sizeof prefix - 1, err);
    return dp_model_load(model, name != NULL ? name : network_default(room, sizeof room), err);
}
