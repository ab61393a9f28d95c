/* A hardware build whose sources have changed is refused; where they are not there, or the same, it is taken. The build is one that make
   made, copied beside a copy of its sources. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dut.h"
#include "e2e.h"

enum { COMMAND = 2048 };

TestSuite(dut_sources, .timeout = 120);

static char place[32];
static const char *build = "serial-small";

static void shell(const char *command) {
    char text[COMMAND];
    (void)snprintf(text, sizeof text, "cd '%s' && %s", place, command);
    cr_assert_eq(system(text), 0, "%s", text);
}

/* A project in `place`, of this one's sources (the tests run in its directory) and one build. */
static void make_project(void) {
    char text[COMMAND], here[512];
    const char *builds = getenv("DPACS_DUT_DIR");
    (void)e2e_load(build); /* skips where it is not there */
    memcpy(place, "/tmp/dpacs-dut-XXXXXX", sizeof "/tmp/dpacs-dut-XXXXXX");
    cr_assert_not_null(mkdtemp(place));
    cr_assert_not_null(getcwd(here, sizeof here));
    (void)snprintf(text, sizeof text, "mkdir -p build/dut tb && cp -r '%s/rtl' '%s/builds.mk' . && cp -r '%s/tb/dut' tb", here,
                   here, here);
    shell(text);
    if (builds == NULL || builds[0] != '/') {
        (void)snprintf(text, sizeof text, "cp '%s/%s/%s.so' build/dut", here, builds != NULL ? builds : "build/dut", build);
        shell(text);
    } else {
        (void)snprintf(text, sizeof text, "cp '%s/%s.so' build/dut", builds, build);
        shell(text);
    }
    (void)snprintf(text, sizeof text, "%s/build/dut", place);
    (void)setenv("DPACS_DUT_DIR", text, 1);
}

static void expect(dp_status status, const char *said) {
    const dut_api *api;
    dp_error err = {""};
    cr_assert_eq(dut_load(build, &api, &err), status, "%s: %s", said, err.text);
    cr_assert_not_null(strstr(err.text, said), "%s: %s", said, err.text);
    char text[COMMAND];
    (void)snprintf(text, sizeof text, "rm -rf '%s'", place);
    cr_assert_eq(system(text), 0);
}

Test(dut_sources, the_same_are_taken) {
    make_project();
    expect(DP_OK, "");
}
Test(dut_sources, dates_do_not_count) {
    make_project();
    shell("touch rtl/*/*.sv builds.mk");
    expect(DP_OK, "");
}
Test(dut_sources, another_module) {
    make_project();
    shell("echo '// ' >>$(tail -n 1 rtl/files.f)");
    expect(DP_NO_BUILD, "out of date: rtl/");
}
Test(dut_sources, a_module_that_is_gone) {
    make_project();
    shell("rm $(head -n 1 rtl/files.f)");
    expect(DP_NO_BUILD, "make build/dut/serial-small.so");
}
Test(dut_sources, another_list_of_files) {
    make_project();
    shell("sed -i '$d' rtl/files.f");
    expect(DP_NO_BUILD, "out of date: rtl/");
}
Test(dut_sources, its_line_of_the_geometries) {
    make_project();
    shell("sed -i '/^BUILD_serial-small /s/2048/1024/' builds.mk");
    expect(DP_NO_BUILD, "line of builds.mk");
}
Test(dut_sources, the_line_of_another_build) {
    make_project();
    shell("sed -i '/^BUILD_serial-ref /s/8192/4096/' builds.mk");
    expect(DP_OK, "");
}
Test(dut_sources, other_inputs_of_the_clock) {
    make_project();
    shell("echo '// ' >>tb/dut/dp_clocked.sv");
    expect(DP_NO_BUILD, "out of date: rtl/");
}
Test(dut_sources, another_shim) {
    make_project();
    shell("echo >>tb/dut/dut_shim.cpp");
    expect(DP_NO_BUILD, "out of date: tb/dut/dut_shim.cpp");
}
/* Builds with assertions read the properties beside the units, others do not. */
Test(dut_sources, another_property) {
    build = "serial-small.check";
    make_project();
    shell("echo '// ' >>rtl/lib/dp_fifo_props.svh");
    expect(DP_NO_BUILD, "out of date: rtl/");
}
Test(dut_sources, the_same_properties) {
    build = "serial-small.check";
    make_project();
    expect(DP_OK, "");
}
Test(dut_sources, a_property_that_is_not_read) {
    make_project();
    shell("echo '// ' >>rtl/lib/dp_fifo_props.svh");
    expect(DP_OK, "");
}
Test(dut_sources, without_sources_nothing_is_said) {
    make_project();
    shell("rm -r rtl");
    expect(DP_OK, "");
}

/* A build that is out of date is not passed over for a larger one: the run ends. */
Test(dut_sources, no_other_is_taken_instead) {
    char text[COMMAND];
    const char *program = getenv("DPACS");
    if (program == NULL) cr_skip_test("DPACS names no program");
    make_project();
    shell("cp build/dut/serial-small.so build/dut/serial-mid.so && echo '// ' >>rtl/dp_top.sv");
    (void)snprintf(text, sizeof text, "'%s' builds >log 2>&1; test $? = 4 && test $(grep -c 'out of date' log) = 2", program);
    shell(text);
    (void)snprintf(text, sizeof text, "'%s' sim gen:block:8x8x8 --images random --count 1 >log 2>&1; test $? = 4", program);
    shell(text);
    expect(DP_NO_BUILD, "out of date");
}
