/* scripts/table/table.py and scripts/table/plots.py on results made up here, and the whole way of `make table` on a small block. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "program.h"

enum { OUTPUT = 1 << 17, COMMAND = 1024, PATH = 128 };

TestSuite(table, .timeout = 120);

typedef struct {
    char directory[32], results[PATH];
    int code;
    char text[OUTPUT];
} box;

static void open_box(box *b) {
    (void)snprintf(b->directory, sizeof b->directory, "/tmp/dpacs-table-XXXXXX");
    cr_assert_not_null(mkdtemp(b->directory));
    (void)snprintf(b->results, sizeof b->results, "%s/r.jsonl", b->directory);
}

static void close_box(const box *b) {
    char command[COMMAND];
    (void)snprintf(command, sizeof command, "rm -r '%s'", b->directory);
    cr_assert_eq(system(command), 0);
}

static void run(box *b, const char *command) { b->code = program_shell(command, b->text, sizeof b->text); }

static void run_table(box *b, const char *options) {
    char command[COMMAND];
    (void)snprintf(command, sizeof command, "scripts/table/table.py '%s' -o '%s' %s 2>&1", b->results, b->directory, options);
    run(b, command);
}

static void expect(const box *b, int code, const char *said) {
    cr_assert_eq(b->code, code, "exit code %d instead of %d: %s", b->code, code, b->text);
    cr_assert_not_null(strstr(b->text, said), "'%s' expected: %s", said, b->text);
}

static void expect_line(const box *b, const char *file, const char *line) {
    char command[COMMAND];
    (void)snprintf(command, sizeof command, "grep -qxF -e '%s' '%s/%s'", line, b->directory, file);
    cr_assert_eq(system(command), 0, "%s: no line '%s'", file, line);
}

typedef struct {
    const char *net, *arch, *scope, *status;
    int spatial, channel; /* percent that stays; 100, 100: the baseline */
    int cycles, limit, seed, images;
} record;

static void put(FILE *out, const record *r) {
    bool dense = r->spatial == 100 && r->channel == 100, is_parallel = strcmp(r->arch, "parallel") == 0;
    (void)fprintf(
        out,
        "{\"id\":\"%s-%s-%s-%d-%d-%d\",\"status\":\"%s\",\"message\":\"about it\",\"case\":{\"net\":\"%s\",\"arch\":\"%s\","
        "\"build\":\"%s-ref\",\"schedule\":\"gang\",\"bandwidth\":48,\"latency\":80,\"stall\":0,\"group\":0,\"fault\":\"\","
        "\"mask\":\"random\",\"scope\":\"%s\",\"dense\":%s,\"keep_spatial\":%g,\"keep_channel\":%g,\"seed\":%d},",
        r->net, r->arch, r->scope, r->spatial, r->channel, r->seed, r->status, r->net, r->arch, r->arch, r->scope,
        dense ? "true" : "false", r->spatial / 100.0, r->channel / 100.0, r->seed);
    (void)fprintf(
        out,
        "\"result\":{\"images\":%d,\"cycles\":%d,\"limit_cycles\":%d,\"macs\":%d,\"bytes_weights\":600,\"bytes_other\":40,"
        "\"tiles_failed\":%d,\"peak_macs\":%d,\"layers\":[{\"name\":\"stem\",\"cycles\":%d,\"limit_cycles\":%d,\"macs\":1000,"
        "\"bytes_weights\":100,\"bytes_other\":10},{\"name\":\"b1.conv1\",\"cycles\":%d,\"limit_cycles\":%d,\"macs\":9000,"
        "\"bytes_weights\":500,\"bytes_other\":30}]}}\n",
        r->images, r->cycles, r->limit, r->limit * 10, strcmp(r->status, "ok") != 0, is_parallel ? 4608 : 2048, r->cycles / 4,
        r->limit / 4, r->cycles * 3 / 4, r->limit * 3 / 4);
}

/* Networks `from` and on; every cell five times as fast as its baseline, where the limits say 5.625. */
static void put_table(const box *b, int from) {
    static const char *const nets[] = {"resnet18", "resnet34", "resnet50", "resnet101"};
    static const char *const archs[] = {"parallel", "serial"};
    FILE *out = fopen(b->results, "w");
    cr_assert_not_null(out);
    for (int n = from; n < 4; n++)
        for (int a = 0; a < 2; a++) {
            record r = {nets[n], archs[a], "block", "ok", 100, 100, 1000000, 900000, 1, 1};
            put(out, &r);
            r.cycles = 200000;
            r.limit = 160000;
            for (r.spatial = 25; r.spatial <= 75; r.spatial += 25)
                for (r.channel = 25; r.channel <= 75; r.channel += 25) put(out, &r);
            r.scope = "resolution";
            for (r.spatial = r.channel = 25; n >= 2 && r.spatial <= 75; r.channel = r.spatial += 25) put(out, &r);
        }
    (void)fclose(out);
}

