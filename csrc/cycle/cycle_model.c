/* The host, and dp_sequencer, which takes one command after another. */
#include "cycle_model.h"

#include <stdlib.h>

#include "cycle_chain.h"
#include "cycle_conv.h"
#include "cycle_pull.h"

enum {
    ACCESS = 2, /* cycles of a register access */
    START = 4 * ACCESS, /* a job's start is the fifth access of its queueing */
    QUEUEING = 5 * ACCESS,
    INTERRUPT = 2, /* from the end of a job to when the host sees it */
    HANDLING = 3 * ACCESS
};

static size_t largest_map(const plan *p) {
    int most = p->model->in_h * p->model->in_w;
    for (int i = 0; i < p->convs; i++) {
        const dp_conv *conv = p->conv[i].conv;
        if (conv != NULL && conv->out_h * conv->out_w > most) most = conv->out_h * conv->out_w;
    }
    return (size_t)most;
}

/* Beats, or positions of the image by their words: whatever is written at once. */
static size_t image_puts(const plan *p) {
    size_t positions = (size_t)(p->model->in_h * p->model->in_w), channels = (size_t)p->model->in_c;
    return positions * ((channels + (size_t)p->geometry.pi - 1) / (size_t)p->geometry.pi) + positions * channels / PLAN_BEAT + 2;
}

/* Who tells whom. */
static void connect(cycle_model *m) {
    m->sweep.port = &m->port;
    m->sweep.words = cycle_sweep_words(&m->p->geometry);
    m->sweep.masks = &m->masks;
    m->image.sweep = &m->sweep;
    m->image.pi = m->p->geometry.pi;
    m->loader.fetch = &m->fetch;
    m->loader.masks = &m->masks;
    m->loader.image = &m->image;
    m->loader.layer = m->layer;
}

static bool allocate(cycle_model *m) {
    size_t map = largest_map(m->p), puts = image_puts(m->p);
    m->list[0].token = calloc(map * CYCLE_CHAIN, sizeof *m->list[0].token);
    for (int i = 1; i < CYCLE_CHAIN && m->list[0].token != NULL; i++) m->list[i].token = m->list[0].token + (size_t)i * map;
    m->sweep.write = calloc(map, sizeof *m->sweep.write);
    m->image.load = calloc(puts, sizeof *m->image.load);
    m->image.put = calloc(puts, sizeof *m->image.put);
    m->image.freed = calloc(puts, sizeof *m->image.freed);
    m->layer = calloc((size_t)m->p->convs, sizeof *m->layer);
    return m->list[0].token != NULL && m->sweep.write != NULL && m->image.load != NULL && m->image.put != NULL &&
           m->image.freed != NULL && m->layer != NULL;
}

dp_status cycle_model_create(cycle_model **model, const plan *p, const cycle_memory_options *memory, dp_error *err) {
    cycle_model *m = *model = calloc(1, sizeof *m);
    if (m == NULL) return dp_fail(err, DP_NO_MEMORY, "%s: no memory for the cycle model", p->model->name);
    m->p = p;
    m->limit = CYCLE_PENDING;
    cycle_memory_init(&m->memory, memory);
    cycle_fetch_init(&m->fetch, p->commands);
    cycle_loader_init(&m->loader, p);
    bool allocated = allocate(m);
    connect(m);
    return allocated ? DP_OK : dp_fail(err, DP_NO_MEMORY, "%s: no memory for the cycle model", p->model->name);
}

void cycle_model_destroy(cycle_model *m) {
    if (m == NULL) return;
    free(m->list[0].token);
    free(m->sweep.write);
    free(m->image.load);
    free(m->image.put);
    free(m->image.freed);
    free(m->layer);
    cycle_port_free(&m->port);
    free(m);
}

/* The host starts another job. */
static void start_job(cycle_model *m) {
    cycle_fetch_start(&m->fetch, m->host + START);
    m->host += QUEUEING;
}

