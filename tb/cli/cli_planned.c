#include "cli_planned.h"

#include <stdio.h>
#include <string.h>

#include "axi_mem.h"
#include "geometries.h"
#include "schedule.h"

typedef struct {
    const build_choice *choice;
    const dp_model *model;
    const int8_t *image;
    const cli_memory *memory;
} wanted;

/* The plan for a build, if there is one of that name. */
static dp_status try_build(cli_planned *p, const wanted *w, const char *base, dp_error *err) {
    bool dense = w->choice->dense && strstr(base, "-dense") == NULL;
    int length = snprintf(p->build, sizeof p->build, "%s%s", base, dense ? "-dense" : "");
    if (length >= (int)sizeof p->build || !geometry_find(p->build, &p->geometry))
        return dp_fail(err, DP_BAD_INPUT, "--build %s: not in builds.mk", base);
    p->memory = (cycle_memory_options){w->memory->latency, w->memory->bandwidth, axi_mem_defaults().reads};
    plan_geometry geometry = build_geometry(&p->geometry);
    plan_options plan = {.dense = !p->geometry.prune, .schedule = w->choice->schedule};
    return schedule_plan(&p->plan, w->model, &geometry, plan, &p->memory, w->image, err);
}

dp_status cli_plan_choose(cli_planned *p, const build_choice *choice, const dp_model *model, const int8_t *image,
                          const cli_memory *memory, dp_error *err) {
    const wanted w = {choice, model, image, memory};
    dp_status status = DP_BAD_INPUT;
    if (choice->name != NULL) {
        status = try_build(p, &w, choice->name, err);
        if (status == DP_OK && choice->arch != NULL && p->geometry.parallel != (strcmp(choice->arch, "parallel") == 0)) {
            plan_free(&p->plan);
            status = dp_fail(err, DP_BAD_INPUT, "--arch %s contradicts --build %s", choice->arch, choice->name);
        }
        return status;
    }
    char base[DUT_NAME_SIZE];
    for (int i = 0; status == DP_BAD_INPUT && build_candidate(i, model, choice->arch, false, base); i++)
        status = try_build(p, &w, base, err);
    return status;
}
