/* The Makefile as somebody types it: what it refuses, what it installs, how a run of the tests ends. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "program.h"

enum { OUTPUT = 1 << 16, COMMAND = 2048 };

TestSuite(build, .timeout = 300);

typedef struct {
    char directory[32];
    int code;
    char text[OUTPUT];
} box;

static void open_box(box *b) {
    *b = (box){.directory = "/tmp/dpacs-build-XXXXXX"};
    cr_assert_not_null(mkdtemp(b->directory));
}

/* A command in the project's folder, in which $D is the box's directory; make is not part of the make that may be running. */
static void run(box *b, const char *command) {
    char whole[2 * COMMAND];
    (void)snprintf(
        whole, sizeof whole,
        "D='%s' HOME='%s'; export D HOME; unset MAKEFLAGS MFLAGS MAKELEVEL XDG_STATE_HOME DPACS_DUT_DIR; { %s ; } 2>&1",
        b->directory, b->directory, command);
    b->code = program_shell(whole, b->text, sizeof b->text);
}

static void expect(box *b, const char *command, int code, const char *said) {
    run(b, command);
    cr_assert_eq(b->code, code, "%s: exit code %d instead of %d: %s", command, b->code, code, b->text);
    cr_assert_not_null(strstr(b->text, said), "%s: '%s' expected: %s", command, said, b->text);
}

static void close_box(box *b) {
    run(b, "rm -r $D");
    cr_assert_eq(b->code, 0, "%s", b->text);
}

static int lines(const char *text) {
    int count = 0;
    for (; (text = strchr(text, '\n')) != NULL; text++) count++;
    return count;
}

Test(build, what_is_no_target_is_an_error) {
    static const char *const names[] = {"tests", "docs", "build", "build/", "build/obj", "models", "README.md", "nosuch"};
    box b;
    open_box(&b);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char command[64], said[64];
        (void)snprintf(command, sizeof command, "make %s", names[i]);
        (void)snprintf(said, sizeof said, "make %s: no such target", names[i]);
        expect(&b, command, 2, said);
        cr_expect_eq(lines(b.text), 1, "%s", b.text);
    }
    expect(&b, "make waves VIEW=nosuch", 2, "VIEW=nosuch: no such view (channel control conv");
    close_box(&b);
}

Test(build, help_has_a_line_for_each_target) {
    box b;
    open_box(&b);
    expect(&b, "make help", 0, "make sim ");
    int count = lines(b.text);
    expect(&b, "sed -n '/^TARGETS/,/[^\\\\]$/p' Makefile | tr ' ' '\\n' | grep -cE '^[a-z-]+$'", 0, "\n");
    cr_expect_eq(count, atoi(b.text), "%d lines, %s targets", count, b.text);
    expect(&b, "make -n check | grep -o run-tests.sh", 0, "run-tests.sh");
    close_box(&b);
}

/* Refused at once: make splits such a name, and so does what Verilator generates. */
Test(build, a_folder_with_a_space_is_refused) {
    box b;
    open_box(&b);
    static const char *const names[] = {"a b", "a'b", "a(b", "a&b", "a$b", "a#b", "a:b"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char command[COMMAND];
        (void)snprintf(command, sizeof command,
                       "P=\"%s%s\" && mkdir \"$P\" && cp Makefile *.mk \"$P\" && make -C \"$P\" --no-print-directory sim", "$D/",
                       strcmp(names[i], "a$b") == 0 ? "a\\$b" : names[i]);
        expect(&b, command, 2,
               "neither make nor Verilator works below a folder with a space or the like in its name (/tmp/dpacs-build-");
        cr_expect_eq(lines(b.text), 1, "%s", b.text);
    }
    expect(&b, "P=$D/fine-1.0_x+y@z && mkdir $P && cp -r Makefile *.mk rtl $P && make -C $P --no-print-directory help", 0,
           "make sim");
    close_box(&b);
}

/* `make -n` runs nothing, although the recipe of a hardware build calls make. */
Test(build, a_dry_run_makes_nothing) {
    box b;
    open_box(&b);
    expect(&b,
           "cp -r Makefile *.mk csrc driver tb tests scripts rtl models $D && mkdir $D/build && make -C $D -n sim && "
           "test -z \"$(ls $D/build)\"",
           0, "build/dpacs sim");
    close_box(&b);
}

/* Below a PREFIX, moved as a whole, and copied without its parts: the program finds them. */
Test(build, an_installed_program_finds_its_parts) {
    box b;
    open_box(&b);
    expect(&b, "make install DESTDIR=$D/stage PREFIX=/opt/x BUILDS='serial-small serial-small.trace'", 0, "2 hardware builds");
    expect(&b, "ls $D/stage/opt/x $D/stage/opt/x/lib/dpacs", 0, "bin\ninclude\nlib\nshare\n");
    expect(&b, "cd / && $D/stage/opt/x/bin/dpacs builds", 0, "serial-small ");
    expect(&b, "mv $D/stage/opt/x $D/moved && cd / && $D/moved/bin/dpacs sim --count 1 --images random --no-baseline", 0,
           "0 wrong or missing");
    expect(&b, "cd / && $D/moved/bin/dpacs sim --count 1 --images random --no-baseline --fault flip:20", 1, "bundle: ");
    expect(
        &b,
        "test -e $D/.local/state/dpacs/failures/last/wave.gtkw && $D/moved/bin/dpacs explain $D/.local/state/dpacs/failures/last",
        0, "first wrong stage");
    expect(&b, "$D/.local/state/dpacs/failures/last/repro.sh --no-baseline", 1, "MISMATCH");
    expect(&b, "XDG_STATE_HOME=$D/state $D/moved/bin/dpacs sim --count 1 --images random --no-baseline --fault flip:20", 1,
           "/state/dpacs/failures/");
    expect(&b,
           "cd $D && sed -n 's/^Cflags: //p; s/^Libs: //p' moved/lib/pkgconfig/dpacs.pc | sed 's,\\${prefix},moved,g' >flags && "
           "${CC:-gcc} -o classify moved/share/doc/dpacs/classify.c $(cat flags) && ./classify net image",
           1, "accelerator: /sys/class/u-dma-buf/udmabuf0/size: No such file");
    expect(&b,
           "mkdir -p $D/.local/lib && mv $D/moved/lib/dpacs $D/.local/lib && cp $D/moved/bin/dpacs $D && cd / && $D/dpacs info",
           0, "b1");
    expect(&b, "rm -r $D/.local && cd / && DPACS_DUT_DIR=$OLDPWD/build/dut $D/dpacs builds", 0, "serial-small ");
    close_box(&b);
}

