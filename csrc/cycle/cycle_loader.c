#include "cycle_loader.h"

enum { EXEC_DEPTH = 8, MASK_ROW_WORDS = 9, GROUPS_A_BEAT = 16 };

static int divide_up(int n, int unit) { return (n + unit - 1) / unit; }

static const plan_command *command_of(const cycle_loader *loader) { return &loader->p->command[loader->command]; }

void cycle_loader_init(cycle_loader *loader, const plan *p) {
    *loader = (cycle_loader){.p = p, .rows_free = p->geometry.weight_rows, .entries_free = PLAN_PARAM_ENTRIES};
}

/* The channel mask before it has to be complete. */
static bool needs_groups(const plan_command *c) {
    bool grouped = c->op == PLAN_OP_CONV && (c->flags & (PLAN_IN_GROUPED | PLAN_OUT_GROUPED | PLAN_SCORE)) != 0;
    return grouped || c->op == PLAN_OP_GROUPS;
}

/* Entries that must stay free: fewer slices may be there when one with saliency weights comes. */
static int entries_spared(const plan_command *c) {
    return (c->flags & PLAN_SCORE) != 0 ? PLAN_PARAM_ENTRIES - PLAN_SCORE_ENTRIES : 0;
}

static bool fits(const plan_command *c, int rows, int entries) { return rows >= c->rows && entries > entries_spared(c); }

/* Whether the slices that have been given back make room. */
static bool has_room(const cycle_loader *loader) {
    int rows = loader->rows_free, entries = loader->entries_free + (int)(loader->slices_released - loader->counted);
    for (uint64_t i = loader->counted; i < loader->slices_released; i++) rows += loader->slice_rows[i % CYCLE_RING];
    return fits(command_of(loader), rows, entries);
}

/* After the first slice of weights. */
static bool image_is_next(const cycle_loader *loader) { return loader->slice > 0 && loader->image_due; }

/* The command itself is there, and so is room for it on its way to the sequencer. */
static cycle_wait waits_to_start(const cycle_loader *loader) {
    const plan_command *c = command_of(loader);
    bool place = true;
    if (!cycle_fetch_any(loader->fetch)) return CYCLE_WAITS_COMMAND;
    if (loader->forwarded >= loader->taken + EXEC_DEPTH) return CYCLE_WAITS;
    if (c->op == PLAN_OP_MASK) place = loader->masks->pair_free[c->in_buf / 2] != CYCLE_PENDING;
    if (c->op == PLAN_OP_IMAGE) place = loader->masks->image_free != CYCLE_PENDING;
    if (!place) return CYCLE_WAITS;
    return needs_groups(c) && loader->masks->groups_open > 0 ? CYCLE_WAITS_GROUPS : CYCLE_GOES;
}

cycle_wait cycle_loader_waits(const cycle_loader *loader) {
    if (loader->plain_due) return CYCLE_GOES;
    if (!loader->in_slices) return waits_to_start(loader);
    return loader->reserved || image_is_next(loader) || has_room(loader) ? CYCLE_GOES : CYCLE_WAITS;
}

/* The command is done: the next one is looked at. */
static void finish(cycle_loader *loader) {
    cycle_fetch_pop(loader->fetch, loader->at);
    loader->at++;
    if (command_of(loader)->op == PLAN_OP_CONV) loader->conv++;
    loader->in_slices = false;
    if (++loader->command < loader->p->commands) return;
    loader->command = loader->conv = 0;
    loader->job++;
}

static void list_groups(cycle_loader *loader, const plan_command *c) {
    const golden_layer *layer = &(loader->job == loader->jobs ? loader->golden : loader->golden_next)->layers[c->layer];
    loader->groups = 0;
    for (int i = 0; i < layer->layer->groups; i++)
        if (layer->group_keep[i] != 0) loader->group[loader->groups++] = i;
}

/* The cycle from which on the place is free that the command writes to, or the channel mask is
   there that it reads. */
static cycle_time known_from(const cycle_loader *loader, const plan_command *c) {
    if (c->op == PLAN_OP_MASK) return loader->masks->pair_free[c->in_buf / 2];
    if (c->op == PLAN_OP_IMAGE) return loader->masks->image_free;
    return needs_groups(c) ? loader->masks->groups_done + 1 : 0;
}

/* The masks and the image that the command makes are not there any more, or not yet. */
static void claim(cycle_loader *loader, const plan_command *c) {
    cycle_masks *masks = loader->masks;
    if ((c->flags & PLAN_SCORE) != 0 || c->op == PLAN_OP_GROUPS) masks->groups_open++;
    if (c->op == PLAN_OP_MASK) masks->pair_valid[c->in_buf / 2] = masks->pair_free[c->in_buf / 2] = CYCLE_PENDING;
    if (c->op != PLAN_OP_IMAGE) return;
    cycle_image_start(loader->image, c);
    masks->image_free = CYCLE_PENDING;
    loader->image_due = true;
}

static void start_command(cycle_loader *loader) {
    const plan_command *c = command_of(loader);
    cycle_time forward = cycle_later(loader->at, cycle_fetch_head(loader->fetch));
    if (loader->forwarded >= EXEC_DEPTH)
        forward = cycle_later(forward, loader->take[(loader->forwarded - EXEC_DEPTH) % CYCLE_RING] + 1);
    loader->forward[loader->forwarded++ % CYCLE_RING] = forward + 1;
    loader->at = cycle_later(forward, known_from(loader, c)) + 1;
    claim(loader, c);
    loader->plain_due = (c->flags & PLAN_SCORE) != 0 || c->op == PLAN_OP_GROUPS || c->op == PLAN_OP_MASK;
    loader->slice = loader->octet = 0;
    loader->in_slices = c->op == PLAN_OP_CONV;
    if (!loader->in_slices && !loader->plain_due)
        finish(loader);
    else if ((c->flags & (PLAN_IN_GROUPED | PLAN_OUT_GROUPED)) != 0)
        list_groups(loader, c);
}