static void put_one(const box *b, const record *r) {
    FILE *out = fopen(b->results, "a");
    cr_assert_not_null(out);
    put(out, r);
    (void)fclose(out);
}

Test(table, compares_with_what_was_published) {
    box b;
    open_box(&b);
    put_table(&b, 0);
    run_table(&b, "");
    expect(&b, 0, "bit-exact: 92 of 92 runs (8 baselines, 84 cells)\n");
    expect(&b, 0, "above the published speedup: 84 of 84 cells\n");
    expect(&b, 0, "cycles/limit: median 1.250, worst 1.250 (");
    expect(&b, 0, "best speedup: 5.000 (");
    expect(&b, 0, "at least 0.9 in 0 of 84 cells, worst 0.889 (");
    /* 15.75 ms / 14.82 ms */
    expect_line(&b, "table.md", "| 25-25 | 200000 | 160000 | 1.250 | 1.07 | 14.82 | 5.00 | 1.06 | 5.62 | 0.889 | no |");
    /* 95.33 ms / 22.4 ms */
    expect_line(&b, "table.md",
                "| 75-75 resolution | 200000 | 160000 | 1.250 | 1.07 | 22.40 | 5.00 | 4.26 | 5.62 | 0.889 | no |");
    expect_line(&b, "table.md", "| baseline | 1000000 | 900000 | 1.111 | 5.33 | 15.75 | - | - | - | - | - |");
    expect_line(&b, "table.csv",
                "resnet34,serial,serial-ref,gang,48,random,block,75-50,exact,200000,160000,1600000,640,1.25,5,187.48,"
                "1.06678,18.21,2.91323,5.625,0.888889");
    close_box(&b);
}

Test(table, estimates_milliseconds_at_a_clock) {
    box b;
    open_box(&b);
    put_table(&b, 0);
    run_table(&b, "");
    /* 200,000 cycles at 187.48 MHz are 1.0668 ms; least was published for resnet18 on parallel: 10.80 ms */
    expect(&b, 0, "estimated at 187.48 MHz: fewer milliseconds than published in 92 of 92 runs, ");
    expect(&b, 0, "largest ratio 0.339 (resnet18 baseline on parallel-ref)\n");
    run_table(&b, "--clock 20");
    expect_line(&b, "table.md", "| 75-75 | 200000 | 160000 | 1.250 | 10.00 | 10.80 | 5.00 | 1.46 | 5.62 | 0.889 | no |");
    expect(&b, 0, "estimated at 20 MHz: fewer milliseconds than published in 87 of 92 runs, "); /* dense: 50 ms */
    static const char *const wrong[] = {"0", "-1", "fast", "nan", "1e9"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        char options[PATH];
        (void)snprintf(options, sizeof options, "--clock %s", wrong[i]);
        run_table(&b, options);
        expect(&b, 2, "--clock: ");
    }
    close_box(&b);
}

Test(table, counts_cells_that_are_not_above) {
    box b;
    open_box(&b);
    put_table(&b, 0);
    /* 95.33 / 22.4 = 4.256 was published */
    record r = {"resnet101", "serial", "resolution", "ok", 25, 25, 250000, 220000, 1, 1};
    put_one(&b, &r); /* the later one counts */
    run_table(&b, "");
    expect(&b, 0, "above the published speedup: 83 of 84 cells\n");
    expect(&b, 0, "at least 0.9 in 1 of 84 cells");
    close_box(&b);
}

Test(table, tells_what_is_missing) {
    box b;
    open_box(&b);
    put_table(&b, 1);
    run_table(&b, "");
    expect(&b, 1, "bit-exact: 72 of 92 runs");
    expect(&b, 1, "missing: resnet18 baseline on parallel-ref\n");
    expect(&b, 1, "above the published speedup: 66 of 84 cells\n");
    run_table(&b, "--nets resnet34,resnet50,resnet101");
    expect(&b, 0, "bit-exact: 72 of 72 runs");
    close_box(&b);
}

Test(table, tells_what_failed) {
    static const record failed[] = {{"resnet50", "parallel", "block", "mismatch", 50, 50, 200000, 160000, 1, 1},
                                    {"resnet50", "parallel", "block", "hang", 50, 50, 200000, 160000, 1, 1},
                                    {"resnet50", "parallel", "block", "ok", 50, 50, 200000, 160000, 1, 0}};
    for (size_t i = 0; i < sizeof failed / sizeof *failed; i++) {
        box b;
        open_box(&b);
        put_table(&b, 0);
        put_one(&b, &failed[i]);
        run_table(&b, "");
        expect(&b, 1, "bit-exact: 91 of 92 runs");
        expect(&b, 1, "FAILED: resnet50 50-50 on parallel-ref (");
        close_box(&b);
    }
}