Test(build, uninstall_leaves_nothing) {
    box b;
    open_box(&b);
    expect(&b, "make install PREFIX=$D/p BUILDS=serial-small && touch $D/p/bin/other && make uninstall PREFIX=$D/p", 0,
           "installed: ");
    expect(&b, "cd $D && find . -type f", 0, "./p/bin/other\n");
    cr_expect_eq(lines(b.text), 1, "%s", b.text);
    close_box(&b);
}

Test(build, manual_and_completion_say_what_the_help_says) {
    box b;
    open_box(&b);
    expect(&b, "make build/dpacs.1 build/dpacs.bash && grep -c '^[.]SH DPACS' build/dpacs.1", 0, "11\n");
    expect(&b,
           "build/dpacs --help | sed -n 's/^  \\([a-z]*\\) .*/.SH DPACS \\U\\1/p' | grep -vxFf build/dpacs.1; sed 's/\\\\//g' "
           "build/dpacs.1",
           0, "  --stall=P ");
    cr_expect_null(strstr(b.text, ".SH DPACS SIM\n.SH"), "a command is missing: %s", b.text);
    static const char ask[] =
        "bash -c '. build/dpacs.bash; COMP_WORDS=(build/dpacs %s); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _dpacs; "
        "echo ${COMPREPLY[*]}'";
    static const char *const words[][2] = {{"s", "sim sweep shrink\n"},
                                           {"sim --wa", "--wave --wave-depth --wave-from --wave-layer --wave-to\n"},
                                           {"sim --wave = f", "fail\n"},
                                           {"sim --schedule \"\"", "gang chain auto\n"},
                                           {"model --build serial-small-d", "serial-small-dense\n"}};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        char command[COMMAND];
        (void)snprintf(command, sizeof command, ask, words[i][0]);
        run(&b, command);
        cr_expect_str_eq(b.text, words[i][1], "%s", words[i][0]);
    }
    close_box(&b);
}

/* Of a program that hangs, with children in groups of their own, as Criterion's are. */
Test(build, an_interrupt_ends_the_tests_at_once) {
    box b;
    open_box(&b);
    expect(&b,
           "printf '#!/bin/bash\\nset -m\\nsleep 6789 & sleep 6789 & >%s/began\\nwait\\n' $D >$D/slow; chmod +x $D/slow; "
           "/usr/bin/python3 - $D/slow <<'END'\n"
           "import os, signal, subprocess, sys, time\n"
           "run = subprocess.Popen(['scripts/build/run-tests.sh', sys.argv[1]], stdout=subprocess.PIPE, text=True, "
           "start_new_session=True)\n"
           "for _ in range(600):\n"
           "    if os.path.exists(os.path.dirname(sys.argv[1]) + '/began'): break\n"
           "    time.sleep(0.1)\n"
           "began = time.monotonic()\n"
           "os.killpg(run.pid, signal.SIGINT)\n"
           "print(run.communicate()[0], 'code', run.returncode, 'soon' if time.monotonic() < began + 60 else 'late')\n"
           "END\n"
           "for p in /proc/[0-9]*/cmdline; do tr '\\0' ' ' <$p; echo; done 2>/dev/null | grep '^sleep 6789' || echo none is left",
           0, "code 130 soon\n");
    cr_expect_not_null(strstr(b.text, "interrupted in "), "%s", b.text);
    cr_expect_not_null(strstr(b.text, "none is left\n"), "%s", b.text);
    close_box(&b);
}

/* The sum counts what was skipped, and says why: tests of Criterion, and of Python behind one of them. */
Test(build, skips_have_reasons) {
    box b;
    open_box(&b);
    expect(&b,
           "printf '#!/bin/sh\\nprintf \"ok - a::b  (0.1s)\\\\nok - a::c  # SKIP no such thing\\\\n\" >${1#--tap=}\\n"
           "echo \"skipped: x/test_y.py: nothing there\"\\n' >$D/some; chmod +x $D/some; scripts/build/run-tests.sh $D/some",
           0, "    a::c: no such thing\n    x/test_y.py: nothing there\n1 passed, 0 failed, 2 skipped\n");
    close_box(&b);
}

Test(build, starts_at_home) {
    const char *program = getenv("DPACS"), *builds = getenv("DPACS_DUT_DIR");
    cr_assert(program != NULL && access(program, X_OK) == 0, "%s", program);
    cr_assert(builds != NULL && access(builds, X_OK) == 0, "%s", builds);
    cr_assert_eq(access("rtl/files.f", R_OK), 0);
}

/* From any directory, without the environment that make gives it. */
Test(build, a_test_program_finds_the_builds) {
    box b;
    open_box(&b);
    expect(&b, "P=$PWD; cd $D && env -i PATH=\"$PATH\" \"$P/build/tests/test_build\" --filter '*/starts_at_home'", 0,
           "Tested: 1 | Passing: 1");
    close_box(&b);
}
