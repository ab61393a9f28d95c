/* Names of signals in a waveform, whichever Verilator wrote it: a newer one has a scope for each array. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "program.h"
#include "wave_read.h"

enum { PATH = 64, COMMAND = 256 };

static const char old_names[] = "$var logic 8 ! mem[0] [7:0] $end\n$var logic 8 \" mem[1] [7:0] $end\n"
                                "$scope module u_x $end\n$var logic 8 # grid[0][1] [7:0] $end\n$upscope $end\n";
static const char new_names[] = "$scope module mem $end\n$var logic 8 ! mem[0] [7:0] $end\n$var logic 8 \" mem[1] [7:0] $end\n"
                                "$upscope $end\n$scope module u_x $end\n$scope module grid $end\n$scope module grid[0] $end\n"
                                "$var logic 8 # grid[0][1] [7:0] $end\n$upscope $end\n$upscope $end\n$upscope $end\n";

typedef struct {
    int cycles;
    int mem[2], grid;
} seen;

static bool look(void *context, const wave_read *w, uint64_t cycle) {
    seen *s = context;
    (void)cycle;
    s->cycles++;
    cr_expect_eq(wave_read_value(w, s->mem[0]), 1);
    cr_expect_eq(wave_read_value(w, s->mem[1]), 2);
    cr_expect_eq(wave_read_value(w, s->grid), 3);
    return true;
}

static void expect_names_below(const char *inner, const char *signals) {
    char directory[] = "/tmp/dpacs-wave-XXXXXX", path[PATH], command[COMMAND], text[COMMAND];
    dp_error err = {""};
    wave_read *w;
    seen s = {.cycles = 0};
    if (access("/usr/bin/vcd2fst", X_OK) != 0) cr_skip_test("gtkwave is not installed");
    cr_assert_not_null(mkdtemp(directory));
    (void)snprintf(path, sizeof path, "%s/d.vcd", directory);
    FILE *out = fopen(path, "w");
    (void)fprintf(out,
                  "$timescale 1ps $end\n$scope module dp_top $end\n$scope module %s $end\n%s$upscope $end\n$upscope $end\n"
                  "$enddefinitions $end\n#0\nb00000001 !\nb00000010 \"\nb00000011 #\n#40\nb00000000 #\n",
                  inner, signals);
    (void)fclose(out);
    (void)snprintf(command, sizeof command, "cd '%s' && vcd2fst d.vcd d.fst && rm d.vcd", directory);
    cr_assert_eq(program_shell(command, text, sizeof text), 0, "%s", text);
    (void)snprintf(path, sizeof path, "%s/d.fst", directory);
    cr_assert_eq(wave_read_open(&w, path, &err), DP_OK, "%s", err.text);
    s.mem[0] = wave_read_signal(w, "mem[0]");
    s.mem[1] = wave_read_signal(w, "mem[1]");
    s.grid = wave_read_signal(w, "u_x.grid[0][1]");
    cr_assert(s.mem[0] >= 0 && s.mem[1] >= 0 && s.grid >= 0);
    cr_assert_eq(wave_read_signal(w, "mem.mem[0]"), -1);
    cr_assert_eq(wave_read_run(w, 0, 3, look, &s, &err), DP_OK, "%s", err.text);
    cr_assert_gt(s.cycles, 0);
    wave_read_close(w);
    (void)unlink(path);
    (void)rmdir(directory);
}

static void expect_names(const char *signals) { expect_names_below("dp_top", signals); }

Test(wave_read, arrays_as_debians_verilator_has_them) { expect_names(old_names); }
Test(wave_read, arrays_in_scopes_of_their_own) { expect_names(new_names); }

/* A board's shell stands around the accelerator. */
Test(wave_read, names_in_a_board) {
    char inside[2 * COMMAND];
    (void)snprintf(inside, sizeof inside, "$scope module dp_top $end\n%s$upscope $end\n", old_names);
    expect_names_below("dp_board", inside);
}
