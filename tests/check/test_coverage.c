/* `dpacs sim --coverage`: what equal runs leave, and that nothing else does. $DPACS names the program (build/dpacs). */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "dut.h"

enum { COMMAND = 1024, PATH = 64 };

TestSuite(coverage, .timeout = 300);

static void temporary(char path[PATH]) {
    static int number;
    (void)snprintf(path, PATH, "/tmp/dpacs-coverage-%ld-%d.dat", (long)getpid(), number++);
    (void)unlink(path);
}

/* Points of a page with a count, or of any where `hit` is false; -1: no such file, or not a coverage file. */
static int points(const char *path, const char *page, bool hit) {
    char line[4096], key[64];
    FILE *in = fopen(path, "r");
    if (in == NULL) return -1;
    int count = fgets(line, sizeof line, in) != NULL && strcmp(line, "# SystemC::Coverage-3\n") == 0 ? 0 : -1;
    (void)snprintf(key, sizeof key, "\001page\002%s/", page);
    while (count >= 0 && fgets(line, sizeof line, in) != NULL) {
        const char *number = strrchr(line, ' ');
        cr_assert(strncmp(line, "C '", 3) == 0 && number != NULL && number[-1] == '\'', "%s", line);
        count += strstr(line, key) != NULL && (!hit || atoi(number) > 0);
    }
    (void)fclose(in);
    return count;
}

static void run(const char *build, const char *path, const char *more, int code) {
    char command[COMMAND];
    const char *program = getenv("DPACS");
    if (!dut_exists(build)) cr_skip_test("build/dut/%s.so is not there", build);
    (void)snprintf(command, sizeof command,
                   "'%s' sim gen:random:masks,seed=3 --images random --no-baseline --build %s --coverage '%s' %s 2>/dev/null",
                   program != NULL ? program : "build/dpacs", build, path, more);
    int status = system(command);
    cr_assert(WIFEXITED(status) && WEXITSTATUS(status) == code, "%s: %d", command, status);
}

Test(coverage, any_build_counts_combinations) {
    char path[PATH];
    temporary(path);
    run("serial-small", path, "--wave off >/dev/null", 0);
    cr_expect_gt(points(path, "v_functional", false), 1000);
    cr_expect_gt(points(path, "v_functional", false), points(path, "v_functional", true));
    cr_expect_gt(points(path, "v_functional", true), 0);
    cr_expect_eq(points(path, "v_toggle", false), 0);
    (void)unlink(path);
}

/* One variation: compiling the other takes minutes, and every night runs both. */
Test(coverage, cover_builds_count_the_rtl) {
    static const char *const pages[] = {"v_line", "v_branch", "v_toggle", "v_user"};
    char path[PATH];
    temporary(path);
    run("serial-small.cover", path, ">/dev/null", 0);
    for (size_t p = 0; p < sizeof pages / sizeof *pages; p++) cr_expect_gt(points(path, pages[p], true), 10, "%s", pages[p]);
    (void)unlink(path);
}

/* A run that is not equal has covered nothing, and an older file stays as it was. */
Test(coverage, only_equal_runs_count) {
    char path[PATH];
    temporary(path);
    run("serial-small", path, "--wave off --fault flip:20 >/dev/null", 1);
    cr_expect_eq(access(path, F_OK), -1);
    run("serial-small", path, "--wave off >/dev/null", 0);
    int before = points(path, "v_functional", true);
    run("serial-small", path, "--wave off --fault flip:20 >/dev/null", 1);
    cr_expect_eq(points(path, "v_functional", true), before);
    (void)unlink(path);
}

Test(coverage, a_pipe_takes_it_too) {
    char path[PATH], more[2 * PATH];
    temporary(path);
    (void)snprintf(more, sizeof more, "--wave off 3>&1 1>/dev/null | cat >'%s'", path);
    run("serial-small", "/dev/fd/3", more, 0);
    cr_expect_gt(points(path, "v_functional", true), 0);
    (void)unlink(path);
}

Test(coverage, what_cannot_be_written_is_told_before_the_run) {
    run("serial-small", "/nonexistent/x.dat", "--count 1000000 >/dev/null", 2);
    run("serial-small", "/tmp", "--count 1000000 >/dev/null", 2);
}
