#include "build_choice.h"

#include <stdio.h>
#include <string.h>

enum { SMALL_MAP = 32 }; /* rows of the largest networks that small builds are made for */
static const char dense_suffix[] = "-dense";

void build_sister(char name[DUT_NAME_SIZE], const char *of, bool dense, bool trace) {
    int whole = (int)strcspn(of, ".");
    const char *variant = of + whole, *board = strstr(of, "-board");
    int base = board != NULL ? (int)(board - of) : whole, ports = whole - base; /* "-board2" */
    if (board == NULL) board = variant;
    int tail = (int)strlen(dense_suffix);
    bool is_dense = base > tail && strncmp(of + base - tail, dense_suffix, (size_t)tail) == 0;
    if (is_dense) base -= tail;
    if (trace || strcmp(variant, ".trace") == 0) variant = trace ? ".trace" : "";
    (void)snprintf(name, DUT_NAME_SIZE, "%.*s%s%.*s%s", base < DUT_NAME_SIZE ? base : DUT_NAME_SIZE - 1, of,
                   dense ? dense_suffix : "", ports, board, variant);
}

plan_geometry build_geometry(const dut_geometry *g) {
    return (plan_geometry){
        .pi = g->pi,
        .po = g->po,
        .parallel = g->parallel,
        .prune = g->prune,
        .map_words = g->map_words,
        .weight_rows = g->weight_rows,
        .mask_w = g->mask_w,
        .patch_bytes = g->patch_bytes,
    };
}

dp_status build_fits(const dp_model *model, const dut_geometry *geometry, plan_options options, dp_error *err) {
    plan p;
    plan_geometry g = build_geometry(geometry);
    dp_status status = plan_create(&p, model, &g, options, err);
    if (status == DP_OK) plan_free(&p);
    return status;
}

static const char *arch_name(const dut_geometry *g) { return g->parallel ? "parallel" : "serial"; }

static dp_status named(const build_choice *choice, const dp_model *model, const dut_api **api, dp_error *err) {
    char name[DUT_NAME_SIZE];
    if (strlen(choice->name) + sizeof dense_suffix + sizeof ".trace" > DUT_NAME_SIZE)
        return dp_fail(err, DP_BAD_INPUT, "--build %s: not the name of a hardware build", choice->name);
    (void)snprintf(name, sizeof name, "%s", choice->name);
    if (choice->dense) build_sister(name, choice->name, true, strstr(choice->name, ".trace") != NULL);
    dp_status status = dut_load(name, api, err);
    if (status != DP_OK) return status;
    const dut_geometry *g = &(*api)->geometry;
    if (choice->arch != NULL && strcmp(choice->arch, arch_name(g)) != 0)
        return dp_fail(err, DP_BAD_INPUT, "--arch %s contradicts --build %s, which is %s", choice->arch, choice->name,
                       arch_name(g));
    return build_fits(model, g, (plan_options){.dense = !g->prune, .schedule = choice->schedule}, err);
}

bool build_candidate(int i, const dp_model *model, const char *arch, bool dense, char name[DUT_NAME_SIZE]) {
    static const char *const sizes[] = {"small", "mid", "ref"};
    const int size_count = sizeof sizes / sizeof *sizes;
    if (model->in_h > SMALL_MAP) i += size_count - 1;
    if (i >= size_count) return false;
    (void)snprintf(name, DUT_NAME_SIZE, "%s-%s%s", arch != NULL ? arch : "serial", sizes[i], dense ? dense_suffix : "");
    return true;
}

/* The first candidate that fits. One that is not there is skipped if a larger one is. */
dp_status build_choose(const build_choice *choice, const dp_model *model, const dut_api **api, dp_error *err) {
    char name[DUT_NAME_SIZE];
    if (choice->name != NULL) return named(choice, model, api, err);
    dp_error missing = {""};
    bool any_missing = false;
    dp_status status = DP_NO_BUILD;
    for (int i = 0; build_candidate(i, model, choice->arch, choice->dense, name); i++) {
        status = dut_load(name, api, err);
        if (status == DP_NO_BUILD && dut_exists(name)) return status; /* out of date */
        if (status == DP_NO_BUILD) {
            if (!any_missing) missing = *err;
            any_missing = true;
            continue;
        }
        if (status == DP_OK)
            status = build_fits(model, &(*api)->geometry,
                                (plan_options){.dense = !(*api)->geometry.prune, .schedule = choice->schedule}, err);
        if (status != DP_BAD_INPUT) return status;
    }
    if (!any_missing) return status; /* it fits none: what the largest says */
    *err = missing;
    return DP_NO_BUILD;
}
