#include "cycle_pull.h"

#include <assert.h>

/* A run is complete with the beat taken in cycle `at`. */
static void complete(cycle_model *m, const cycle_run *run, cycle_time at) {
    switch (run->kind) {
    case CYCLE_SLICE: cycle_loader_complete(&m->loader, at + 1); break;
    case CYCLE_GROUPS:
        m->masks.groups_done = at;
        m->masks.groups_open--;
        break;
    case CYCLE_MASK_WEIGHTS: cycle_sweep_weights(&m->sweep, at + 1); break;
    case CYCLE_MASK_ROWS: m->masks.pair_valid[run->pair] = at + 1; break;
    default: break;
    }
}

/* One beat, from the memory to the unit that takes it. */
static void serve(cycle_model *m) {
    cycle_run run;
    cycle_time at = cycle_memory_show(&m->memory, &run);
    if (run.kind == CYCLE_IMAGE) at = cycle_image_beat(&m->image, at);
    /* rows of a given mask are written one a cycle; the beat is taken with the last one */
    if (run.kind == CYCLE_MASK_ROWS) at += (run.rows < CYCLE_BEAT_ROWS ? run.rows : CYCLE_BEAT_ROWS) - 1;
    if (run.kind == CYCLE_COMMANDS) cycle_fetch_beat(&m->fetch, at);
    if (cycle_memory_take(&m->memory, at)) complete(m, &run, at);
}

/* One before m->limit, if it is known by then when it is taken. */
static bool serve_known(cycle_model *m) {
    cycle_run run;
    if (cycle_memory_next(&m->memory) >= m->limit) return false;
    (void)cycle_memory_show(&m->memory, &run);
    if (run.kind == CYCLE_IMAGE && !cycle_image_takes(&m->image, m->limit)) return false;
    serve(m);
    return true;
}

/* The first cycle in which the read master takes another run. */
static cycle_time read_free(cycle_model *m) {
    while (!cycle_memory_free(&m->memory)) serve(m);
    return m->memory.accepted;
}

/* The cycle in which commands are wanted, CYCLE_PENDING if none are. */
static cycle_time commands_wanted(cycle_model *m) {
    while (m->fetch.collecting && serve_known(m)) continue;
    return cycle_fetch_wants(&m->fetch);
}

static void ask_commands(cycle_model *m, cycle_time at) {
    at = cycle_later(at, read_free(m));
    uint32_t address = m->p->cmd_addr + (uint32_t)cycle_fetch_ask(&m->fetch) * PLAN_COMMAND_BYTES;
    m->layer[0].other_beats += CYCLE_QUAD;
    cycle_memory_ask(&m->memory, &(cycle_run){.kind = CYCLE_COMMANDS, .address = address, .beats = CYCLE_QUAD}, at);
}

/* The loader's next run; commands go first. */
static void ask(cycle_model *m, const cycle_run *run) {
    cycle_time wants = commands_wanted(m);
    while (wants <= cycle_later(m->loader.at, read_free(m))) {
        ask_commands(m, wants);
        wants = commands_wanted(m);
    }
    cycle_time at = cycle_later(m->loader.at, read_free(m));
    cycle_memory_ask(&m->memory, run, at);
    cycle_loader_asked(&m->loader, at);
}

/* The loader's next step, which waits for nothing. */
static void step_known(cycle_model *m) {
    cycle_run run;
    if (cycle_loader_step(&m->loader, &run)) ask(m, &run);
}

/* The loader's next step, after what it waits for. */
static void step(cycle_model *m) {
    for (cycle_wait wait; (wait = cycle_loader_waits(&m->loader)) != CYCLE_GOES;) {
        /* the sequencer has done all that it waits for: else the hardware would hang */
        assert(wait != CYCLE_WAITS);
        if (wait == CYCLE_WAITS_COMMAND && !m->fetch.collecting) ask_commands(m, commands_wanted(m));
        serve(m);
    }
    step_known(m);
}

/* Everything that is asked for and served before cycle `limit`. */
static void run_ahead(cycle_model *m, cycle_time limit) {
    m->limit = limit;
    for (bool moves = true; moves;) {
        while (serve_known(m)) continue;
        if (!cycle_memory_free(&m->memory)) break;
        cycle_time wants = commands_wanted(m);
        bool steps = m->loader.at < limit && cycle_loader_waits(&m->loader) == CYCLE_GOES;
        moves = steps || wants < limit;
        if (wants < limit && (!steps || wants <= cycle_later(m->loader.at, m->memory.accepted)))
            ask_commands(m, wants);
        else if (steps)
            step_known(m);
    }
    m->limit = CYCLE_PENDING;
}

cycle_time cycle_pull_command(cycle_model *m, cycle_time from) {
    cycle_loader *loader = &m->loader;
    while (loader->forwarded == loader->taken) step(m);
    cycle_time at = cycle_later(from, loader->forward[loader->taken % CYCLE_RING]);
    cycle_loader_take(loader, at);
    return at;
}

cycle_time cycle_pull_slice(cycle_model *m, uint64_t index) {
    while (m->loader.slices_ready <= index) {
        if (m->memory.count > 0)
            serve(m);
        else
            step(m);
    }
    return m->loader.slice_ready[index % CYCLE_RING];
}

cycle_time cycle_pull_image(cycle_model *m, int count) {
    cycle_image *image = &m->image;
    while (image->puts < count) {
        if (!image->asked)
            step(m);
        else if (!cycle_image_may_put(image))
            serve(m);
        else
            cycle_image_put(image);
    }
    return image->put[count - 1] + 1;
}

cycle_time cycle_pull_sweep(cycle_model *m) {
    while (!cycle_sweep_ready(&m->sweep)) serve(m);
    cycle_sweep_advance(&m->sweep, CYCLE_PENDING - 1);
    return m->sweep.idle;
}

cycle_time cycle_pull_pair(cycle_model *m, int pair) {
    if (m->sweep.command != NULL && m->sweep.command->in_buf / 2 == pair) (void)cycle_pull_sweep(m);
    while (m->masks.pair_valid[pair] == CYCLE_PENDING) serve(m); /* it is given */
    return m->masks.pair_valid[pair];
}

/* A write that has waited goes first; else the read of that cycle does. The burst's address went
   out in the cycle before the first. */
cycle_time cycle_pull_write(cycle_model *m, cycle_time at, int beats) {
    cycle_run run;
    for (int i = 0; i < beats; i++) {
        run_ahead(m, at);
        if (i > 0 && cycle_memory_next(&m->memory) == at) {
            (void)cycle_memory_show(&m->memory, &run);
            at++;
        }
        at = cycle_memory_write(&m->memory, at) + 1;
    }
    return at - 1;
}
