#include "cycle_patches.h"

enum {
    GROUP = 16, /* patches of a group; half of it where nine words do not hold a row of them */
    KERNEL7 = 7,
    READ_TO_READY = 5, /* cycles from a group's last read to when its first patch may be issued */
    POP = 3 /* cycles from the dispatcher to when a patch is used */
};

void cycle_patches_start(cycle_patches *patches, const cycle_model *m, const plan_command *c, cycle_time start) {
    bool k7 = (c->flags & PLAN_KERNEL7) != 0, stride2 = (c->flags & PLAN_STRIDE2) != 0;
    bool half = m->p->geometry.pi < GROUP && c->cin == 3 && (stride2 || k7);
    *patches = (cycle_patches){.c = c, .kernel = k7 ? KERNEL7 : 3, .stride = stride2 ? 2 : 1, .group = half ? GROUP / 2 : GROUP};
    patches->columns = (c->src.w + patches->stride - 1) / patches->stride;
    patches->moved = start;
    patches->first = true;
}

/* The image rows of a group are read one a cycle, when their words are there and the group before
   has moved on. */
static void load_group(cycle_patches *patches, cycle_model *m) {
    const plan_command *c = patches->c;
    int pad = patches->kernel / 2, channels = c->cin, pi = m->p->geometry.pi;
    int from = (patches->x * patches->stride - pad) * channels, row_bytes = c->src.w * channels;
    int bytes = ((patches->group - 1) * patches->stride + patches->kernel) * channels;
    int end = from + bytes < row_bytes ? from + bytes : row_bytes;
    cycle_time at = cycle_later(patches->read, patches->moved);
    for (int r = 0; r < patches->kernel; r++) {
        int y = patches->y * patches->stride - pad + r;
        at++;
        if (y >= 0 && y < c->src.h)
            at = cycle_later(at, cycle_pull_image(m, cycle_image_word_puts(&m->image, (y * row_bytes + end - 1) / pi)));
    }
    patches->read = at;
    patches->left = patches->columns - patches->x < patches->group ? patches->columns - patches->x : patches->group;
    patches->x += patches->left;
    if (patches->x < patches->columns) return;
    patches->x = 0;
    patches->y = (patches->y + 1) * patches->stride < c->src.h ? patches->y + 1 : 0;
}

cycle_time cycle_patches_ready(cycle_patches *patches, cycle_model *m) {
    if (patches->left > 0) return patches->ready;
    load_group(patches, m);
    patches->ready = patches->read + READ_TO_READY;
    patches->moved = cycle_later(patches->ready, patches->take);
    patches->fresh = true;
    return patches->ready;
}

cycle_time cycle_patches_next(cycle_patches *patches, cycle_model *m) {
    cycle_time ready = cycle_patches_ready(patches, m), take = patches->take + 1;
    if (patches->fresh) take = cycle_later(take, patches->moved + 1);
    if (!patches->first) take = cycle_later(take, patches->advance);
    cycle_time advance = take + 1;
    if (!patches->first) advance = cycle_later(advance, patches->pop);
    patches->take = take;
    patches->advance = advance;
    patches->first = patches->fresh = false;
    patches->left--;
    return ready;
}

void cycle_patches_use(cycle_patches *patches, cycle_time last) { patches->pop = last + POP; }
