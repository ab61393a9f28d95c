/* The timeline of whole runs on the RTL, read back, against the report of the same run; and what happens where it cannot be written. */
#include <criterion/criterion.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "build_choice.h"
#include "cause.h"
#include "e2e.h"
#include "rng.h"
#include "timeline.h"

enum { LAYERS = 32, PATH_ROOM = 64 };

TestSuite(timeline, .timeout = 300);

typedef struct {
    const dut_api *api;
    dp_model model;
    e2e_masks masks;
    image_set images;
    sim_options options;
    sim_failure failure;
    results out;
    dp_error err;
    uint64_t busy[LAYERS]; /* as the records of retirement have it */
    int retired;
    char path[PATH_ROOM];
    json_t *root, *events;
} fixture;

static void watch(void *context, const dut_out *o) {
    fixture *f = context;
    if (o->done_valid) f->busy[f->retired++ % f->out.layer_count] += o->done_busy;
}

static void no_file(fixture *f) {
    static int number;
    (void)snprintf(f->path, sizeof f->path, "/tmp/dpacs-timeline-%ld-%d.json", (long)getpid(), number++);
    (void)unlink(f->path);
}

static void open_run(fixture *f, const char *build, int images, int stall) {
    *f = (fixture){.api = e2e_load(build)};
    e2e_network(&f->model, false);
    e2e_compute_masks(&f->model, &f->masks, 0, 2, DP_POOL_MAX, false);
    e2e_random_images(&f->images, &f->model, images, 1, true);
    f->options = sim_defaults(f->api);
    f->options.count = images;
    f->options.bench.hang_cycles = 4000;
    f->options.bench.memory.stall = stall;
    f->options.log = fopen("/dev/null", "w");
    f->options.watch = watch;
    f->options.watch_context = f;
    no_file(f);
}

static void close_run(fixture *f) {
    results_free(&f->out);
    json_decref(f->root);
    (void)fclose(f->options.log);
    free(f->images.pixels);
    dp_model_free(&f->model);
    (void)unlink(f->path);
}

static void read_back(fixture *f) {
    json_error_t where;
    f->root = json_load_file(f->path, 0, &where);
    cr_assert_not_null(f->root, "not JSON: line %d: %s", where.line, where.text);
    f->events = json_object_get(f->root, "traceEvents");
    cr_assert(json_is_array(f->events));
}

static dp_status run(fixture *f, bool merge) {
    cr_assert_eq(timeline_open(&f->options.timeline, f->path, merge, &f->err), DP_OK, "%s", f->err.text);
    dp_status status = sim_run(&f->model, &f->images, &f->options, &f->out, &f->failure, &f->err);
    dp_error err;
    cr_assert_eq(timeline_close(f->options.timeline, &err), DP_OK, "%s", err.text);
    read_back(f);
    return status;
}

static uint64_t field(const json_t *event, const char *name) {
    const json_t *value = json_object_get(event, name);
    return (uint64_t)json_integer_value(value != NULL ? value : json_object_get(json_object_get(event, "args"), name));
}

static const char *name_of(const json_t *event) { return json_string_value(json_object_get(event, "name")); }
static uint64_t end_of(const json_t *event) { return field(event, "ts") + field(event, "dur"); }
static bool is(const json_t *event, const char *phase, int track) {
    return strcmp(json_string_value(json_object_get(event, "ph")), phase) == 0 && field(event, "tid") == (uint64_t)track;
}

/* A track's next event at or after place *i; NULL: none is left. */
static const json_t *next(const fixture *f, const char *phase, int track, size_t *i) {
    while (*i < json_array_size(f->events)) {
        const json_t *event = json_array_get(f->events, (*i)++);
        if (is(event, phase, track)) return event;
    }
    return NULL;
}

static int count(const fixture *f, const char *phase, int track, const char *suffix) {
    const json_t *event;
    int n = 0;
    for (size_t i = 0; (event = next(f, phase, track, &i)) != NULL;) {
        size_t length = strlen(name_of(event)), end = strlen(suffix);
        n += length >= end && strcmp(name_of(event) + length - end, suffix) == 0;
    }
    return n;
}

