/* Functional coverage: a network whose masks are known hits the bins that one would name by hand, and no other; what cannot be is no bin. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "functional.h"
#include "gen.h"
#include "plan_support.h"

TestSuite(functional, .timeout = 60);

typedef struct {
    char *text; /* what functional_write wrote */
    size_t size;
} written;

static void run(written *w, const char *net, double positions, double groups, plan_options plan_options,
                const axi_mem_options *memory, bool parallel) {
    dp_model m;
    plan p;
    golden_run golden;
    functional *f;
    dp_error err = {""};
    gen_options o = gen_defaults(net);
    o.keep_spatial = positions;
    o.keep_channel = groups;
    o.group = 8;
    plan_geometry g = {.pi = 8,
                       .po = 8,
                       .parallel = parallel,
                       .prune = true,
                       .map_words = 2048,
                       .weight_rows = 320,
                       .mask_w = 32,
                       .patch_bytes = 160};
    cr_assert_eq(gen_network(&o, &m, &err), DP_OK, "%s", err.text);
    cr_assert_eq(plan_create(&p, &m, &g, plan_options, &err), DP_OK, "%s", err.text);
    cr_assert_eq(golden_create(&golden, &m, (golden_options){.dense = plan_options.dense}, &err), DP_OK, "%s", err.text);
    cr_assert_eq(functional_create(&f, &p, memory, &err), DP_OK, "%s", err.text);
    int8_t *image = calloc((size_t)(m.in_h * m.in_w * m.in_c), 1);
    cr_assert_not_null(image);
    golden_compute(&golden, image);
    functional_image(f, &golden);
    FILE *out = open_memstream(&w->text, &w->size);
    functional_write(f, out);
    (void)fclose(out);
    free(image);
    functional_free(f);
    golden_free(&golden);
    plan_free(&p);
    dp_model_free(&m);
}

/* The bins of a cross that were hit, each after a newline, with its count; and how many bins there are. */
static int hits(const written *w, const char *name, char *found, size_t room) {
    char prefix[64], *copy = strdup(w->text), *rest;
    int bins = 0;
    (void)snprintf(prefix, sizeof prefix, "C '\001page\002v_functional/%s\001o\002", name);
    *found = '\0';
    for (char *line = strtok_r(copy, "\n", &rest); line != NULL; line = strtok_r(NULL, "\n", &rest)) {
        if (strncmp(line, prefix, strlen(prefix)) != 0) continue;
        bins++;
        size_t used = strlen(found), length = strlen(line);
        if (strcmp(line + length - 2, " 0") != 0) (void)snprintf(found + used, room - used, "\n%s", line + strlen(prefix));
    }
    free(copy);
    return bins;
}

static void expect(const written *w, const char *name, int bins, const char *want) {
    char found[4096];
    int count = hits(w, name, found, sizeof found);
    cr_expect_eq(count, bins, "%s: %d bins", name, count);
    cr_expect_str_eq(found, want, "%s:%s", name, found);
}

Test(functional, a_block_with_given_masks) {
    written w;
    axi_mem_options memory = axi_mem_defaults();
    memory.stall = 30;
    memory.latency = 7;
    run(&w, "block:4x5x32", 0.5, 0.25, (plan_options){.dense = false}, &memory, true);
    expect(&w, "masks", 912, "\nkeep=half, mask=given, groups=one, stride=1, array=parallel, schedule=gang, stalls=some' 1");
    expect(&w, "channels", 168, "\nby=given, groups=one, over=all, tie=no, array=parallel, stalls=some' 1");
    expect(&w, "shapes", 128, "\nrows=more, columns=more, stride=1, block=basic, array=parallel' 1");
    expect(&w, "edges", 342, "\nrows mod 3=1, columns mod 3=2, stride=1, kernel=3x3, array=parallel, keep=half' 2");
    expect(&w, "slices", 120,
           "\nconvolution=3x3, words in=1, slices out=more, residual=yes, array=parallel' 1"
           "\nconvolution=3x3, words in=2 to 4, slices out=1, residual=no, array=parallel' 1");
    expect(&w, "stems", 40, "");
    expect(&w, "memory", 36, "\nstalls=more, latency=to 20, bytes a cycle=more, array=parallel' 1");
    free(w.text);
}

Test(functional, a_strided_bottleneck_without_masks) {
    written w;
    axi_mem_options memory = axi_mem_defaults();
    run(&w, "block:1x3x32:bottleneck:s2", 1, 1, (plan_options){.dense = false}, &memory, false);
    expect(&w, "masks", 912, "\nkeep=all, mask=no, groups=all, stride=2, array=serial, schedule=gang, stalls=none' 1");
    expect(&w, "shapes", 128, "\nrows=1, columns=3, stride=2, block=bottleneck, array=serial' 1");
    expect(&w, "edges", 342,
           "\nrows mod 3=1, columns mod 3=0, stride=1, kernel=1x1, array=serial, keep=all' 1"
           "\nrows mod 3=1, columns mod 3=0, stride=2, kernel=1x1, array=serial, keep=all' 1"
           "\nrows mod 3=1, columns mod 3=0, stride=2, kernel=3x3, array=serial, keep=all' 1"
           "\nrows mod 3=1, columns mod 3=2, stride=1, kernel=1x1, array=serial, keep=all' 1");
    free(w.text);
}

Test(functional, stems_and_masks_of_a_network) {
    written w;
    axi_mem_options memory = axi_mem_defaults();
    run(&w, "resnet20", 0, 1, (plan_options){.schedule = PLAN_CHAINS}, &memory, false);
    expect(&w, "stems", 40, "\nkernel=3x3, channels=3, stride=1, max-pool=no, array=serial' 1");
    expect(&w, "masks", 912,
           "\nkeep=none, mask=given, groups=all, stride=1, array=serial, schedule=gang, stalls=none' 2"
           "\nkeep=none, mask=given, groups=all, stride=1, array=serial, schedule=chain, stalls=none' 5"
           "\nkeep=none, mask=given, groups=all, stride=2, array=serial, schedule=gang, stalls=none' 1"
           "\nkeep=none, mask=given, groups=all, stride=2, array=serial, schedule=chain, stalls=none' 1");
    free(w.text);
}

Test(functional, a_dense_run_covers_no_pruning) {
    written w;
    axi_mem_options memory = axi_mem_defaults();
    run(&w, "block:4x5x32", 0.5, 0.5, (plan_options){.dense = true}, &memory, true);
    expect(&w, "masks", 912, "");
    expect(&w, "memory", 36, "");
    free(w.text);
}
