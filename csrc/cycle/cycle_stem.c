/* dp_image_load and dp_patches: the image on its way into the map memory, and the patches that a stem makes of it. */
#include "cycle_parts.h"

enum {
    GROUP = 16, /* patches of a group; half of it where nine words do not hold a row of them */
    KERNEL7 = 7,
    READ_TO_READY = 5, /* cycles from a group's last read to when its first patch may be issued */
    POP = 3 /* cycles from the dispatcher to when a patch is used */
};

static bool is_linear(const cycle_image *i) { return (i->command->flags & PLAN_PATCHES) != 0; }

static int put_words(const cycle_model *m) { return PLAN_BEAT / m->p->geometry.pi; }

/* Of the image as a map: a position's words, as many at once as a beat has. */
static int puts_of_map(const cycle_model *m, const plan_command *c) {
    int words = put_words(m);
    return c->dst.h * c->dst.w * ((c->dst.slices + words - 1) / words);
}

void cycle_image_start(cycle_model *m, const plan_command *c) {
    cycle_image *i = &m->image;
    i->command = c;
    i->asked = false;
    i->beats = (c->dst.w * c->dst.h * c->cin + PLAN_BEAT - 1) / PLAN_BEAT;
    i->puts_all = is_linear(i) ? i->beats : puts_of_map(m, c);
    i->loaded = i->puts = i->freed_count = i->y = i->x = i->word = i->bank = 0;
    i->put_bytes = 0;
}

/* Bytes, banks and words of the next put. */
static int put_size(const cycle_model *m, int *bank, int *words) {
    const cycle_image *i = &m->image;
    const plan_command *c = i->command;
    *words = put_words(m);
    *bank = i->bank;
    if (is_linear(i)) return PLAN_BEAT;
    int left = c->cin - i->word * m->p->geometry.pi;
    *bank = (i->x % 3 + 3 * (i->y % 3) + i->word) % CYCLE_BANKS;
    if (c->dst.slices - i->word < *words) *words = c->dst.slices - i->word;
    return left < PLAN_BEAT ? left : PLAN_BEAT;
}

/* When the next put may be; the beats that it needs have been taken. */
static cycle_time put_at(const cycle_model *m) {
    const cycle_image *i = &m->image;
    int bank, words, bytes = put_size(m, &bank, &words);
    int beat = (int)((i->put_bytes + bytes + PLAN_BEAT - 1) / PLAN_BEAT) - 1;
    return cycle_later(i->load[beat], i->puts > 0 ? i->put[i->puts - 1] : 0) + 1;
}

static void put(cycle_model *m) {
    cycle_image *i = &m->image;
    int bank, words, bytes = put_size(m, &bank, &words);
    cycle_time at = put_at(m);
    cycle_sweep_advance(m, at);
    while (cycle_port_busy(m, at, bank, words)) cycle_sweep_advance(m, ++at);
    i->put[i->puts++] = at;
    i->put_bytes += bytes;
    while ((int64_t)i->freed_count * PLAN_BEAT <= i->put_bytes && i->freed_count <= i->beats) i->freed[i->freed_count++] = at;
    if (is_linear(i)) {
        i->bank = (i->bank + words) % CYCLE_BANKS;
        return;
    }
    i->word += put_words(m);
    if (i->word < i->command->dst.slices) return;
    i->word = 0;
    if (++i->x < i->command->dst.w) return;
    i->x = 0;
    i->y++;
}

/* Two beats fit: one is taken when all but one of those before it are written. */
cycle_time cycle_image_beat(cycle_model *m, cycle_time shown) {
    cycle_image *i = &m->image;
    int written = i->loaded - 1;
    while (written > 0 && i->freed_count <= written) put(m);
    if (written > 0) shown = cycle_later(shown, i->freed[written] + 1);
    i->load[i->loaded++] = shown;
    return shown;
}