static layer_result *layer_of(fixture *f, const json_t *event) {
    for (int i = 0; i < f->out.layer_count; i++)
        if (strcmp(f->out.layers[i].name, name_of(event)) == 0) return &f->out.layers[i];
    return NULL;
}

/* Spans of a track follow each other without gap or overlap, from *from on; *from becomes their end. */
static void expect_no_gap(const fixture *f, int track, uint64_t *from) {
    const json_t *event;
    for (size_t i = 0; (event = next(f, "X", track, &i)) != NULL; *from = end_of(event)) {
        cr_assert_eq(field(event, "ts"), *from, "%s on track %d", name_of(event), track);
        cr_assert_gt(field(event, "dur"), 0);
    }
}

static void expect_array_covers_run(fixture *f) {
    size_t i = 0;
    const json_t *image = next(f, "X", TIMELINE_IMAGES, &i);
    cr_assert_not_null(image);
    uint64_t begin = field(image, "ts"), array = begin, cause = begin;
    expect_no_gap(f, TIMELINE_ARRAY, &array);
    expect_no_gap(f, TIMELINE_CAUSE, &cause);
    cr_assert_geq(array - begin, f->out.cycles);
    cr_assert_eq(cause, array);
    uint64_t last = 0;
    for (int slot = 0; slot < SCOREBOARD_IMAGES; slot++)
        for (i = 0; (image = next(f, "X", TIMELINE_IMAGES + slot, &i)) != NULL;)
            if (end_of(image) > last) last = end_of(image);
    cr_assert_eq(array, last);
}

/* Summed over the images, the spans of a convolution say what the report says. */
static void expect_array_equals_report(fixture *f) {
    const json_t *event;
    layer_result sum[LAYERS] = {{.cycles = 0}};
    for (size_t i = 0; (event = next(f, "X", TIMELINE_ARRAY, &i)) != NULL;) {
        layer_result *layer = layer_of(f, event), *to;
        if (layer == NULL) continue; /* the end of the job */
        to = &sum[layer - f->out.layers];
        to->cycles += field(event, "dur");
        to->positions_kept += field(event, "positions kept");
        for (int k = 0; k < DUT_CAUSES; k++) to->cause[k] += field(event, cause_name(k));
    }
    for (int l = 0; l < f->out.layer_count; l++) {
        const layer_result *want = &f->out.layers[l];
        cr_assert_eq(sum[l].cycles, want->cycles, "%s", want->name);
        cr_assert_eq(sum[l].positions_kept, want->positions_kept, "%s", want->name);
        cr_assert_arr_eq(sum[l].cause, want->cause, sizeof want->cause, "%s", want->name);
    }
}

/* Within each convolution, the segments of a cause add up to what its span says. */
static void expect_segments_equal_spans(fixture *f) {
    const json_t *conv, *segment;
    for (size_t i = 0; (conv = next(f, "X", TIMELINE_ARRAY, &i)) != NULL;) {
        uint64_t cause[DUT_CAUSES] = {0};
        for (size_t k = 0; (segment = next(f, "X", TIMELINE_CAUSE, &k)) != NULL;) {
            if (field(segment, "ts") < field(conv, "ts") || end_of(segment) > end_of(conv)) continue;
            for (int c = 0; c < DUT_CAUSES; c++)
                if (strcmp(name_of(segment), cause_name(c)) == 0) cause[c] += field(segment, "dur");
        }
        for (int c = 0; c < DUT_CAUSES; c++) cr_assert_eq(cause[c], field(conv, cause_name(c)), "%s", name_of(conv));
    }
}

