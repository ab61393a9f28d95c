/* scripts/build/bare-metal.sh: the core of libdpacs needs nothing of its host, and what would is found. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "program.h"

TestSuite(bare_metal, .timeout = 120);

static void expect(const char *files, int code, const char *said) {
    char command[PROGRAM_COMMAND], text[PROGRAM_COMMAND];
    (void)snprintf(command, sizeof command, "scripts/build/bare-metal.sh %s 2>&1", files);
    cr_expect_eq(program_shell(command, text, sizeof text), code, "%s: %s", files, text);
    cr_expect_not_null(strstr(text, said), "%s: %s", files, text);
}

Test(bare_metal, the_core_needs_nothing) { expect("", 0, "the core of libdpacs needs nothing; "); }

Test(bare_metal, what_it_would_need_is_named) {
    static const char *const bodies[][2] = {
        {"#include <stdlib.h>\nvoid *f(void);void *f(void) { return malloc(1); }", "needs malloc"},
        {"#include <stdio.h>\nvoid f(void);void f(void) { puts(\"x\"); }", "needs puts"},
        {"#include \"dpacs.h\"\nvoid f(dpacs *d);void f(dpacs *d) { (void)dpacs_close(d); }", "needs dpacs_close"}};
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
        char path[] = "/tmp/dpacs-core-XXXXXX.c";
        int file = mkstemps(path, 2);
        cr_assert(file >= 0 && write(file, bodies[i][0], strlen(bodies[i][0])) == (ssize_t)strlen(bodies[i][0]));
        (void)close(file);
        expect(path, 1, bodies[i][1]);
        (void)unlink(path);
    }
}
