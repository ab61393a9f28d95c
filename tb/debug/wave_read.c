/* See wave_read.h. The file format is read by GTKWave's library, which Verilator brings along. */
#include "wave_read.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <fstapi.h>

enum { TICKS = 10 /* time units of a cycle: tb/dut/dut_shim.cpp */, NAME = 512 };

typedef struct {
    char *name;
    fstHandle handle;
    uint32_t width;
} variable;

typedef struct {
    fstHandle handle;
    uint32_t width;
    char *bits; /* width digits, the highest first */
} signal;

struct wave_read {
    void *fst;
    variable *variables; /* sorted by name */
    size_t count, room;
    signal *signals;
    int signal_count;
    int *first_of; /* (handles + 1) signal that a handle is, -1: none */
    /* while it runs */
    wave_read_cycle *cycle;
    void *context;
    uint64_t next, to; /* cycle to be shown next */
    bool ended;
};

static int by_name(const void *a, const void *b) { return strcmp(((const variable *)a)->name, ((const variable *)b)->name); }

/* A newer Verilator puts the elements of an array, "mem[0]", into a scope "mem": the path's length without such scopes. */
static size_t without_arrays(const char *scope, const char *variable) {
    size_t length = strlen(scope);
    for (;;) {
        size_t last = length;
        while (last > 0 && scope[last - 1] != '.') last--;
        size_t size = length - last;
        if (size == 0 || strncmp(scope + last, variable, size) != 0 || variable[size] != '[') return length;
        length = last > 0 ? last - 1 : 0;
    }
}

/* The path below the accelerator of a scope; NULL: it is not in it. A board's shell stands around it (scripts/waves/gtkw_sources.py
   says the same). */
static const char *below_top(const char *scope) {
    static const char *const tops[] = {"dp_top.dp_top", "dp_top.dp_board.dp_top"};
    for (size_t i = 0; i < sizeof tops / sizeof *tops; i++) {
        size_t length = strlen(tops[i]);
        if (strncmp(scope, tops[i], length) != 0) continue;
        if (scope[length] == '\0') return scope + length;
        if (scope[length] == '.') return scope + length + 1;
    }
    return NULL;
}

static bool add_variable(wave_read *w, const char *scope, const struct fstHier *h) {
    char name[NAME];
    size_t length = strcspn(h->u.var.name, " "); /* "act [63:0]" */
    const char *below = below_top(scope);
    if (below == NULL) return true;
    size_t path = without_arrays(below, h->u.var.name);
    (void)snprintf(name, sizeof name, "%.*s%s%.*s", (int)path, below, path > 0 ? "." : "", (int)length, h->u.var.name);
    if (w->count == w->room) {
        size_t room = w->room == 0 ? 4096 : 2 * w->room;
        variable *more = realloc(w->variables, room * sizeof *more);
        if (more == NULL) return false;
        w->variables = more;
        w->room = room;
    }
    variable *v = &w->variables[w->count];
    *v = (variable){strdup(name), h->u.var.handle, h->u.var.length};
    w->count += v->name != NULL;
    return v->name != NULL;
}

dp_status wave_read_open(wave_read **wave, const char *path, dp_error *err) {
    wave_read *w = calloc(1, sizeof *w);
    *wave = NULL;
    if (w == NULL) return dp_fail(err, DP_NO_MEMORY, "out of memory");
    w->fst = fstReaderOpen(path);
    if (w->fst == NULL) {
        free(w);
        return dp_fail(err, DP_BAD_INPUT, "%s: not a complete FST file", path);
    }
    const struct fstHier *h;
    bool good = true;
    while (good && (h = fstReaderIterateHier(w->fst)) != NULL) {
        if (h->htyp == FST_HT_SCOPE) (void)fstReaderPushScope(w->fst, h->u.scope.name, NULL);
        if (h->htyp == FST_HT_UPSCOPE) (void)fstReaderPopScope(w->fst);
        if (h->htyp == FST_HT_VAR) good = add_variable(w, fstReaderGetCurrentFlatScope(w->fst), h);
    }
    size_t handles = (size_t)fstReaderGetMaxHandle(w->fst) + 1;
    w->first_of = malloc(handles * sizeof *w->first_of);
    if (!good || w->first_of == NULL) {
        wave_read_close(w);
        return dp_fail(err, DP_NO_MEMORY, "out of memory for the signals of %s", path);
    }
    for (size_t i = 0; i < handles; i++) w->first_of[i] = -1;
    if (w->count > 0) qsort(w->variables, w->count, sizeof *w->variables, by_name);
    *wave = w;
    return DP_OK;
}

