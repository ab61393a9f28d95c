/* The search: every step takes something away and keeps what still fails. Halves first, then smaller pieces; again until nothing goes. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "shrink.h"

#include "build_choice.h"

typedef struct {
    const shrink_source *source;
    shrink_options *options;
    shrink_part *best, *trial;
    dp_error *err;
} search;

/* Whether the part fails on the hardware; one that makes no network, or does not fit, does not. */
static bool fails(search *s, const shrink_part *part) {
    dp_model model;
    image_set images;
    results r;
    sim_failure failure;
    dp_error err;
    if (shrink_cut(s->source, part, &model, &images, &err) != DP_OK) return false;
    bool failed = false;
    if (build_fits(&model, &s->options->sim.api->geometry, s->options->sim.plan, &err) == DP_OK) {
        sim_options o = s->options->sim;
        o.first = 0;
        o.count = images.count;
        o.max_reports = 1;
        o.log = NULL;
        dp_status status = sim_run(&model, &images, &o, &r, &failure, &err);
        results_free(&r);
        failed = status == DP_MISMATCH || status == DP_HANG;
        s->options->runs++;
    }
    free(images.pixels);
    dp_model_free(&model);
    return failed;
}

/* Takes the trial where it fails and is another part than the best one. */
static bool take(search *s) {
    shrink_join(s->source, s->trial);
    if (memcmp(s->trial, s->best, sizeof *s->trial) == 0 || !fails(s, s->trial)) return false;
    *s->best = *s->trial;
    return true;
}

static void say(const search *s, const char *what) {
    const shrink_part *p = s->best;
    const dp_layer *l = s->source->model->layers;
    if (s->options->log == NULL) return;
    (void)fprintf(s->options->log, "%-22s %s to %s, %d image%s, %dx%d, %d runs\n", what, l[p->first].name, l[p->last].name,
                  p->images, p->images > 1 ? "s" : "", p->h, p->w, s->options->runs);
    (void)fflush(s->options->log);
}

/* The shortest run of layers up to the failing one, or the one whose masks it feeds. */
static bool find_layers(search *s, int layer) {
    int layers = s->source->model->layer_count, last = layer >= 0 ? layer : layers - 1;
    for (int images = 1; images <= s->source->images; images++) {
        for (int first = last; first >= 0; first--) {
            for (int choice = 0; choice < 4; choice++) {
                int end = last + choice / 2;
                if (end >= layers) continue;
                shrink_whole(s->source, first, end, s->trial);
                s->trial->images = images;
                s->trial->spatial = s->trial->channel = choice % 2 == 0 ? SHRINK_MASKS_GIVEN : SHRINK_MASKS_OWN;
                if (take(s)) return true;
            }
        }
        shrink_whole(s->source, 0, layers - 1, s->trial);
        s->trial->images = images;
        if (take(s)) return true;
    }
    return false;
}

static bool drop_masks(search *s) {
    bool any = false;
    for (int spatial = 0; spatial < 2; spatial++) {
        for (int mode = SHRINK_MASKS_NONE; mode >= SHRINK_MASKS_GIVEN; mode--) {
            *s->trial = *s->best;
            shrink_masks *masks = spatial != 0 ? &s->trial->spatial : &s->trial->channel;
            if ((int)*masks >= mode) break;
            *masks = (shrink_masks)mode;
            if (!take(s)) continue;
            any = true;
            break;
        }
    }
    return any;
}

/* Rows or columns off the map's end or beginning. */
static bool crop(search *s, bool rows) {
    bool any = false;
    for (int step = (rows ? s->best->h : s->best->w) / 2; step >= 1;) {
        bool cut = false;
        for (int end = 0; end < 2 && !cut; end++) {
            *s->trial = *s->best;
            int *size = rows ? &s->trial->h : &s->trial->w, *from = rows ? &s->trial->y : &s->trial->x;
            if (*size <= step) continue;
            *size -= step;
            if (end == 1) *from += step;
            cut = take(s);
        }
        any |= cut;
        if (!cut) step /= 2;
    }
    return any;
}

