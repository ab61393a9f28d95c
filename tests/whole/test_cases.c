/* Small cases that failed once (`dpacs shrink` made them): tests/whole/cases/NAME.dpm with its images NAME.npy, on both variations. */
#include <criterion/criterion.h>
#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#include "e2e.h"

static const char directory[] = "tests/whole/cases";

TestSuite(cases, .timeout = 300);

static int is_case(const struct dirent *entry) { return strstr(entry->d_name, ".dpm") != NULL; }

static void run_case(const dut_api *api, const char *name) {
    char path[512];
    dp_model m;
    image_set images;
    e2e_outcome out;
    dp_error err;
    (void)snprintf(path, sizeof path, "%s/%s", directory, name);
    cr_assert_eq(dp_model_load(&m, path, &err), DP_OK, "%s", err.text);
    memcpy(path + strlen(path) - 3, "npy", 3);
    cr_assert_eq(image_open(&images, path, &m, &err), DP_OK, "%s", err.text);
    e2e_settings settings = {.count = image_count(&images)};
    e2e_expect_equal(api, &m, &images, &settings, &out, name);
    settings.stall = 30;
    e2e_expect_equal(api, &m, &images, &settings, &out, name);
    image_close(&images);
    dp_model_free(&m);
}

static void run_cases(const char *build) {
    struct dirent **entries = NULL;
    const dut_api *api = e2e_load(build);
    int count = scandir(directory, &entries, is_case, alphasort);
    cr_assert_gt(count, 0, "%s: no cases (tests run in the project's directory)", directory);
    for (int i = 0; i < count; i++) {
        run_case(api, entries[i]->d_name);
        free(entries[i]);
    }
    free(entries);
}

Test(cases, equal_on_serial) { run_cases("serial-small"); }
Test(cases, equal_on_parallel) { run_cases("parallel-small"); }