bool cycle_image_takes(cycle_model *m, cycle_time limit) {
    int written = m->image.loaded - 1;
    while (written > 0 && m->image.freed_count <= written && put_at(m) < limit) put(m);
    return written <= 0 || m->image.freed_count > written;
}

/* Puts up to `count`, and the cycle behind the last of them. */
static cycle_time put_until(cycle_model *m, int count) {
    cycle_image *i = &m->image;
    while (i->puts < count) {
        int bank, words, bytes = put_size(m, &bank, &words);
        int64_t needed = i->put_bytes + bytes;
        while (!i->asked) cycle_loader_step(m);
        while ((int64_t)i->loaded * PLAN_BEAT < needed && i->loaded < i->beats) cycle_memory_serve(m);
        if (i->puts < count) put(m); /* serving may have done it */
    }
    return i->put[count - 1] + 1;
}

cycle_time cycle_image_done(cycle_model *m) { return put_until(m, m->image.puts_all); }

cycle_time cycle_image_row(cycle_model *m, int row) {
    return put_until(m, m->image.puts_all / m->image.command->dst.h * (row + 1));
}

cycle_time cycle_image_word(cycle_model *m, int word) {
    int count = word / put_words(m) + 1;
    return put_until(m, count < m->image.puts_all ? count : m->image.puts_all);
}

void cycle_patches_start(cycle_patches *t, const cycle_model *m, const plan_command *c, cycle_time start) {
    bool k7 = (c->flags & PLAN_KERNEL7) != 0, stride2 = (c->flags & PLAN_STRIDE2) != 0;
    bool half = m->p->geometry.pi < GROUP && c->cin == 3 && (stride2 || k7);
    *t = (cycle_patches){.c = c, .kernel = k7 ? KERNEL7 : 3, .stride = stride2 ? 2 : 1, .group = half ? GROUP / 2 : GROUP};
    t->columns = (c->src.w + t->stride - 1) / t->stride;
    t->moved = start;
    t->first = true;
}

/* The image rows of a group are read one a cycle, when their words are there and the group before has moved on. */
static void load_group(cycle_patches *t, cycle_model *m) {
    const plan_command *c = t->c;
    int pad = t->kernel / 2, channels = c->cin, pi = m->p->geometry.pi;
    int from = (t->x * t->stride - pad) * channels, row_bytes = c->src.w * channels;
    int bytes = ((t->group - 1) * t->stride + t->kernel) * channels;
    int end = from + bytes < row_bytes ? from + bytes : row_bytes;
    cycle_time at = cycle_later(t->read, t->moved);
    for (int r = 0; r < t->kernel; r++) {
        int y = t->y * t->stride - pad + r;
        at++;
        if (y >= 0 && y < c->src.h) at = cycle_later(at, cycle_image_word(m, (y * row_bytes + end - 1) / pi));
    }
    t->read = at;
    t->left = t->columns - t->x < t->group ? t->columns - t->x : t->group;
    t->x += t->left;
    if (t->x < t->columns) return;
    t->x = 0;
    t->y = (t->y + 1) * t->stride < c->src.h ? t->y + 1 : 0;
}

cycle_time cycle_patches_ready(cycle_patches *t, cycle_model *m) {
    if (t->left > 0) return t->ready;
    load_group(t, m);
    t->ready = t->read + READ_TO_READY;
    t->moved = cycle_later(t->ready, t->take);
    t->fresh = true;
    return t->ready;
}

cycle_time cycle_patches_next(cycle_patches *t, cycle_model *m) {
    cycle_time ready = cycle_patches_ready(t, m), take = t->take + 1;
    if (t->fresh) take = cycle_later(take, t->moved + 1);
    if (!t->first) take = cycle_later(take, t->advance);
    cycle_time advance = take + 1;
    if (!t->first) advance = cycle_later(advance, t->pop);
    t->take = take;
    t->advance = advance;
    t->first = t->fresh = false;
    t->left--;
    return ready;
}

void cycle_patches_use(cycle_patches *t, cycle_time last) { t->pop = last + POP; }
