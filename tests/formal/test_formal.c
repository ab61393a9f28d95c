/* `make formal` on its smallest units: what holds is said to hold, a bug is found and named, a survivor needs a reason. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

TestSuite(formal, .timeout = 600);

/* The exit code of a command; `said` holds what it printed. */
static int run(const char *command, char *said, size_t room) {
    FILE *pipe = popen(command, "r");
    cr_assert_not_null(pipe);
    said[fread(said, 1, room - 1, pipe)] = '\0';
    int status = pclose(pipe);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

Test(formal, proves_a_unit) {
    char said[4096];
    cr_expect_eq(run("scripts/formal/prove.py --out build/formal-test/proof dp_errors", said, sizeof said), 0, "%s", said);
    cr_expect_not_null(strstr(said, "for ever (induction, k = 2)"), "%s", said);
    cr_expect_not_null(strstr(said, "formal: 1 of 1 hold"), "%s", said);
}

Test(formal, finds_the_bugs_in_it) {
    char said[4096];
    cr_expect_eq(run("scripts/formal/prove.py --mutants --out build/formal-test/bugs dp_errors", said, sizeof said), 0, "%s",
                 said);
    cr_expect_not_null(strstr(said, "errors_stays"), "%s", said);
    cr_expect_not_null(strstr(said, "errors_more"), "%s", said);
    cr_expect_not_null(strstr(said, "mutants: 2 of 2 killed, 0 explained"), "%s", said);
}

/* The same with a bug in the RTL itself: not proven. */
Test(formal, says_so_when_a_proof_fails) {
    char said[4096];
    const char *command =
        "rm -rf build/formal-test/copy && mkdir -p build/formal-test/copy/scripts && cp -r rtl build/formal-test/copy/ && "
        "cp -r scripts/formal build/formal-test/copy/scripts/ && cd build/formal-test/copy && "
        "sed -i 's/idle_q >= limit_i/idle_q > limit_i/' rtl/control/dp_watchdog.sv && scripts/formal/prove.py dp_watchdog";
    cr_expect_eq(run(command, said, sizeof said), 1, "%s", said);
    cr_expect_not_null(strstr(said, "FAIL"), "%s", said);
    cr_expect_not_null(strstr(said, "watchdog_due"), "%s", said);
}

Test(formal, refuses_units_that_it_does_not_know) {
    char said[4096];
    cr_expect_eq(run("scripts/formal/prove.py dp_nothing 2>&1", said, sizeof said), 2, "%s", said);
    cr_expect_not_null(strstr(said, "no such unit"), "%s", said);
}

/* A bug is found by a property that fails, not by a solver that does. */
Test(formal, does_not_take_a_broken_solver_for_a_bug_found) {
    char said[4096];
    const char *broken = "rm -rf build/formal-test/bin && mkdir -p build/formal-test/bin && "
                         "printf '#!/bin/sh\\nexit 1\\n' >build/formal-test/bin/z3 && chmod +x build/formal-test/bin/z3 && "
                         "PATH=$PWD/build/formal-test/bin:$PATH scripts/formal/prove.py --out build/formal-test/broken";
    char command[1024];
    (void)snprintf(command, sizeof command, "%s dp_errors 2>&1", broken);
    cr_expect_eq(run(command, said, sizeof said), 1, "%s", said);
    cr_expect_not_null(strstr(said, "formal: 0 of 1 hold"), "%s", said);
    (void)snprintf(command, sizeof command, "%s --mutants dp_errors 2>&1", broken);
    cr_expect_eq(run(command, said, sizeof said), 1, "%s", said);
    cr_expect_not_null(strstr(said, "mutants: 0 of 2 killed, 0 explained"), "%s", said);
}

Test(formal, names_a_solver_that_is_missing) {
    char said[4096];
    const char *command = "rm -rf build/formal-test/tools && mkdir -p build/formal-test/tools && cd build/formal-test/tools && "
                          "for tool in python3 yosys yosys-smtbmc; do ln -s $(command -v $tool) $tool; done && cd ../../.. && "
                          "PATH=$PWD/build/formal-test/tools scripts/formal/prove.py --solver yices dp_errors 2>&1";
    cr_expect_eq(run(command, said, sizeof said), 2, "%s", said);
    cr_expect_not_null(strstr(said, "yices-smt2: not found"), "%s", said);
}
