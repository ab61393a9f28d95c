#include "sweep_plan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "axi_mem.h"
#include "gen.h"
#include "sweep_builds.h"
#include "sweep_case.h"

enum { MAX_CASES = 100000, FIRST_ROOM = 256, SERIAL_WORK = 3 };

/* The order of a sweep: the last turns fastest. */
enum { NET, ARCH, BUILD, SCHEDULE, BANDWIDTH, KIND, SCOPE, SEED, KEEP, PART, DIMENSIONS };

typedef struct {
    const sweep_options *options;
    sweep_plan *plan;
    dp_error *err;
    gen_summary net[SWEEP_ITEMS];
    char net_sha[SWEEP_ITEMS][SWEEP_SHA]; /* of trained networks */
    char build[SWEEP_ITEMS][2][SWEEP_ITEMS][DUT_NAME_SIZE]; /* of network, variation and item; "": none */
} expansion;

sweep_options sweep_defaults(void) { return (sweep_options){.count = 1, .latency = axi_mem_defaults().latency}; }

static int wanted(const bool of[2]) { return of[0] + of[1]; }

/* Whether the nth that is wanted is the second of the two. */
static bool second(const bool of[2], int n) { return !of[0] || n == 1; }

static int wanted_schedules(const sweep_options *o) {
    int count = 0;
    for (int i = 0; i < PLAN_SCHEDULES; i++) count += o->schedule[i];
    return count;
}

/* The nth that is wanted. */
static plan_schedule schedule(const sweep_options *o, int n) {
    int i = 0;
    while (!o->schedule[i] || n-- > 0) i++;
    return (plan_schedule)i;
}

static void sizes(const sweep_options *o, int size[DIMENSIONS]) {
    size[NET] = o->nets;
    size[ARCH] = wanted(o->arch);
    size[BUILD] = o->builds > 0 ? o->builds : 1;
    size[SCHEDULE] = wanted_schedules(o);
    size[BANDWIDTH] = o->bandwidths;
    size[KIND] = wanted(o->kind);
    size[SCOPE] = wanted(o->scope);
    size[SEED] = o->seeds;
    size[KEEP] = o->keeps;
    size[PART] = o->trained ? (o->total + o->count - 1) / o->count : 1;
}

static dp_status resolve_builds(expansion *e, int net) {
    const sweep_options *o = e->options;
    for (int a = 0; a < wanted(o->arch); a++) {
        bool parallel = !second(o->arch, a);
        if (o->builds == 0) sweep_build_for(o->net[net], o->group, e->net[net].in_h, parallel, e->build[net][a][0]);
        for (int b = 0; b < o->builds; b++) {
            dp_status status = sweep_build_name(o->build[b], parallel, e->build[net][a][b], e->err);
            if (status != DP_OK) return status;
        }
    }
    return DP_OK;
}

static dp_status look_at_network(expansion *e, int net) {
    const sweep_options *o = e->options;
    gen_options options = gen_defaults(o->net[net]);
    options.group = o->group;
    dp_error why;
    dp_status status = gen_describe(&options, &e->net[net], &why);
    if (status != DP_OK) return dp_fail(e->err, status, "--nets: %s", why.text);
    return resolve_builds(e, net);
}

/* A build of its own only where none is named: whether a network fits a named one, its run says. */
static dp_status look_at_trained(expansion *e, int net) {
    const sweep_options *o = e->options;
    dp_model model;
    dp_status status = dp_model_load(&model, o->net[net], e->err);
    if (status != DP_OK) return status;
    e->net[net] = gen_summarize(&model);
    sweep_checksum(o->net[net], e->net_sha[net]);
    for (int a = 0; o->builds == 0 && a < wanted(o->arch) && status == DP_OK; a++)
        status = sweep_build_fitting(&model, !second(o->arch, a), e->build[net][a][0], e->err);
    dp_model_free(&model);
    return status == DP_OK && o->builds > 0 ? resolve_builds(e, net) : status;
}

static dp_status look_at_networks(expansion *e) {
    const sweep_options *o = e->options;
    dp_status status = DP_OK;
    for (int n = 0; n < o->nets && status == DP_OK; n++) status = o->trained ? look_at_trained(e, n) : look_at_network(e, n);
    return status;
}

/* Where nothing is pruned, all masks are the same. */
static sweep_case make_case(const expansion *e, const int at[DIMENSIONS]) {
    const sweep_options *o = e->options;
    sweep_case c = {.keep = o->keep[at[KEEP]],
                    .clustered = second(o->kind, at[KIND]),
                    .resolution = second(o->scope, at[SCOPE]),
                    .parallel = !second(o->arch, at[ARCH]),
                    .schedule = schedule(o, at[SCHEDULE]),
                    .bandwidth = o->bandwidth[at[BANDWIDTH]],
                    .count = o->count,
                    .stall = o->stall,
                    .latency = o->latency,
                    .group = o->group,
                    .seed = o->seed[at[SEED]]};
    memcpy(c.net, o->net[at[NET]], sizeof c.net);
    memcpy(c.build, e->build[at[NET]][at[ARCH]][at[BUILD]], sizeof c.build);
    memcpy(c.fault, o->fault, sizeof c.fault);
    if (c.bandwidth == 0 && c.build[0] != '\0') c.bandwidth = sweep_build_bandwidth(c.build);
    if (o->trained) {
        c.trained = true;
        c.images = o->images;
        c.first = at[PART] * o->count;
        if (c.count > o->total - c.first) c.count = o->total - c.first;
        memcpy(c.net_sha, e->net_sha[at[NET]], sizeof c.net_sha);
    }
    if (c.keep.dense) c.keep.spatial = c.keep.channel = 1;
    if (c.keep.spatial >= 1) c.clustered = c.resolution = false;
    double left = 0.2 + 0.8 * c.keep.spatial * c.keep.channel;
    c.work = e->net[at[NET]].macs * left * c.count * (c.parallel ? 1 : SERIAL_WORK);
    return c;
}