void wave_read_close(wave_read *w) {
    if (w == NULL) return;
    fstReaderClose(w->fst);
    for (size_t i = 0; i < w->count; i++) free(w->variables[i].name);
    for (int i = 0; i < w->signal_count; i++) free(w->signals[i].bits);
    free(w->variables);
    free(w->signals);
    free(w->first_of);
    free(w);
}

int wave_read_signal(wave_read *w, const char *name) {
    char copy[NAME];
    (void)snprintf(copy, sizeof copy, "%s", name);
    const variable key = {.name = copy};
    const variable *v = bsearch(&key, w->variables, w->count, sizeof *w->variables, by_name);
    if (v == NULL) return -1;
    if (w->first_of[v->handle] >= 0) return w->first_of[v->handle];
    signal *more = realloc(w->signals, (size_t)(w->signal_count + 1) * sizeof *more);
    if (more == NULL) return -1;
    w->signals = more;
    signal *s = &w->signals[w->signal_count];
    *s = (signal){v->handle, v->width, calloc(v->width + 1, 1)};
    if (s->bits == NULL) return -1;
    memset(s->bits, '0', v->width);
    fstReaderSetFacProcessMask(w->fst, v->handle);
    w->first_of[v->handle] = w->signal_count;
    return w->signal_count++;
}

/* All cycles that have settled before `time`. */
static void show_until(wave_read *w, uint64_t time) {
    for (; !w->ended && w->next <= w->to && w->next * TICKS < time; w->next++) w->ended = !w->cycle(w->context, w, w->next);
}

static void changed(void *context, uint64_t time, fstHandle handle, const unsigned char *value) {
    wave_read *w = context;
    show_until(w, time);
    if (w->first_of[handle] < 0) return;
    signal *s = &w->signals[w->first_of[handle]];
    memcpy(s->bits, value, s->width);
}

dp_status wave_read_run(wave_read *w, uint64_t from, uint64_t to, wave_read_cycle *cycle, void *context, dp_error *err) {
    uint64_t first = (fstReaderGetStartTime(w->fst) + TICKS - 1) / TICKS, last = fstReaderGetEndTime(w->fst) / TICKS;
    w->cycle = cycle;
    w->context = context;
    w->next = from > first ? from : first;
    w->to = to < last ? to : last;
    w->ended = false;
    if (fstReaderIterBlocks(w->fst, changed, w, NULL) == 0) return dp_fail(err, DP_BAD_INPUT, "the wave cannot be read");
    show_until(w, UINT64_MAX);
    return DP_OK;
}

uint64_t wave_read_value(const wave_read *w, int number) {
    if (number < 0) return 0;
    const signal *s = &w->signals[number];
    uint64_t value = 0;
    for (uint32_t i = s->width > 64 ? s->width - 64 : 0; i < s->width; i++) value = value << 1 | (s->bits[i] == '1');
    return value;
}

int64_t wave_read_signed(const wave_read *w, int number) {
    if (number < 0) return 0;
    uint32_t width = w->signals[number].width, spare = width < 64 ? 64 - width : 0;
    return (int64_t)(wave_read_value(w, number) << spare) >> spare;
}

int8_t wave_read_byte(const wave_read *w, int number, int index) {
    unsigned value = 0;
    for (int bit = 7; number >= 0 && bit >= 0; bit--) {
        uint32_t at = (uint32_t)(8 * index + bit);
        const signal *s = &w->signals[number];
        value = value << 1 | (at < s->width && s->bits[s->width - 1 - at] == '1');
    }
    return (int8_t)value;
}
