#include "cycle_image.h"

#include "plan.h"

/* What a put writes. */
typedef struct {
    int bytes, bank, words;
} piece;

static bool is_linear(const cycle_image *image) { return (image->command->flags & PLAN_PATCHES) != 0; }

static int put_words(const cycle_image *image) { return PLAN_BEAT / image->pi; }

/* Of the image as a map: a position's words, as many at once as a beat has. */
static int puts_of_map(const cycle_image *image) {
    const plan_command *c = image->command;
    int words = put_words(image);
    return c->dst.h * c->dst.w * ((c->dst.slices + words - 1) / words);
}

void cycle_image_start(cycle_image *image, const plan_command *c) {
    image->command = c;
    image->asked = false;
    image->beats = (c->dst.w * c->dst.h * c->cin + PLAN_BEAT - 1) / PLAN_BEAT;
    image->puts_all = is_linear(image) ? image->beats : puts_of_map(image);
    image->loaded = image->puts = image->freed_count = image->y = image->x = image->word = image->bank = 0;
    image->put_bytes = 0;
}

static piece next_piece(const cycle_image *image) {
    const plan_command *c = image->command;
    piece next = {.bytes = PLAN_BEAT, .bank = image->bank, .words = put_words(image)};
    if (is_linear(image)) return next;
    int left = c->cin - image->word * image->pi;
    if (left < PLAN_BEAT) next.bytes = left;
    next.bank = (image->x % 3 + 3 * (image->y % 3) + image->word) % CYCLE_BANKS;
    if (c->dst.slices - image->word < next.words) next.words = c->dst.slices - image->word;
    return next;
}

/* When the next put may be; the beats that it needs have been taken. */
static cycle_time put_at(const cycle_image *image, const piece *next) {
    int beat = (int)((image->put_bytes + next->bytes + PLAN_BEAT - 1) / PLAN_BEAT) - 1;
    return cycle_later(image->load[beat], image->puts > 0 ? image->put[image->puts - 1] : 0) + 1;
}

bool cycle_image_may_put(const cycle_image *image) {
    int64_t needed = image->put_bytes + next_piece(image).bytes;
    return image->loaded == image->beats || (int64_t)image->loaded * PLAN_BEAT >= needed;
}

/* Where the put after this one goes. */
static void move_on(cycle_image *image, const piece *done) {
    if (is_linear(image)) {
        image->bank = (image->bank + done->words) % CYCLE_BANKS;
        return;
    }
    image->word += put_words(image);
    if (image->word < image->command->dst.slices) return;
    image->word = 0;
    if (++image->x < image->command->dst.w) return;
    image->x = 0;
    image->y++;
}

void cycle_image_put(cycle_image *image) {
    piece next = next_piece(image);
    cycle_time at = put_at(image, &next);
    cycle_sweep_advance(image->sweep, at);
    while (cycle_port_busy(image->sweep->port, at, next.bank, next.words)) cycle_sweep_advance(image->sweep, ++at);
    image->put[image->puts++] = at;
    image->put_bytes += next.bytes;
    while ((int64_t)image->freed_count * PLAN_BEAT <= image->put_bytes && image->freed_count <= image->beats)
        image->freed[image->freed_count++] = at;
    move_on(image, &next);
}

/* A beat is taken when all but one of those before it are written. */
cycle_time cycle_image_beat(cycle_image *image, cycle_time shown) {
    int written = image->loaded - 1;
    while (written > 0 && image->freed_count <= written) cycle_image_put(image);
    if (written > 0) shown = cycle_later(shown, image->freed[written] + 1);
    image->load[image->loaded++] = shown;
    return shown;
}

bool cycle_image_takes(cycle_image *image, cycle_time limit) {
    int written = image->loaded - 1;
    while (written > 0 && image->freed_count <= written) {
        piece next = next_piece(image);
        if (put_at(image, &next) >= limit) return false;
        cycle_image_put(image);
    }
    return true;
}

int cycle_image_row_puts(const cycle_image *image, int row) { return image->puts_all / image->command->dst.h * (row + 1); }

int cycle_image_word_puts(const cycle_image *image, int word) {
    int count = word / put_words(image) + 1;
    return count < image->puts_all ? count : image->puts_all;
}
