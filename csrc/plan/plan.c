#include "plan.h"

#include <stdlib.h>

const char *plan_schedule_name(plan_schedule schedule) {
    static const char *const names[PLAN_SCHEDULES] = {"gang", "chain", "auto"};
    return names[schedule];
}

void plan_free(plan *p) {
    free(p->image);
    free(p->conv);
    free(p->command);
    *p = (plan){0};
}

const plan_conv *plan_find(const plan *p, int layer, int stage) {
    for (int i = 0; i < p->convs; i++)
        if (p->conv[i].layer == layer && p->conv[i].stage == stage) return &p->conv[i];
    return NULL;
}