/* Channels and groups that stay, of an interface or a layer of the part: the same place in the best and in the trial. */
typedef enum { OCTETS, GROUPS } flags;

static uint8_t *flags_of(shrink_part *part, flags which, int i) { return which == OCTETS ? part->octet[i] : part->group[i]; }

/* Clears flags [from, from + step) of the trial, which is the best one but for that. Whether that is a part: some were set, and some stay. */
static bool clear_some(search *s, flags which, int i, int count, int from, int step) {
    int left = 0, cleared = 0;
    *s->trial = *s->best;
    uint8_t *flag = flags_of(s->trial, which, i);
    for (int k = 0; k < count; k++) {
        bool chosen = k >= from && k < from + step;
        cleared += chosen && flag[k] != 0;
        if (chosen) flag[k] = 0;
        left += flag[k];
    }
    return left > 0 && cleared > 0;
}

/* In runs of half of them, then less; one always stays. */
static bool clear_flags(search *s, flags which, int i, int count) {
    bool any = false;
    for (int step = count / 2; step >= 1; step /= 2)
        for (int from = 0; from < count; from += step)
            if (clear_some(s, which, i, count, from, step)) any |= take(s);
    return any;
}

static bool drop_channels(search *s) {
    bool any = false;
    for (int i = 0; i <= s->best->last - s->best->first; i++) {
        const dp_layer *l = &s->source->model->layers[s->best->first + i];
        if (l->in % 8 == 0) any |= clear_flags(s, OCTETS, i, l->in / 8);
        if (l->kind != DP_HEAD) any |= clear_flags(s, OCTETS, i + 1, l->out / 8);
        if (l->groups > 1) any |= clear_flags(s, GROUPS, i, l->groups);
    }
    return any;
}

/* Kept positions of the first layer's mask, where that is given. */
static bool drop_positions(search *s) {
    const golden_layer *g = &s->source->golden[0]->layers[s->best->first];
    bool any = false;
    if (s->best->spatial != SHRINK_MASKS_GIVEN || g->min == NULL) return false;
    int w = g->layer->in_w, positions = s->best->h * s->best->w;
    for (int step = positions / 2; step >= 1; step /= 2) {
        for (int from = 0; from < positions; from += step) {
            int changed = 0;
            *s->trial = *s->best;
            for (int i = from; i < from + step && i < positions; i++) {
                int at = (s->best->y + i / s->best->w) * w + s->best->x + i % s->best->w;
                changed += g->min[at] != 0 && s->best->position[at] != 0;
                s->trial->position[at] = 0;
            }
            if (changed > 0) any |= take(s);
        }
    }
    return any;
}

dp_status shrink_search(const shrink_source *source, int layer, shrink_options *options, shrink_part *part, dp_error *err) {
    search s = {.source = source, .options = options, .best = part, .trial = calloc(1, sizeof *s.trial), .err = err};
    dp_status status = DP_OK;
    options->runs = 0;
    *part = (shrink_part){.first = -1};
    if (s.trial == NULL) return dp_fail(err, DP_NO_MEMORY, "out of memory");
    if (find_layers(&s, layer)) {
        say(&s, "fails:");
        if (drop_masks(&s)) say(&s, "fewer masks:");
        for (bool any = true; any;) {
            any = crop(&s, true);
            any |= crop(&s, false);
            if (any) say(&s, "a smaller map:");
            bool channels = drop_channels(&s);
            if (channels) say(&s, "fewer channels:");
            any |= channels;
            if (any) any |= drop_masks(&s);
        }
        if (drop_positions(&s)) say(&s, "fewer positions:");
    } else {
        status = dp_fail(err, DP_MISMATCH, "%s does not fail any more", source->model->name);
    }
    free(s.trial);
    return status;
}
