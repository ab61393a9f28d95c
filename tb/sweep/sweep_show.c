#include "sweep_show.h"

#include <stdio.h>
#include <string.h>

#include "progress.h"
#include "sweep_case.h"

enum { LABEL = 256, NAMED = 40, SECONDS_SHOWN = 120, MINUTES_SHOWN = 120 };
static const double interval = 0.5;

void sweep_show_start(sweep_show *show, const sweep_plan *plan, bool terminal) {
    *show = (sweep_show){.terminal = terminal, .total = plan->count, .started = progress_now()};
    for (int i = 0; i < plan->count; i++) {
        const sweep_case *c = &plan->cases[i];
        show->finished += c->state != SWEEP_MISSING;
        show->failed += c->state == SWEEP_FAILED;
        show->work_left += c->state == SWEEP_MISSING ? c->work : 0;
    }
    if (show->finished > 0) (void)fprintf(stderr, "%d of %d cases are there already\n", show->finished, show->total);
}

static void clear(const sweep_show *show) {
    if (show->terminal) (void)fprintf(stderr, "\r\033[K");
}

static void print_failure(const sweep_case *c, const json_t *record) {
    char label[LABEL];
    sweep_case_label(c, label, sizeof label);
    (void)fprintf(stderr, "FAILED (%s) %s: %s\n  replay: %s\n", json_string_value(json_object_get(record, "status")), label,
                  json_string_value(json_object_get(record, "message")), json_string_value(json_object_get(record, "replay")));
}

static void print_result(const sweep_show *show, const sweep_case *c, const json_t *record) {
    char label[LABEL];
    const json_t *result = json_object_get(record, "result");
    double cycles = json_number_value(json_object_get(result, "cycles"));
    double limit = json_number_value(json_object_get(result, "limit_cycles"));
    sweep_case_label(c, label, sizeof label);
    (void)fprintf(stderr, "%d/%d %s: equal, %.0f cycles, %.3f of the limit, %.1f s\n", show->finished, show->total, label, cycles,
                  limit > 0 ? cycles / limit : 0, json_number_value(json_object_get(record, "seconds")));
}

void sweep_show_record(sweep_show *show, const sweep_case *c, const json_t *record) {
    bool equal = strcmp(json_string_value(json_object_get(record, "status")), "ok") == 0;
    show->finished++;
    show->failed += !equal;
    show->work_left -= c->work;
    show->work_done += c->work;
    clear(show);
    if (!equal)
        print_failure(c, record);
    else if (!show->terminal)
        print_result(show, c, record);
}

static void rest(const sweep_show *show, double now, char *text, size_t size) {
    text[0] = '\0';
    if (show->work_done <= 0) return;
    double seconds = (now - show->started) * show->work_left / show->work_done, minutes = seconds / 60;
    if (seconds < SECONDS_SHOWN)
        (void)snprintf(text, size, ", about %.0f s left", seconds);
    else if (minutes < MINUTES_SHOWN)
        (void)snprintf(text, size, ", about %.0f min left", minutes);
    else
        (void)snprintf(text, size, ", about %.1f h left", minutes / 60);
}

void sweep_show_progress(sweep_show *show, const sweep_case *running, int jobs) {
    double now = show->terminal ? progress_now() : 0;
    if (!show->terminal || running == NULL || now - show->shown < interval) return;
    char label[LABEL], left[48];
    sweep_case_label(running, label, sizeof label);
    rest(show, now, left, sizeof left);
    (void)fprintf(stderr, "\r%d of %d, %d failed%s; %d at work: %.*s\033[K", show->finished, show->total, show->failed, left,
                  jobs, NAMED, label);
    (void)fflush(stderr);
    show->shown = now;
}

void sweep_show_end(const sweep_show *show) { clear(show); }