/* Room for a slice, waiting for as many of those given back as that takes. */
static void reserve(cycle_loader *loader, const plan_command *c) {
    while (!fits(c, loader->rows_free, loader->entries_free)) {
        loader->at = cycle_later(loader->at, loader->slice_release[loader->counted % CYCLE_RING] + 1);
        loader->rows_free += loader->slice_rows[loader->counted++ % CYCLE_RING];
        loader->entries_free++;
    }
    loader->rows_free -= c->rows;
    loader->entries_free--;
    loader->at++;
    loader->reserved = true;
    loader->part = 0;
}

/* A single run that a command starts with, or consists of. */
static cycle_run plain_run(cycle_loader *loader, const plan_command *c) {
    cycle_run run = {.address = (uint32_t)c->aux_addr, .last = true, .pair = c->in_buf / 2, .rows = c->src.h};
    cycle_layer *layer = &loader->layer[0];
    loader->plain_due = false;
    if (c->op == PLAN_OP_GROUPS) {
        run.kind = CYCLE_GROUPS;
        run.beats = 1;
    } else if (c->op == PLAN_OP_CONV) {
        run.kind = CYCLE_PARAMETERS;
        run.beats = divide_up(c->groups, GROUPS_A_BEAT);
        layer = &loader->layer[loader->conv];
    } else if ((c->flags & PLAN_OWN_FETCH) != 0) {
        run.kind = CYCLE_MASK_ROWS;
        run.beats = divide_up(c->src.h, CYCLE_BEAT_ROWS);
    } else {
        run.kind = CYCLE_MASK_WEIGHTS;
        run.beats = c->rows * divide_up(MASK_ROW_WORDS * loader->p->geometry.pi, PLAN_BEAT);
    }
    layer->other_beats += (uint64_t)run.beats;
    return run;
}

/* The next run of an octet's record: all of it, or its head and then the weights of each kept
   group. */
static cycle_run weights_run(cycle_loader *loader, const plan_command *c) {
    cycle_layer *layer = &loader->layer[loader->conv];
    bool in_grouped = (c->flags & PLAN_IN_GROUPED) != 0, out_grouped = (c->flags & PLAN_OUT_GROUPED) != 0;
    int lanes = loader->p->conv[loader->conv].lanes / PLAN_OCTET, octets = divide_up(c->cout, PLAN_OCTET), next = loader->octet;
    int octet = out_grouped ? loader->group[next / c->group8] * c->group8 + next % c->group8 : next;
    cycle_run run = {.kind = CYCLE_SLICE, .address = (uint32_t)c->weight_addr + (uint32_t)(octet * c->rec_beats) * PLAN_BEAT};
    if (loader->part == 0) {
        run.beats = in_grouped ? c->aux_beats : c->rec_beats;
        layer->other_beats += (uint64_t)c->aux_beats;
        layer->weight_beats += (uint64_t)(run.beats - c->aux_beats);
    } else {
        run.beats = c->group8 * ((c->flags & PLAN_KERNEL3) != 0 ? 9 : 1);
        run.address += (uint32_t)(c->aux_beats + loader->group[loader->part - 1] * run.beats) * PLAN_BEAT;
        layer->weight_beats += (uint64_t)run.beats;
    }
    bool octet_end = loader->part == (in_grouped ? loader->groups : 0);
    run.last = octet_end && (next + 1 == octets || (next + 1) % lanes == 0);
    loader->part = octet_end ? 0 : loader->part + 1;
    loader->octet += octet_end;
    loader->slice += run.last;
    loader->reserved = !run.last;
    return run;
}

static cycle_run image_run(cycle_loader *loader) {
    const plan *p = loader->p;
    cycle_image *image = loader->image;
    loader->image_due = false;
    image->asked = true;
    loader->layer[loader->conv].other_beats += (uint64_t)image->beats;
    uint32_t address = p->image_addr + (uint32_t)(loader->job % PLAN_SLOTS) * p->image_stride;
    return (cycle_run){.kind = CYCLE_IMAGE, .address = address, .beats = image->beats};
}

bool cycle_loader_step(cycle_loader *loader, cycle_run *run) {
    const plan_command *c = command_of(loader);
    if (loader->plain_due) {
        *run = plain_run(loader, c);
    } else if (!loader->in_slices) {
        start_command(loader);
        return false;
    } else if (loader->reserved) {
        *run = weights_run(loader, c);
    } else if (image_is_next(loader)) {
        *run = image_run(loader);
    } else {
        reserve(loader, c);
        return false;
    }
    return true;
}

void cycle_loader_asked(cycle_loader *loader, cycle_time at) {
    loader->at = at + 1;
    bool more = loader->in_slices && (loader->slice < command_of(loader)->out_slices || loader->image_due);
    if (!more) finish(loader);
}

void cycle_loader_take(cycle_loader *loader, cycle_time at) { loader->take[loader->taken++ % CYCLE_RING] = at; }

void cycle_loader_complete(cycle_loader *loader, cycle_time at) { loader->slice_ready[loader->slices_ready++ % CYCLE_RING] = at; }

void cycle_loader_release(cycle_loader *loader, int rows, cycle_time at) {
    loader->slice_rows[loader->slices_released % CYCLE_RING] = rows;
    loader->slice_release[loader->slices_released++ % CYCLE_RING] = at;
}
