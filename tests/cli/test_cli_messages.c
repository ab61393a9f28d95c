/* What the program says where a user is likely to be in trouble. */
#include <criterion/criterion.h>
#include <inttypes.h>
#include <jansson.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "program.h"

TestSuite(cli_messages, .timeout = 300);

static const char hang[] = "sim --images random --build serial-small --count 1 --no-baseline --fault withhold:ar:3";

/* The message of a hang and its bundle name one cycle, and the message comes first. */
Test(cli_messages, a_hang_and_its_bundle_name_one_cycle) {
    NEED_BUILD("serial-small");
    program_outcome o;
    char directory[] = "/tmp/dpacs-messages-XXXXXX", arguments[256], path[64];
    cr_assert_not_null(mkdtemp(directory));
    (void)snprintf(arguments, sizeof arguments, "%s --bundle %s/b", hang, directory);
    program_run(&o, arguments, "2>&1 </dev/null");
    cr_assert_eq(o.code, 3, "%s", o.text);
    uint64_t cycle = 0;
    cr_assert_eq(sscanf(o.text, "HANG at cycle %" SCNu64 ":", &cycle), 1, "the hang is not what is said first: %s", o.text);
    (void)snprintf(path, sizeof path, "%s/b/failure.json", directory);
    json_t *failure = json_load_file(path, 0, NULL);
    cr_assert_not_null(failure);
    cr_expect_eq((uint64_t)json_integer_value(json_object_get(failure, "cycle")), cycle);
    cr_expect_not_null(strstr(json_string_value(json_object_get(failure, "message")), "HANG at cycle"));
    json_decref(failure);
    (void)snprintf(arguments, sizeof arguments, "rm -r '%s'", directory);
    cr_assert_eq(system(arguments), 0);
}

/* Without its masks a network answers something else: that is no accuracy. Without masks of its own, it is. */
Test(cli_messages, accuracy_means_something_or_is_not_told) {
    NEED_BUILD("serial-small-dense");
    static const char ignored[] = "not classified: the network's masks are ignored";
    program_outcome o;
    program_expect("sim models/fmnist-s50c50.dpm --dense --build serial-small --count 2", 0, ignored);
    program_expect("sim models/fmnist-dense.dpm --dense --build serial-small --count 2", 0, "2 of 2 classified correctly");
    program_expect("ref models/fmnist-s50c50.dpm --dense --count 2", 0, ignored);
    program_expect("ref models/fmnist-dense.dpm --dense --count 2", 0, "2 of 2 classified correctly");
    program_run(&o, "ref models/fmnist-s50c50.dpm --dense --count 2 --json -", "2>&1");
    cr_assert_not_null(strstr(o.text, "\"labelled\": 0"), "%s", o.text);
    program_run(&o, "ref models/fmnist-s50c50.dpm --count 2", "2>&1");
    cr_assert_null(strstr(o.text, ignored), "%s", o.text);
}

/* In a folder with these builds and no others, which may be out of date. */
Test(cli_messages, lists_every_variant_of_a_build) {
    static const char *const wanted[] = {"serial-small", "serial-small.trace", "serial-small.check"};
    enum { BUILDS = sizeof wanted / sizeof *wanted };
    program_outcome o;
    char folder[] = "/tmp/dpacs-messages-XXXXXX", command[512], path[PATH_MAX];
    for (int i = 0; i < BUILDS; i++) NEED_BUILD(wanted[i]);
    const char *named = getenv("DPACS_DUT_DIR");
    cr_assert_not_null(realpath(named != NULL ? named : "build/dut", path));
    cr_assert_not_null(mkdtemp(folder));
    (void)snprintf(command, sizeof command, "cd '%s' && for build in %s %s %s; do ln -s '%.300s'/$build.so .; done", folder,
                   wanted[0], wanted[1], wanted[2], path);
    cr_assert_eq(system(command), 0);
    (void)setenv("DPACS_DUT_DIR", folder, 1);
    program_run(&o, "builds", "2>&1");
    cr_assert_eq(o.code, 0, "%s", o.text);
    for (int i = 0; i < BUILDS; i++) {
        char line[64];
        (void)snprintf(line, sizeof line, "\n%-29s", wanted[i]);
        cr_expect_not_null(strstr(o.text, line), "%s: %s", wanted[i], o.text);
    }
    cr_expect_not_null(strstr(o.text, "  waves\n"));
    cr_expect_not_null(strstr(o.text, "  assertions\n"));
    program_expect("sim --images random --build nosuch", 4,
                   "builds.mk has none of that name; there are: serial-small.check, serial-small, serial-small.trace");
    (void)snprintf(command, sizeof command, "rm -r '%s'", folder);
    cr_assert_eq(system(command), 0);
}

Test(cli_messages, says_that_there_is_no_failure) {
    program_expect("explain /tmp", 2, "/tmp: there is no failure (no failure.json)");
    program_expect("explain /nonexistent", 2, "build/failures/last is the last one");
}

/* What stands after gen: is no command line: the options that argp brings along are not among its words. */
Test(cli_messages, a_generated_network_has_limits) {
    program_expect("info gen:resnet20,help", 2, "unrecognized option '--help'");
    program_expect("info gen:resnet20,HANG", 2, "unrecognized option '--HANG'");
    program_expect("info gen:block:224x224x4096", 2, "million MACs an image; networks of at most");
}

/* Every message about a file begins with the program's name. */
Test(cli_messages, a_full_disk_says_who_speaks) {
    NEED_BUILD("serial-small");
    program_outcome o;
    program_run(&o, "sim --images random --build serial-small --count 1 --no-baseline --coverage /dev/full", "2>&1");
    cr_expect_eq(o.code, 2, "%s", o.text);
    cr_expect_not_null(strstr(o.text, "dpacs: /dev/full: "), "%s", o.text);
}
