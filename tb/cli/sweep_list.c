#include "sweep_list.h"

#include <stdio.h>
#include <string.h>

#include "option.h"

typedef struct {
    int count;
    char item[SWEEP_ITEMS][SWEEP_NAME];
} list;

static void split(const struct argp_state *state, const char *option, const char *text, list *out) {
    out->count = 0;
    for (const char *at = text;; at++) {
        size_t length = strcspn(at, ",");
        if (length == 0 || length >= SWEEP_NAME)
            argp_error(state, "%s %s: expected a list such as a,b,c, items of 1 to %d letters", option, text, SWEEP_NAME - 1);
        if (out->count == SWEEP_ITEMS) argp_error(state, "%s %.40s…: expected at most %d items", option, text, SWEEP_ITEMS);
        memcpy(out->item[out->count], at, length);
        out->item[out->count++][length] = '\0';
        at += length;
        if (*at == '\0') return;
    }
}

static int names(const struct argp_state *state, const char *option, const char *text, char (*to)[SWEEP_NAME]) {
    list l;
    split(state, option, text, &l);
    memcpy(to, l.item, sizeof l.item);
    return l.count;
}

void sweep_list_nets(const struct argp_state *state, sweep_options *o, const char *text) {
    o->nets = names(state, "--nets", text, o->net);
}

void sweep_list_models(const struct argp_state *state, sweep_options *o, const char *text) {
    o->nets = names(state, "--models", text, o->net);
    o->trained = true;
}

void sweep_list_builds(const struct argp_state *state, sweep_options *o, const char *text) {
    o->builds = names(state, "--build", text, o->build);
}

static sweep_keep parse_keep(const struct argp_state *state, const char *text) {
    char spatial[SWEEP_NAME];
    if (strcmp(text, "dense") == 0) return (sweep_keep){1, 1, true};
    size_t length = strcspn(text, ":");
    (void)snprintf(spatial, sizeof spatial, "%.*s", (int)length, text);
    const char *channel = text[length] == ':' ? text + length + 1 : spatial;
    return (sweep_keep){option_fraction(state, "--keep", spatial), option_fraction(state, "--keep", channel), false};
}

void sweep_list_keeps(const struct argp_state *state, sweep_options *o, const char *text) {
    list l;
    split(state, "--keep", text, &l);
    for (int i = 0; i < l.count; i++) o->keep[i] = parse_keep(state, l.item[i]);
    o->keeps = l.count;
}

static void choose(const struct argp_state *state, const char *option, const char *text, const char *choices, bool *chosen) {
    list l;
    split(state, option, text, &l);
    for (int i = 0; i < l.count; i++) chosen[option_choice(state, option, l.item[i], choices)] = true;
}

void sweep_list_masks(const struct argp_state *state, sweep_options *o, const char *text) {
    bool chosen[4] = {false};
    choose(state, "--mask", text, "random|clustered|block|resolution", chosen);
    memcpy(o->kind, chosen, sizeof o->kind);
    memcpy(o->scope, chosen + 2, sizeof o->scope);
}

void sweep_list_archs(const struct argp_state *state, sweep_options *o, const char *text) {
    memset(o->arch, 0, sizeof o->arch);
    choose(state, "--arch", text, "parallel|serial", o->arch);
}

void sweep_list_schedules(const struct argp_state *state, sweep_options *o, const char *text) {
    memset(o->schedule, 0, sizeof o->schedule);
    choose(state, "--schedule", text, "gang|chain|auto", o->schedule);
}

void sweep_list_bandwidths(const struct argp_state *state, sweep_options *o, const char *text) {
    list l;
    split(state, "--bandwidth", text, &l);
    for (int i = 0; i < l.count; i++) o->bandwidth[i] = (int)option_int(state, "--bandwidth", l.item[i], 1, DUT_BEAT);
    o->bandwidths = l.count;
}

void sweep_list_seeds(const struct argp_state *state, sweep_options *o, const char *text) {
    list l;
    split(state, "--seed", text, &l);
    for (int i = 0; i < l.count; i++) o->seed[i] = (uint64_t)option_int(state, "--seed", l.item[i], 0, INT64_MAX);
    o->seeds = l.count;
}
