/* scripts/synth/synth.py on single modules of a small build, in a copy of the RTL that the tests break. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "program.h"

enum { OUTPUT = 1 << 16, COMMAND = 1024 };

TestSuite(synth, .timeout = 300);

typedef struct {
    char directory[32];
    int code;
    char text[OUTPUT];
} box;

static void run(box *b, const char *command) { b->code = program_shell(command, b->text, sizeof b->text); }

static void open_box(box *b) {
    char command[COMMAND];
    (void)snprintf(b->directory, sizeof b->directory, "/tmp/dpacs-synth-XXXXXX");
    cr_assert_not_null(mkdtemp(b->directory));
    (void)snprintf(command, sizeof command, "cp -r rtl builds.mk scripts/synth/*.py '%s' 2>&1", b->directory);
    run(b, command);
    cr_assert_eq(b->code, 0, "%s", b->text);
}

static void close_box(const box *b) {
    char command[COMMAND];
    (void)snprintf(command, sizeof command, "rm -r '%s'", b->directory);
    cr_assert_eq(system(command), 0);
}

static void in_box(box *b, const char *what, int code, const char *said) {
    char command[COMMAND];
    (void)snprintf(command, sizeof command, "cd '%s' && { %s; } 2>&1", b->directory, what);
    run(b, command);
    cr_assert_eq(b->code, code, "exit code %d instead of %d: %s", b->code, code, b->text);
    cr_assert_not_null(strstr(b->text, said), "'%s' expected: %s", said, b->text);
}

Test(synth, measures_a_module_once) {
    box b;
    open_box(&b);
    in_box(&b, "./synth.py --build serial-small --module dp_ram --timeout 1", 2, "serial-small: took more than 1 s (--timeout)");
    in_box(&b, "./synth.py --build serial-small --module dp_ram", 0, "dp_ram x9");
    /* what is kept needs no Yosys */
    in_box(&b, "./synth.py --build serial-small --module dp_ram --timeout 1", 0, "memory on chip: 0.15 MB");
    /* nine banks of 64 x 2048 bits, eight data bits of each byte of a block RAM in use, or all nine */
    in_box(&b, "grep '^dp_ram,Width=64 Depth=2048,9,' build/synth/serial-small.csv", 0, ",0,131072,block RAM,whole,0\n");
    in_box(&b, "jq -e '.total.bram36 >= 36 and .total.bram36 < 40 and .total.lutram == 0' build/synth/serial-small.json", 0,
           "true");
    in_box(&b, "./synth.py --build serial-small --list", 0, "serial-small dp_macs Po=8 RowBytes=8 Slots=1 x1\n");
    close_box(&b);
}

Test(synth, counts_the_multipliers_of_the_array) {
    static const char more[] =
        "sed -i \"s/start + sum - above;/start + sum - above + 32'(act[0]) * 32'(act[1]);/\" rtl/conv/dp_macs.sv";
    box b;
    open_box(&b);
    in_box(&b, more, 0, "");
    in_box(&b, "./synth.py --build serial-small --module dp_macs", 1,
           "FAILED: serial-small: 65 multipliers in dp_macs, more than 64 MACs a cycle\n");
    in_box(&b, "tail -n 1 build/synth/serial-small.csv", 0, "from Po=1 2 3");
    close_box(&b);
}

Test(synth, adds_up_the_memories) {
    box b;
    open_box(&b);
    in_box(&b, "sed -i '/^BUILD_serial-small/s/2048/65536/' builds.mk", 0, "");
    in_box(&b, "./synth.py --build serial-small --module dp_ram", 1,
           "FAILED: serial-small: 4.72 MB of memory on chip, not below 4.0 MB\n");
    close_box(&b);
}

Test(synth, refuses_what_is_wrong) {
    box b;
    open_box(&b);
    in_box(&b, "./synth.py --build serial-big", 2, "synth.py: serial-big: no such build; there are parallel-small");
    in_box(&b, "./synth.py --build serial-small --jobs 0", 2, "synth.py: --jobs and --timeout: at least 1");
    in_box(&b, "PATH=/nowhere /usr/bin/python3 ./synth.py --build serial-small", 2, "synth.py: ");
    in_box(&b, "sed -i s/endmodule// rtl/memory/dp_run_addr.sv", 0, "");
    in_box(&b, "./synth.py --build serial-small", 2, "synth.py: serial-small: rtl/");
    cr_assert_not_null(strstr(b.text, "syntax error"), "%s", b.text);
    in_box(&b, "rm rtl/files.f; ./synth.py --build serial-small", 2, "synth.py: [Errno 2] No such file");
    close_box(&b);
}

/* A bank is built once, without a bypass; one that must keep the word that is being written, twice. */
Test(synth, measures_a_unit) {
    box b;
    open_box(&b);
    in_box(&b, "./unit.py dp_ram --xcup", 0, "dp_ram           lut4 1  ff 0  mult 0  bram18 8  lut6 1  xff 0  dsp 0  bram36 4\n");
    in_box(&b, "sed -i 's/(. no_rw_check .)//' rtl/lib/dp_ram.sv; ./unit.py dp_ram", 0, "bram18 16\n");
    in_box(&b, "./unit.py dp_rom", 2, "unit.py: dp_rom: not a module of serial-small");
    in_box(&b, "./unit.py dp_ram --build serial-big", 2, "unit.py: serial-big: no such build; there are parallel-small");
    in_box(&b, "./unit.py dp_ram --route --nextpnr /nowhere/nextpnr", 2, "unit.py: dp_ram Width=64 Depth=2048: nextpnr: ");
    close_box(&b);
}