/* The published table has resolution masks for bottlenecks, where both ratios are equal. */
static bool in_table(const expansion *e, const sweep_case *c, int net) {
    return !c->resolution || (e->net[net].bottleneck && c->keep.spatial == c->keep.channel);
}

static dp_status add_case(expansion *e, sweep_case *c) {
    sweep_plan *plan = e->plan;
    if (plan->count == MAX_CASES) return dp_fail(e->err, DP_BAD_INPUT, "more than %d cases", MAX_CASES);
    if (plan->count == plan->room) {
        int room = plan->room > 0 ? 2 * plan->room : FIRST_ROOM;
        sweep_case *more = realloc(plan->cases, (size_t)room * sizeof *more);
        if (more == NULL) return dp_fail(e->err, DP_NO_MEMORY, "out of memory for the cases of the sweep");
        plan->cases = more;
        plan->room = room;
    }
    dp_status status = sweep_build_file(plan, c->build, c->keep.dense, &c->file, e->err);
    if (status == DP_OK) status = sweep_case_identify(c, plan->build[c->file].sha, e->err);
    if (status == DP_OK) plan->cases[plan->count++] = *c;
    return status;
}

/* Counts like an odometer; false after the last. */
static bool advance(int at[DIMENSIONS], const int size[DIMENSIONS]) {
    for (int d = DIMENSIONS - 1; d >= 0; d--) {
        if (++at[d] < size[d]) return true;
        at[d] = 0;
    }
    return false;
}

static dp_status expand(expansion *e) {
    int size[DIMENSIONS], at[DIMENSIONS] = {0};
    sizes(e->options, size);
    for (int d = 0; d < DIMENSIONS; d++)
        if (size[d] == 0) return dp_fail(e->err, DP_BAD_INPUT, "a sweep without cases: an option's list is empty");
    dp_status status = look_at_networks(e);
    if (status != DP_OK) return status;
    do {
        sweep_case c = make_case(e, at);
        if (c.build[0] == '\0' || (e->options->table && !in_table(e, &c, at[NET]))) continue;
        status = add_case(e, &c);
    } while (advance(at, size) && status == DP_OK);
    if (status == DP_OK && e->plan->count == 0)
        return dp_fail(e->err, DP_BAD_INPUT, "a sweep without cases: no build of --build is of a variation of --arch");
    return status;
}

typedef struct {
    char id[SWEEP_ID];
    int index;
} place;

static int by_id(const void *a, const void *b) {
    const place *x = a, *y = b;
    int order = strcmp(x->id, y->id);
    return order != 0 ? order : x->index - y->index;
}

/* The first of those that are the same stays where it is. */
static dp_status drop_doubles(sweep_plan *plan, dp_error *err) {
    place *places = malloc((size_t)plan->count * sizeof *places);
    if (places == NULL) return dp_fail(err, DP_NO_MEMORY, "out of memory for the cases of the sweep");
    for (int i = 0; i < plan->count; i++) {
        memcpy(places[i].id, plan->cases[i].id, SWEEP_ID);
        places[i].index = i;
    }
    qsort(places, (size_t)plan->count, sizeof *places, by_id);
    for (int i = 1; i < plan->count; i++)
        if (strcmp(places[i].id, places[i - 1].id) == 0) plan->cases[places[i].index].id[0] = '\0';
    free(places);
    int kept = 0;
    for (int i = 0; i < plan->count; i++)
        if (plan->cases[i].id[0] != '\0') plan->cases[kept++] = plan->cases[i];
    plan->count = kept;
    return DP_OK;
}

dp_status sweep_plan_create(sweep_plan *plan, const sweep_options *options, dp_error *err) {
    *plan = (sweep_plan){.cases = NULL};
    expansion *e = calloc(1, sizeof *e);
    if (e == NULL) return dp_fail(err, DP_NO_MEMORY, "out of memory for the cases of the sweep");
    e->options = options;
    e->plan = plan;
    e->err = err;
    dp_status status = expand(e);
    free(e);
    if (status == DP_OK) status = drop_doubles(plan, err);
    if (status != DP_OK) sweep_plan_free(plan);
    return status;
}

void sweep_plan_free(sweep_plan *plan) {
    free(plan->cases);
    *plan = (sweep_plan){.cases = NULL};
}