Test(table, a_failed_baseline_leaves_cells_without_speedup) {
    box b;
    open_box(&b);
    put_table(&b, 0);
    put_one(&b, &(record){"resnet18", "serial", "block", "mismatch", 100, 100, 1000000, 900000, 1, 1});
    run_table(&b, "");
    expect(&b, 1, "bit-exact: 91 of 92 runs");
    expect(&b, 1, "above the published speedup: 75 of 84 cells\n");
    close_box(&b);
}

Test(table, takes_the_mean_of_seeds_and_images) {
    box b;
    open_box(&b);
    put_table(&b, 0);
    put_one(&b, &(record){"resnet18", "parallel", "block", "ok", 75, 75, 200000, 140000, 2, 2}); /* 100000 and 70000 an image */
    run_table(&b, "");
    expect_line(&b, "table.md", "| 25-25 | 150000 | 115000 | 1.304 | 0.80 | 14.82 | 6.67 | 1.06 | 7.83 | 0.852 | no |");
    close_box(&b);
}

Test(table, counts_the_cases_of_a_plan_only) {
    box b;
    char plan[COMMAND], options[PATH];
    open_box(&b);
    put_table(&b, 0);
    (void)snprintf(
        plan, sizeof plan,
        "{ sed 's/{\"id\":\"\\([^\"]*\\)\".*/there \\1 label/' '%s' | grep -v resnet18-serial-block-25-25; echo 91 cases; } "
        ">'%s/plan'",
        b.results, b.directory);
    cr_assert_eq(system(plan), 0);
    (void)snprintf(options, sizeof options, "--plan '%s/plan'", b.directory);
    run_table(&b, options);
    expect(&b, 1, "missing: resnet18 75-75 on serial-ref");
    expect(&b, 1, "bit-exact: 91 of 92 runs");
    close_box(&b);
}

Test(table, drops_a_torn_line_and_refuses_what_is_no_result) {
    static const char torn[] = "{\"id\":\"12", broken[] = "{\"id\":\"12\n";
    box b;
    open_box(&b);
    put_table(&b, 0);
    FILE *out = fopen(b.results, "a");
    (void)fputs(torn, out);
    (void)fclose(out);
    run_table(&b, "");
    expect(&b, 0, "bit-exact: 92 of 92 runs");
    put_table(&b, 0);
    out = fopen(b.results, "a");
    (void)fputs(broken, out);
    (void)fclose(out);
    run_table(&b, "");
    expect(&b, 2, "r.jsonl:93: not the result of a sweep");
    (void)unlink(b.results);
    run_table(&b, "");
    expect(&b, 2, "r.jsonl");
    close_box(&b);
}

static bool have_build(const char *name) {
    char path[COMMAND];
    const char *directory = getenv("DPACS_DUT_DIR");
    (void)snprintf(path, sizeof path, "%s/%s.so", directory != NULL ? directory : "build/dut", name);
    return access(path, R_OK) == 0;
}

Test(table, runs_and_prints_the_whole_table) {
    static const char *const builds[] = {"parallel-small", "parallel-small-dense", "serial-small", "serial-small-dense"};
    box b;
    char command[COMMAND];
    for (int i = 0; i < 4; i++)
        if (!have_build(builds[i])) cr_skip_test("build/dut/%s.so is not there", builds[i]);
    open_box(&b);
    (void)snprintf(command, sizeof command, "NETS=block:8x8x64:bottleneck SIZE=small OUT='%s' scripts/table/table.sh 2>&1",
                   b.directory);
    run(&b, command);
    expect(&b, 0, "26/26 ");
    expect(&b, 0, "bit-exact: 26 of 26 runs (2 baselines, 24 cells)");
    expect(&b, 0, "75-75 resolution");
    run(&b, command);
    expect(&b, 0, "26 of 26 cases are there already");
    close_box(&b);
}

Test(table, figures_do_not_change_without_reason) {
    box b;
    char command[COMMAND];
    if (system("/usr/bin/python3 -c 'import matplotlib' 2>/dev/null") != 0) cr_skip_test("python3-matplotlib is not there");
    open_box(&b);
    put_table(&b, 3);
    (void)snprintf(
        command, sizeof command,
        "for i in 1 2; do scripts/table/plots.py '%s' -o '%s/'$i || exit; done; cd '%s' && diff -r 1 2 && ls 1 | wc -l",
        b.results, b.directory, b.directory);
    run(&b, command);
    expect(&b, 0, "/speedup-pruning.svg\n");
    expect(&b, 0, "/layers-resnet101-serial-ref.svg\n");
    expect(&b, 0, "\n12\n");
    expect_line(&b, "1/speedup-pruning.csv", "resnet101,serial,serial-ref,random,resolution,75-75,5,4.2558,5.625");
    close_box(&b);
}