/* A command that has been decoded: the cycle in which it starts. */
static cycle_time start_of(cycle_model *m, const plan_command *c, cycle_time decoded) {
    cycle_time at = decoded;
    if (c->op == PLAN_OP_CONV && (c->flags & PLAN_MASK_WAIT) != 0) at = cycle_later(at, cycle_pull_pair(m, c->out_buf / 2));
    if (c->op != PLAN_OP_MASK || (c->flags & PLAN_OWN_FETCH) != 0) return at;
    at = cycle_later(at, cycle_pull_sweep(m));
    if ((c->flags & PLAN_PREV_MASKED) == 0) return at;
    if (c->prev_buf != PLAN_NO_BUFFER) at = cycle_later(at, cycle_pull_pair(m, c->prev_buf / 2));
    if (c->prev_buf == PLAN_NO_BUFFER || (c->flags & PLAN_IMAGE_SRC) != 0)
        at = cycle_later(at, cycle_pull_image(m, m->image.puts_all));
    return at;
}

/* Retires a convolution; of a chain `k`, which has its array cycles, the last one the rest. */
static void retire(cycle_model *m, const plan_command *c, int index, int k, cycle_time at) {
    uint64_t cycles = (c->flags & PLAN_CHAIN) != 0 ? m->busy[k] : (uint64_t)(at - m->retired);
    m->layer[index].cycles += cycles;
    m->retired += (cycle_time)cycles;
    if ((c->flags & PLAN_MASK_RELEASE) != 0) m->masks.pair_free[c->out_buf / 2] = at + 1;
}

/* A convolution or chain: when its last one retires. */
static cycle_time run_conv(cycle_model *m, const plan_command *c, int index, cycle_time start) {
    bool chained = (c->flags & PLAN_CHAIN) != 0;
    cycle_time at = chained ? cycle_chain_run(m, c, index, start) : cycle_conv_run(m, c, index, start);
    int k = 0;
    for (; (c[k].flags & PLAN_CHAIN) != 0; k++) retire(m, &c[k], index + k, k, at + k);
    retire(m, &c[k], index + k, k, at + k);
    return at + k;
}

static void run_commands(cycle_model *m) {
    int index = 0;
    cycle_time ending = 0;
    for (int i = 0; i < m->p->commands; i++) {
        const plan_command *c = &m->p->command[i];
        cycle_time start = start_of(m, c, cycle_pull_command(m, m->at) + 1);
        m->at = start + 1;
        if (c->op == PLAN_OP_MASK && (c->flags & PLAN_OWN_FETCH) == 0) cycle_sweep_start(&m->sweep, c, start);
        if (c->op == PLAN_OP_END) ending = start + 1;
        if (c->op != PLAN_OP_CONV) continue;
        m->at = run_conv(m, c, index, start) + 1;
        /* this image is in; nobody looks further back */
        if (index == 0) cycle_port_drop(&m->port, start);
        for (; (c->flags & PLAN_CHAIN) != 0; c++, i++) index++;
        index++;
    }
    cycle_time done = cycle_later(ending, m->answered + 1);
    m->interrupt = done + INTERRUPT;
    m->host = cycle_later(m->host, m->interrupt) + HANDLING;
}

dp_status cycle_model_image(cycle_model *m, const golden_run *run, const golden_run *next, dp_error *err) {
    bool one_at_a_time = m->p->queue < 2;
    m->golden = m->sweep.golden = m->loader.golden = run;
    m->loader.golden_next = next;
    m->loader.jobs = m->jobs;
    if (m->jobs == 0 || one_at_a_time) {
        m->retired = m->host - 1;
        start_job(m);
    }
    if (next != NULL && !one_at_a_time) start_job(m);
    run_commands(m);
    m->jobs++;
    return m->port.failed ? dp_fail(err, DP_NO_MEMORY, "%s: no memory for the cycle model", m->p->model->name) : DP_OK;
}

const cycle_layer *cycle_model_layers(const cycle_model *m) { return m->layer; }
uint64_t cycle_model_cycles(const cycle_model *m) { return (uint64_t)m->interrupt; }