static void expect_fetches_equal_report(fixture *f) {
    const json_t *event;
    uint64_t beats[LAYERS] = {0}, last = 0;
    for (size_t i = 0; (event = next(f, "X", TIMELINE_LOADER, &i)) != NULL; last = end_of(event)) {
        cr_assert_geq(field(event, "ts"), last);
        cr_assert_not_null(layer_of(f, event), "%s", name_of(event));
        beats[layer_of(f, event) - f->out.layers] += field(event, "weight beats");
    }
    for (int l = 0; l < f->out.layer_count; l++) cr_assert_eq(beats[l] * DUT_BEAT, f->out.layers[l].bytes_weights);
}

/* The counter's area is what was read: all but the logits, of which there are a few beats. */
static void expect_memory_equals_report(fixture *f) {
    double bytes = 0, value = 0, moved = (double)(f->out.total.bytes_weights + f->out.total.bytes_other);
    uint64_t at = 0, first = 0;
    int odd = 0; /* values that begin within a window: the end's */
    for (size_t i = 0; i < json_array_size(f->events); i++) {
        const json_t *event = json_array_get(f->events, i);
        if (!is(event, "C", 0)) continue;
        if (first == 0) first = field(event, "ts");
        odd += (field(event, "ts") - first) % TIMELINE_WINDOW != 0;
        bytes += value * (double)(field(event, "ts") - at);
        at = field(event, "ts");
        value = json_number_value(json_object_get(json_object_get(event, "args"), "bytes read a cycle"));
    }
    cr_assert_eq(value, 0);
    cr_assert_leq(odd, 1);
    cr_assert_gt(bytes, moved - f->out.images * E2E_CLASSES * 64);
    cr_assert_lt(bytes, moved);
}

static void expect_masks(fixture *f) {
    const json_t *event;
    int positions = 0, groups = 0, blocks = 0;
    for (int i = 1; i < f->model.layer_count - 1; i++, blocks++) {
        positions += f->model.layers[i].in_h * f->model.layers[i].in_w;
        groups += f->model.layers[i].groups;
    }
    cr_assert_eq(count(f, "X", TIMELINE_MASKS, ".mask"), blocks * f->out.images);
    for (size_t i = 0; (event = next(f, "X", TIMELINE_MASKS, &i)) != NULL;) positions -= (int)field(event, "positions");
    cr_assert_eq(positions, 0, "%d", positions);
    cr_assert_eq(count(f, "i", TIMELINE_CHANNELS, ".groups"), blocks * f->out.images);
    cr_assert_eq(count(f, "i", TIMELINE_CHANNELS, ".score"), groups * f->out.images);
}

static void expect_spans(fixture *f) {
    expect_array_covers_run(f);
    expect_array_equals_report(f);
    expect_segments_equal_spans(f);
    expect_fetches_equal_report(f);
}

Test(timeline, agrees_with_the_report) {
    static const char *const builds[] = {"parallel-small", "serial-small"};
    for (int b = 0; b < 2; b++) {
        fixture f;
        open_run(&f, builds[b], 1, 25 * b);
        cr_assert_eq(run(&f, false), DP_OK, "%s", f.err.text);
        expect_spans(&f);
        expect_memory_equals_report(&f);
        expect_masks(&f);
        close_run(&f);
    }
}

Test(timeline, agrees_with_images_in_flight) {
    fixture f;
    open_run(&f, "parallel-small", 3, 20);
    cr_assert_eq(run(&f, false), DP_OK, "%s", f.err.text);
    expect_spans(&f);
    cr_assert_eq(count(&f, "X", TIMELINE_IMAGES, "") + count(&f, "X", TIMELINE_IMAGES + 1, ""), 3);
    close_run(&f);
}

/* A segment that is not a convolution's first is as long as the documentation says. */
static void expect_merged(fixture *f) {
    const json_t *segment, *conv;
    for (size_t i = 0, k = 0; (conv = next(f, "X", TIMELINE_ARRAY, &k)) != NULL; i = 0)
        while ((segment = next(f, "X", TIMELINE_CAUSE, &i)) != NULL)
            if (field(segment, "ts") > field(conv, "ts") && end_of(segment) <= end_of(conv))
                cr_assert_geq(field(segment, "dur"), TIMELINE_SHORT, "%s in %s", name_of(segment), name_of(conv));
}

