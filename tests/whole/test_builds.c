/* Every build of builds.mk has met every feature that it has (plan_features.h), on random networks whose maps and channels reach its limits:
   64 columns of masks, all lanes of scores, 7x7 patches. What a build has not met after MOST networks is a gap, and fails.
   build/tests/features.met says what it met in how many networks; scripts/check/met.py prints it. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "build_choice.h"
#include "e2e.h"
#include "geometries.h"
#include "plan_features.h"

TestSuite(builds, .timeout = 1200);

enum { MOST = 400, WANTED = 2 };

/* One after another: each leads to features that the others seldom have. */
static const gen_random_options kinds[] = {
    {.max_blocks = 3, .max_size = 64, .max_channels = 24, .group = 8, .computed = true, .runs = true},
    {.max_blocks = 3, .max_size = 14, .max_channels = 64, .bottleneck = RANDOM_ALWAYS, .runs = true},
    {.max_blocks = 2, .max_size = 64, .max_channels = 16, .masks = RANDOM_ALWAYS, .runs = true},
    {.max_blocks = 2, .max_size = 6, .max_channels = 256, .group = 8, .computed = true, .runs = true},
    {.max_blocks = 1, .max_size = 25, .stem = RANDOM_ALWAYS, .head = RANDOM_ALWAYS, .runs = true},
};
enum { KINDS = sizeof kinds / sizeof *kinds };

static void count_features(int *met, uint32_t features) {
    for (plan_feature f = 0; f < PLAN_FEATURES; f++) met[f] += (int)(features >> f & 1);
}

static bool is_new(const int *met, uint32_t features) {
    for (plan_feature f = 0; f < PLAN_FEATURES; f++)
        if ((features >> f & 1) != 0 && met[f] < WANTED) return true;
    return false;
}

static bool complete(const int *met, const plan_geometry *g) {
    for (plan_feature f = 0; f < PLAN_FEATURES; f++)
        if (met[f] < WANTED && plan_feature_possible(f, g)) return false;
    return true;
}

/* Runs one network where the build has not met all of its features yet. */
static void try_network(const dut_api *api, const plan_geometry *g, int n, int *met) {
    plan_options options = {.schedule = n / KINDS % 2 != 0 ? PLAN_CHAINS : PLAN_GANG};
    dp_model m;
    dp_error err = {""};
    e2e_fit fit;
    random_model(&m, &kinds[n % KINDS], 60000 + (uint64_t)n);
    if (e2e_fits(&m, api, options, &fit)) {
        plan p;
        cr_assert_eq(plan_create(&p, &m, g, options, &err), DP_OK, "%s", err.text);
        uint32_t features = plan_features(&p);
        plan_free(&p);
        if (is_new(met, features)) {
            image_set images;
            e2e_outcome out;
            e2e_random_images(&images, &m, 2, (uint64_t)n, fit.not_negative);
            e2e_settings settings = {.count = 2, .stall = n % 3 * 20, .seed = (uint64_t)n, .plan = options};
            e2e_expect_equal(api, &m, &images, &settings, &out, "features");
            count_features(met, features);
            free(images.pixels);
        }
    }
    dp_model_free(&m);
}

static void write_met(const char *build, const int *met, const plan_geometry *g) {
    char name[128];
    (void)snprintf(name, sizeof name, "build/tests/features.%s.met", build);
    FILE *file = fopen(name, "w");
    cr_assert_not_null(file, "%s", name);
    for (plan_feature f = 0; f < PLAN_FEATURES; f++)
        (void)fprintf(file, "%s|%s|%d\n", build, plan_feature_name(f), plan_feature_possible(f, g) ? met[f] : -1);
    cr_assert_eq(fclose(file), 0);
}

static void meet_all(const char *build) {
    const dut_api *api = e2e_load(build);
    plan_geometry g = build_geometry(&api->geometry);
    int met[PLAN_FEATURES] = {0};
    for (int n = 0; n < MOST && !complete(met, &g); n++) try_network(api, &g, n, met);
    write_met(build, met, &g);
    for (plan_feature f = 0; f < PLAN_FEATURES; f++)
        cr_expect(met[f] >= WANTED || !plan_feature_possible(f, &g), "%s has met '%s' in %d networks, not %d", build,
                  plan_feature_name(f), met[f], (int)WANTED);
}

Test(builds, parallel_small) { meet_all("parallel-small"); }
Test(builds, serial_small) { meet_all("serial-small"); }
Test(builds, parallel_mid) { meet_all("parallel-mid"); }
Test(builds, serial_mid) { meet_all("serial-mid"); }
Test(builds, parallel_ref) { meet_all("parallel-ref"); }
Test(builds, serial_ref) { meet_all("serial-ref"); }
