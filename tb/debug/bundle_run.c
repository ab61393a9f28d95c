/* A run as words of a shell. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "bundle.h"
#include "paths.h"

typedef struct {
    char *text;
    size_t size, used;
    bool fits;
} line;

static void add(line *l, const char *format, ...) {
    va_list values;
    va_start(values, format);
    int length = vsnprintf(l->text + l->used, l->size - l->used, format, values);
    va_end(values);
    l->fits = l->fits && length >= 0 && (size_t)length < l->size - l->used;
    if (l->fits) l->used += (size_t)length;
}

static void add_word(line *l, const char *before, const char *word) {
    add(l, "%s", before);
    l->fits = l->fits && path_quote(l->text + l->used, l->size - l->used, word);
    if (l->fits) l->used += strlen(l->text + l->used);
}

bool bundle_command(const bundle_run *r, const char *program, char *text, size_t size) {
    line l = {.text = text, .size = size, .fits = size > 0};
    add_word(&l, "", program);
    add_word(&l, " sim ", r->model);
    add(&l, " --build %s", r->build);
    if (r->images != NULL) add_word(&l, " --images ", r->images);
    add(&l, " --schedule %s --seed %" PRIu64 " --stall %d --latency %d --bandwidth %d --base %" PRIu32,
        plan_schedule_name(r->plan.schedule), r->seed, r->stall, r->latency, r->bandwidth, r->base);
    add(&l, " --hang-cycles %" PRIu64 " --max-failures %d", r->hang_cycles, r->max_failures);
    if (r->fault[0] != '\0') add(&l, " --fault %s", r->fault);
    return l.fits;
}
