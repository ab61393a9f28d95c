/* See scoreboard_report.h. */
#include "scoreboard_report.h"

#include <inttypes.h>
#include <stdio.h>

#include "scoreboard_parts.h"

static const char *layer_name(const scoreboard *sb, int layer) {
    return layer >= 0 && layer < sb->p->model->layer_count ? sb->p->model->layers[layer].name : "?";
}

scoreboard_report scoreboard_about(const scoreboard *sb, scoreboard_fault fault, const scoreboard_image *image, int layer,
                                   const char *stage, uint64_t cycle) {
    scoreboard_report r = {.fault = fault,
                           .image = image != NULL ? image->index : -1,
                           .record = stage[0] == '?' ? "conv" : stage,
                           .layer = layer,
                           .stage = -1,
                           .y = -1,
                           .x = -1,
                           .k = -1,
                           .cycle = cycle};
    if (layer >= sb->p->model->layer_count) r.layer = -1;
    (void)snprintf(r.name, sizeof r.name, "%.22s.%.24s", layer_name(sb, layer), stage);
    return r;
}

scoreboard_report scoreboard_about_conv(const scoreboard *sb, scoreboard_fault fault, const scoreboard_image *image,
                                        const plan_conv *pc, const char *what, uint64_t cycle) {
    scoreboard_report r = scoreboard_about(sb, fault, image, pc->layer, what[0] == '\0' ? "conv" : "count", cycle);
    r.stage = pc->stage;
    (void)snprintf(r.name, sizeof r.name, "%.31s%.15s", pc->name, what);
    return r;
}

void scoreboard_fail(scoreboard *sb, const scoreboard_report *r) {
    sb->failures++;
    if (sb->max_reports > 0 && sb->reports >= sb->max_reports) return;
    sb->reports++;
    if (sb->report != NULL) sb->report(sb->context, r);
}

const char *scoreboard_fault_name(scoreboard_fault fault) {
    static const char *const names[SCOREBOARD_FAULTS] = {"MISMATCH", "UNEXPECTED", "DUPLICATE", "MISSING"};
    return names[fault];
}

const char *scoreboard_stage_name(int stage) { return stage == PLAN_STAGE_HEAD ? "head" : dp_role_name((dp_role)stage); }

/* " got -12 want -11 acc -1493"; where the output is right and the accumulator is not, that is what is said. */
static void format_values(const scoreboard_report *r, char *text, size_t size) {
    bool acc_wrong = r->has_acc && r->acc_got != r->acc_want;
    if (r->fault != SCOREBOARD_MISMATCH)
        text[0] = '\0';
    else if (acc_wrong && r->got == r->want)
        (void)snprintf(text, size, " accumulator got %" PRId32 " want %" PRId32 ", output %" PRId64 " is right,", r->acc_got,
                       r->acc_want, r->got);
    else if (acc_wrong)
        (void)snprintf(text, size, " got %" PRId64 " want %" PRId64 " acc %" PRId32 " want %" PRId32, r->got, r->want, r->acc_got,
                       r->acc_want);
    else if (r->has_acc)
        (void)snprintf(text, size, " got %" PRId64 " want %" PRId64 " acc %" PRId32, r->got, r->want, r->acc_got);
    else
        (void)snprintf(text, size, " got %" PRId64 " want %" PRId64, r->got, r->want);
}

void scoreboard_format(const scoreboard_report *r, char *text, size_t size) {
    char place[64] = "", values[128], count[40] = "", k[20] = "";
    if (r->y >= 0) (void)snprintf(place, sizeof place, " y=%d x=%d", r->y, r->x);
    if (r->k >= 0) (void)snprintf(k, sizeof k, " k=%d", r->k);
    if (r->missing > 1) (void)snprintf(count, sizeof count, " and %" PRIu64 " more", r->missing - 1);
    format_values(r, values, sizeof values);
    (void)snprintf(text, size, "%s img %d %s%s%s%s%s cycle %" PRIu64, scoreboard_fault_name(r->fault), r->image, r->name, place,
                   k, values, count, r->cycle);
}
