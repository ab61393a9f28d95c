/* The golden reference against PyTorch: logits of the trained networks for the first test images, which an integer run in PyTorch wrote
   (models/train/check_golden.py --write). Run from the top of the repository. */
#include <criterion/criterion.h>

#include <stdio.h>
#include <stdlib.h>

#include "golden.h"
#include "image.h"
#include "npy.h"

/* `folder` of models/: "", or its name and a slash. */
static void compare(const char *folder, const char *name) {
    char model_path[96], expected_path[96];
    dp_error err = {""};
    dp_model m;
    image_set images;
    golden_run run;
    npy_array expected;
    (void)snprintf(model_path, sizeof model_path, "models/%sfmnist-%s.dpm", folder, name);
    (void)snprintf(expected_path, sizeof expected_path, "models/expected/fmnist-%s.npy", name);
    cr_assert_eq(dp_model_load(&m, model_path, &err), DP_OK, "%s", err.text);
    cr_assert_eq(image_open(&images, NULL, &m, &err), DP_OK, "%s", err.text);
    cr_assert_eq(golden_create(&run, &m, (golden_options){0}, &err), DP_OK, "%s", err.text);
    cr_assert_eq(npy_read(&expected, NPY_ANY, expected_path, &err), DP_OK, "%s", err.text);
    cr_assert(expected.type == NPY_INT32 && expected.rank == 2 && expected.shape[0] >= 256);
    cr_assert_eq(expected.shape[1], (size_t)m.classes);
    const int32_t *want = expected.data;
    int8_t *pixels = malloc((size_t)(m.in_h * m.in_w * m.in_c));
    cr_assert_not_null(pixels);
    for (int i = 0; i < (int)expected.shape[0]; i++) {
        image_get(&images, i, pixels);
        golden_compute(&run, pixels);
        for (int k = 0; k < m.classes; k++)
            cr_assert_eq(run.logits[k], want[i * m.classes + k], "%s: image %d, class %d: %d, PyTorch says %d", name, i, k,
                         run.logits[k], want[i * m.classes + k]);
    }
    free(pixels);
    npy_free(&expected);
    golden_free(&run);
    image_close(&images);
    dp_model_free(&m);
}

Test(expected, dense) { compare("", "dense"); }
Test(expected, s25c25) { compare("", "s25c25"); }
Test(expected, s50c50) { compare("", "s50c50"); }
Test(expected, s75c75) { compare("", "s75c75"); }
Test(expected, narrow) {
    static const char *const names[] = {"narrow-1", "narrow-2", "narrow-s50-1", "narrow-s50-2", "narrow-s30-1", "narrow-s30-2"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) compare("front/", names[i]);
}
