/* scripts/synth/synth.py on single modules of a small build, in a copy of the RTL that the tests break. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
