/* Bundles as files: on other disks, beside a program that may write nowhere, moved, and beside networks and images that were changed. */
#include <criterion/criterion.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bundle.h"
#include "e2e.h"

enum { COMMAND = 2048 };

TestSuite(bundle_places, .timeout = 300);

static char place[32];

/* In `place`, with $dpacs for the program. */
static int shell(const char *format, ...) {
    char text[COMMAND];
    int at = snprintf(text, sizeof text, "cd '%s' && dpacs='%s' && ", place, getenv("DPACS"));
    va_list values;
    va_start(values, format);
    (void)vsnprintf(text + at, sizeof text - (size_t)at, format, values);
    va_end(values);
    int status = system(text);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* A copy of the program, whose waves and failures lie beside it; a network; four images. */
static void settle_in(void) {
    if (getenv("DPACS") == NULL) cr_skip_test("DPACS names no program");
    (void)e2e_load("serial-small");
    (void)e2e_load("serial-small.trace");
    memcpy(place, "/tmp/dpacs-place-XXXXXX", sizeof "/tmp/dpacs-place-XXXXXX");
    cr_assert_not_null(mkdtemp(place));
    cr_assert_eq(
        shell("mkdir -p in/dut && cp \"$dpacs\" in/dpacs && $dpacs gen block:8x8x16 --keep-spatial 0.5 --seed 4 -o n.dpm"), 0);
    cr_assert_eq(
        shell(
            "printf '\\223NUMPY\\1\\0\\166\\0%%-117s\\n' \"{'descr': '|i1', 'fortran_order': False, 'shape': (4, 8, 8, 16), }\" "
            ">i.npy && head -c 4096 /usr/bin/env | tr '\\200-\\377' '\\0-\\177' >>i.npy"),
        0);
}

static void leave(void) { cr_assert_eq(shell("rm -rf '%s'", place), 0); }

#define RUN "sim n.dpm --build serial-small --images i.npy --count 3 --no-baseline --fault flip:20:7"

Test(bundle_places, a_wave_is_moved_between_file_systems) {
    char from[] = "/tmp/dpacs-move-XXXXXX", to[] = "/dev/shm/dpacs-move-XXXXXX", text[16] = "";
    struct stat a, b;
    dp_error err = {""};
    int one = mkstemp(from), two = mkstemp(to);
    if (one < 0 || two < 0 || fstat(one, &a) != 0 || fstat(two, &b) != 0 || a.st_dev == b.st_dev)
        cr_skip_test("/tmp and /dev/shm are one file system");
    cr_assert_eq(write(one, "a wave", 6), 6);
    cr_assert_eq(bundle_move(from, to, &err), DP_OK, "%s", err.text);
    FILE *file = fopen(to, "r");
    cr_assert_eq(fread(text, 1, sizeof text, file), 6);
    cr_assert_eq(memcmp(text, "a wave", 6), 0);
    cr_assert_neq(access(from, F_OK), 0);
    cr_assert_eq(bundle_move(from, to, &err), DP_BAD_INPUT);
    (void)fclose(file);
    (void)unlink(to);
}

Test(bundle_places, a_bundle_on_another_file_system) {
    settle_in();
    cr_assert_eq(shell("b=$(mktemp -d /dev/shm/dpacs-XXXXXX) && { in/dpacs " RUN " --bundle $b/b >log; test $? = 1; } && "
                       "test -s $b/b/wave.fst && in/dpacs explain $b/b >explained && rm -rf $b"),
                 0);
    leave();
}

/* A wave that cannot be taken over costs the bundle its wave, and the reason is the true one. */
Test(bundle_places, a_program_that_may_not_write_beside_itself) {
    static const char *const more[] = {"", "--no-snapshots"};
    for (int i = 0; i < 2; i++) {
        settle_in();
        cr_assert_eq(shell("touch in/failures in/waves && { in/dpacs " RUN " --bundle b %s >log; test $? = 1; }", more[i]), 0);
        cr_assert_eq(shell("test -s b/wave.fst && grep -q '^wave: cycles' log"), 0);
        cr_assert_eq(shell("in/dpacs " RUN " %s >log; test $? = 1 && grep -q '^no failure bundle: .*--bundle DIR puts it' log && "
                           "grep -q ^tiles log",
                           more[i]),
                     0);
        cr_assert_eq(shell("in/dpacs " RUN " --bundle in/failures >log 2>&1; test $? = 2 && grep -q 'not a directory' log"), 0);
        cr_assert_eq(shell("in/dpacs " RUN " --bundle nosuch/b >log 2>&1; test $? = 2 && grep -q 'bundle nosuch/b: cannot' log"),
                     0);
        leave();
    }
}

Test(bundle_places, repeats_the_run_from_anywhere) {
    settle_in();
    cr_assert_eq(shell("in/dpacs " RUN " --bundle b >log; test $? = 1"), 0);
    cr_assert_eq(shell("mkdir other && head -c 4224 /dev/zero >other/i.npy && cd other && ../b/repro.sh >log 2>&1; test $? = 1"),
                 0);
    cr_assert_eq(shell("test \"$(grep ^MISM log)\" = \"$(grep ^MISM other/log)\""), 0);
    cr_assert_eq(shell("mv b c && mv c other && cd / && $OLDPWD/other/c/repro.sh >$OLDPWD/log2 2>&1; test $? = 1"), 0);
    cr_assert_eq(shell("cd / && \"$dpacs\" shrink $OLDPWD/other/c >$OLDPWD/log2 2>&1; grep -q 'made by --fault' $OLDPWD/log2"),
                 0);
    leave();
}

Test(bundle_places, another_network_or_other_images_are_refused) {
    settle_in();
    cr_assert_eq(shell("in/dpacs " RUN " --bundle b >log; test $? = 1"), 0);
    cr_assert_eq(shell("cp n.dpm n && $dpacs gen block:8x8x16 --keep-spatial 0.5 --seed 5 -o n.dpm"), 0);
    cr_assert_eq(shell("b/repro.sh >log 2>&1; test $? = 2 && grep -q 'n.dpm is not the network that failed' log"), 0);
    cr_assert_eq(shell("in/dpacs explain b >log 2>&1; test $? = 2 && grep -q 'n.dpm is not the network that failed' log"), 0);
    cr_assert_eq(shell("cp n n.dpm && cp i.npy j.npy && printf x | dd of=i.npy bs=1 seek=2500 conv=notrunc 2>dd.log"), 0);
    cr_assert_eq(shell("b/repro.sh >log 2>&1; test $? = 2 && grep -q 'i.npy holds other images than those that failed' log"), 0);
    cr_assert_eq(shell("cp j.npy i.npy && b/repro.sh >log 2>&1; test $? = 1"), 0);
    cr_assert_eq(shell("in/dpacs " RUN " --same-as nosuch >log 2>&1; test $? = 2 && grep -q nosuch/failure.json log"), 0);
    leave();
}

Test(bundle_places, the_last_one_is_found_where_all_was_moved) {
    settle_in();
    cr_assert_eq(shell("in/dpacs " RUN " >log; test $? = 1"), 0);
    cr_assert_eq(shell("mv in moved && moved/dpacs explain moved/failures/last >log"), 0);
    cr_assert_eq(shell("moved/dpacs " RUN " --bundle moved/elsewhere >log; test $(readlink moved/failures/last) = ../elsewhere"),
                 0);
    cr_assert_eq(shell("b=$(mktemp -d /dev/shm/dpacs-XXXXXX) && { moved/dpacs " RUN " --bundle $b >log; "
                       "test $(readlink moved/failures/last) = $b && rm -rf $b; }"),
                 0);
    leave();
}

/* A save file names what lies beside it, and nothing by where it lay. */
Test(bundle_places, the_view_moves_with_its_wave) {
    settle_in();
    cr_assert_eq(shell("$dpacs " RUN
                       " --bundle b >log 2>&1; test $? = 1 && if grep -q '^no wave.gtkw: .* is not there' log; then "
                       "exit 7; fi; grep -q '^.dumpfile. \"wave.fst\"' b/wave.gtkw && ! grep -q '%s' b/wave.gtkw",
                       place),
                 0);
    leave();
}
