/* Shrinking: a port that lies about certain values makes the failure; the part that is left must still hold one, and be small. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "e2e.h"
#include "faulty_dut.h"
#include "shrink.h"

TestSuite(shrink, .timeout = 300);

static bool some_position(int y, int x, int h, int w) {
    (void)h;
    (void)w;
    return (3 * y + x) % 3 != 0;
}

/* Sums that end in 5 hexadecimal come out one too large. */
static void wrong_fives(dut_out *o, int8_t *data, int32_t *acc) {
    (void)data;
    for (int lane = 0; o->conv_valid && o->conv_layer <= 3 && lane < 8; lane++)
        if ((acc[lane] & 15) == 5 && acc[lane] > 100) acc[lane]++;
}
static void right(dut_out *o, int8_t *data, int32_t *acc) {
    (void)o;
    (void)data;
    (void)acc;
}

typedef struct {
    dp_model m;
    e2e_masks masks;
    image_set images;
    golden_run golden[SHRINK_IMAGES];
    shrink_source source;
    shrink_options options;
    shrink_part *part;
    dp_error err;
} fixture;

static void open_fixture(fixture *f, faulty_change *change) {
    const dut_api *api = faulty_dut(e2e_load("serial-small"), change);
    e2e_network(&f->m, false);
    e2e_give_masks(&f->m, &f->masks, some_position, 2);
    e2e_random_images(&f->images, &f->m, SHRINK_IMAGES, 9, true);
    f->source = (shrink_source){.model = &f->m, .images = SHRINK_IMAGES};
    for (int i = 0; i < SHRINK_IMAGES; i++) {
        cr_assert_eq(golden_create(&f->golden[i], &f->m, (golden_options){.dense = false}, &f->err), DP_OK);
        f->source.pixels[i] = f->images.pixels + (size_t)i * f->images.image_bytes;
        golden_compute(&f->golden[i], f->source.pixels[i]);
        f->source.golden[i] = &f->golden[i];
    }
    f->options = (shrink_options){.sim = sim_defaults(api)};
    f->options.sim.bench.hang_cycles = 2000;
    f->part = malloc(sizeof *f->part);
    cr_assert_not_null(f->part);
}

static void close_fixture(fixture *f) {
    for (int i = 0; i < SHRINK_IMAGES; i++) golden_free(&f->golden[i]);
    free(f->part);
    free(f->images.pixels);
    dp_model_free(&f->m);
}

static dp_status run(fixture *f, const shrink_part *part, dp_model *m) {
    image_set images;
    sim_failure failure;
    results r;
    cr_assert_eq(shrink_cut(&f->source, part, m, &images, &f->err), DP_OK, "%s", f->err.text);
    sim_options o = f->options.sim;
    o.count = images.count;
    o.log = NULL;
    dp_status status = sim_run(m, &images, &o, &r, &failure, &f->err);
    results_free(&r);
    free(images.pixels);
    return status;
}

Test(shrink, a_failure_becomes_small_and_still_fails) {
    fixture f;
    dp_model m;
    open_fixture(&f, wrong_fives);
    cr_assert_eq(shrink_search(&f.source, 2, &f.options, f.part, &f.err), DP_OK, "%s", f.err.text);
    cr_assert_eq(run(&f, f.part, &m), DP_MISMATCH);
    cr_assert_eq(m.layer_count, 1);
    cr_assert_leq(m.in_h * m.in_w, 9, "%dx%d", m.in_h, m.in_w);
    cr_assert_leq(m.in_c, 16);
    cr_assert_eq(f.part->images, 1);
    dp_model_free(&m);
    close_fixture(&f);
}

Test(shrink, what_does_not_fail_is_said_so) {
    fixture f;
    open_fixture(&f, right);
    cr_assert_eq(shrink_search(&f.source, 2, &f.options, f.part, &f.err), DP_MISMATCH);
    close_fixture(&f);
}

/* Parts that nobody searched for: whatever is cut, hardware and golden must agree about it. */
Test(shrink, every_part_is_a_network_that_runs) {
    fixture f;
    open_fixture(&f, right);
    int layers = f.m.layer_count, ran = 0;
    for (int first = 0; first < layers; first++) {
        for (int last = first; last < layers; last++) {
            for (int variant = 0; variant < 4; variant++) {
                dp_model m;
                shrink_whole(&f.source, first, last, f.part);
                f.part->spatial = f.part->channel = (shrink_masks)(variant % 3);
                if (variant == 3) {
                    f.part->h = (f.part->h + 1) / 2;
                    f.part->x = f.part->w / 3;
                    f.part->w -= f.part->x;
                    for (int i = 0; i <= layers; i++) f.part->octet[i][1] = 0;
                    for (int i = 0; i < layers; i++) f.part->group[i][0] = 0;
                    shrink_join(&f.source, f.part);
                }
                if (f.m.layers[first].kind == DP_HEAD) continue; /* a head alone is no network */
                cr_assert_eq(run(&f, f.part, &m), DP_OK, "layers %d to %d, variant %d: %s", first, last, variant, f.err.text);
                dp_model_free(&m);
                ran++;
            }
        }
    }
    cr_assert_geq(ran, 20);
    close_fixture(&f);
}