/* In the place of nextpnr: what it reports, or how it fails. */
static void write_router(box *b, const char *body) {
    char path[sizeof b->directory + sizeof "/router"];
    (void)snprintf(path, sizeof path, "%s/router", b->directory);
    FILE *out = fopen(path, "w");
    cr_assert_not_null(out);
    cr_assert_gt(fprintf(out, "#!/bin/sh\nset -eu\n%s\n", body), 0);
    cr_assert_eq(fclose(out), 0);
    cr_assert_eq(chmod(path, 0755), 0);
}

static const char reports[] =
    "echo \"$@\" >asked\nwhile [ $1 != --report ]; do shift; done\ncat >$2 <<'JSON'\n"
    "{\"fmax\": {\"clk\": {\"achieved\": 41.26, \"constraint\": 60.0}}, \"utilization\": {\"TRELLIS_COMB\": {\"used\": 418, "
    "\"available\": 83640},\n"
    "  \"TRELLIS_IO\": {\"used\": 5, \"available\": 365}, \"MULT18X18D\": {\"used\": 39, \"available\": 156}},\n"
    " \"critical_paths\": [{\"from\": \"<async>\", \"to\": \"posedge clk\", \"path\": [{\"delay\": 99.0, \"type\": \"logic\",\n"
    "   \"from\": {\"cell\": \"far\"}, \"to\": {\"cell\": \"away\"}}]}, {\"from\": \"posedge clk\", \"to\": \"posedge clk\", "
    "\"path\": [\n"
    "  {\"delay\": 0.5, \"type\": \"clk-to-q\", \"from\": {\"cell\": \"in_q\"}, \"to\": {\"cell\": \"in_q\"}},\n"
    "  {\"delay\": 7.25, \"type\": \"routing\", \"net\": \"u_unit.row_q[7]\", \"from\": {\"cell\": \"in_q\"}, \"to\": {\"cell\": "
    "\"$x\"}},\n"
    "  {\"delay\": 0.25, \"type\": \"logic\", \"from\": {\"cell\": \"$x\"}, \"to\": {\"cell\": \"$x\"}},\n"
    "  {\"delay\": 1.0, \"type\": \"routing\", \"net\": \"$abc$1$\", \"from\": {\"cell\": \"$x\"}, \"to\": {\"cell\": "
    "\"out_q\"}},\n"
    "  {\"delay\": 0.0, \"type\": \"setup\", \"from\": {\"cell\": \"out_q_TRELLIS_FF_Q_3\"}, \"to\": {\"cell\": "
    "\"out_q_TRELLIS_FF_Q_3\"}}]}]}\nJSON";

Test(synth, shows_what_the_router_reports) {
    static const char one[] = "./pnr.py --module dp_tap_mask --nextpnr ./router";
    box b;
    open_box(&b);
    write_router(&b, "echo 'Info: Device utilisation:'; echo 'Info: \t          MULT18X18D:   159/   156   101%'\necho 'ERROR: "
                     "no room'; exit 1");
    in_box(&b, one, 1, "MULT18X18D         159 of    156  102%  multipliers\nFAILED: ERROR: no room (");
    write_router(&b, "echo 'ERROR: no such file'; exit 1");
    in_box(&b, one, 2, "pnr.py: ./router failed (all of it: build/synth/pnr/dp_tap_mask-");
    write_router(&b, reports);
    in_box(&b, one, 0,
           "serial-small dp_tap_mask: LFE5U-85F, speed grade 6, seed 1\nTRELLIS_COMB       418 of  83640    0%  LUT4\n");
    cr_assert_not_null(
        strstr(b.text, "MULT18X18D          39 of    156   25%  multipliers\nclock             41.3 MHz (asked for 60)\n"), "%s",
        b.text);
    cr_assert_not_null(strstr(b.text, "longest path       9.0 ns: 0.8 in cells, 8.2 in wires; to out_q, by\n"), "%s", b.text);
    cr_assert_not_null(strstr(b.text, "                   7.8 ns row_q\n"), "%s", b.text);
    cr_assert_null(strstr(b.text, "abc"), "%s", b.text);
    in_box(&b, "grep -c -- '--85k --speed 6 .*--freq 60 .*--seed 1$' asked", 0, "1\n");
    in_box(&b, "jq -e '.modules.between.cells | length > 400' $(sed 's/.*--json //; s/ .*//' asked)", 0, "true\n");
    write_router(&b, "exit 1"); /* what is routed is kept; another seed is not */
    in_box(&b, one, 0, "41.3 MHz");
    in_box(&b, "./pnr.py --module dp_tap_mask --nextpnr ./router --seed 2", 2, "pnr.py: ./router failed");
    close_box(&b);
}

Test(synth, says_where_nextpnr_is) {
    box b;
    open_box(&b);
    in_box(&b, "./pnr.py --nextpnr no-such-nextpnr", 2,
           "pnr.py: no-such-nextpnr: not here. Debian 12 has none for ECP5; PyPI's does: ");
    in_box(&b, "./pnr.py --build serial-big", 2, "pnr.py: serial-big: no such build; there are parallel-small");
    in_box(&b, "./pnr.py --module dp_rom --nextpnr true", 2, "pnr.py: dp_rom: not a module of serial-small");
    close_box(&b);
}

Test(synth, places_and_routes_a_unit) {
    box b;
    if (system("command -v nextpnr-ecp5 >/dev/null") != 0) cr_skip_test("no nextpnr-ecp5 here: Debian 12 has none");
    open_box(&b);
    in_box(&b, "./pnr.py --module dp_tap_mask", 0, "\nclock ");
    close_box(&b);
}