Test(timeline, merges_short_segments) {
    fixture f;
    open_run(&f, "parallel-small", 1, 30);
    cr_assert_eq(run(&f, true), DP_OK, "%s", f.err.text);
    expect_array_covers_run(&f);
    expect_array_equals_report(&f);
    expect_merged(&f);
    cr_assert_gt(count(&f, "X", TIMELINE_CAUSE, ""), f.out.layer_count);
    close_run(&f);
}

/* However long a convolution takes and however often causes change, its segments are few. */
Test(timeline, bounds_the_segments_of_a_long_convolution) {
    enum { CYCLES = 400000, MOST = 1200 };
    fixture f;
    plan p;
    rng r;
    open_run(&f, "parallel-small", 1, 0);
    plan_geometry geometry = build_geometry(&f.api->geometry);
    cr_assert_eq(plan_create(&p, &f.model, &geometry, (plan_options){.dense = false}, &f.err), DP_OK, "%s", f.err.text);
    cr_assert_eq(timeline_open(&f.options.timeline, f.path, true, &f.err), DP_OK, "%s", f.err.text);
    timeline_begin(f.options.timeline, &p, &f.api->geometry);
    timeline_start_image(f.options.timeline, 0, 0);
    rng_seed(&r, 1);
    dut_out o = {.cause = DUT_BUSY};
    for (uint64_t cycle = 0, until = 0, step = 0; cycle < CYCLES; cycle++) {
        if (cycle == until) { /* runs of up to twice the shortest segment, and as long as the rule asks for now */
            bool exact = rng_int(&r, 0, 20) == 0;
            o.cause = (uint8_t)(1 + ++step % (DUT_CAUSES - 1));
            until += exact ? cycle / TIMELINE_SHARE + TIMELINE_SHORT : (uint64_t)rng_int(&r, 1, 2 * TIMELINE_SHORT);
        }
        timeline_cycle(f.options.timeline, &o, cycle, 0);
    }
    timeline_end(f.options.timeline, CYCLES);
    cr_assert_eq(timeline_close(f.options.timeline, &f.err), DP_OK, "%s", f.err.text);
    read_back(&f);
    uint64_t end = 0;
    expect_no_gap(&f, TIMELINE_CAUSE, &end);
    cr_assert_eq(end, CYCLES);
    cr_assert_leq(count(&f, "X", TIMELINE_CAUSE, ""), MOST, "%d segments", count(&f, "X", TIMELINE_CAUSE, ""));
    plan_free(&p);
    close_run(&f);
}

Test(timeline, of_a_hang_is_complete) {
    fixture f;
    open_run(&f, "parallel-small", 2, 0);
    f.options.fault = (axi_fault){.kind = AXI_FAULT_WITHHOLD, .channel = AXI_R, .nth = 60};
    cr_assert_eq(run(&f, true), DP_HANG);
    cr_assert_eq(count(&f, "X", TIMELINE_ARRAY, ", unfinished"), 1);
    cr_assert_gt(count(&f, "X", TIMELINE_IMAGES, ", unfinished"), 0);
    cr_assert_eq(count(&f, "i", 1, ""), 1); /* the message */
    expect_array_covers_run(&f);
    close_run(&f);
}

Test(timeline, of_a_mismatch_is_complete) {
    fixture f;
    int found = 0;
    for (uint64_t beat = 24; beat < 32; beat++) {
        open_run(&f, "parallel-small", 1, 0);
        f.options.max_reports = 2;
        f.options.fault = (axi_fault){.kind = AXI_FAULT_FLIP, .nth = beat, .bit = 5};
        dp_status status = run(&f, true);
        if (status != DP_OK) cr_assert_gt(count(&f, "i", 1, ""), 0);
        found += status == DP_MISMATCH;
        close_run(&f);
    }
    cr_assert_gt(found, 0);
}
