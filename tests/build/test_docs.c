/* The figures in the documents hold (scripts/check/docs.py), and one that does not is found. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

enum { OUTPUT = 1 << 14, COMMAND = 1024 };

TestSuite(docs, .timeout = 300);

static void expect(const char *command, int code, const char *said) {
    static char text[OUTPUT];
    FILE *pipe = popen(command, "r");
    cr_assert_not_null(pipe);
    text[fread(text, 1, sizeof text - 1, pipe)] = '\0';
    while (fgetc(pipe) != EOF) continue;
    int status = pclose(pipe);
    cr_assert(WIFEXITED(status) && WEXITSTATUS(status) == code, "%s: %s", command, text);
    cr_assert_not_null(strstr(text, said), "'%s' expected: %s", said, text);
}

Test(docs, figures_hold) { expect("scripts/check/docs.py 2>&1", 0, "docs: all figures hold"); }

Test(docs, figures_that_do_not_hold_are_found) {
    static const char *const defects[][3] = {
        {"make_sim", "README.md -e 's/^total   *[0-9]*/total  1/'", "README.md: make sim prints now: total "},
        {"make_sim", "README.md -e '/^model  /d'", "README.md: make sim prints "},
        {"table", "README.md -e 's/median 1/median 2/'", "README.md: should say: cycles/limit: median"},
        {"table", "docs/table.md -e 's/| 4.78 | 1.21/| 1.78 | 9.21/; s/^| 75-75 | 557565/| 75-75 | 957565/'",
         "cycles/limit: median"},
        {"table", "docs/results.md -e 's/84 of 84 cells/83 of 84 cells/'", "docs/results.md: should say: "},
        {"views", "CHANGELOG.md -e 's/seven views/six views/'", "CHANGELOG.md: should say: seven views"},
        {"views", "waves/README.md -e '/^| `post` /d'",
         "waves/README.md: lists the views channel control conv failure masks overview; there are"},
        {"builds", "README.md -e 's/| 576, 64 |/| 576, 65 |/'", "README.md: lists the builds"},
        {"plan", "docs/nightly.md -e 's/ (daily)/0 (daily)/'", "docs/nightly.md: should say: "},
        {"modules", "docs/synthesis.md -e s/dp_pair_write/dp_pear_write/", "dp_pair_write is in no table, and nothing says so"},
        {"revisions", "docs/mutation.md -e 's/[Rr]evision `/at `/'",
         "docs/mutation.md: 'Measured' does not say at which revision"},
        {"revisions", "docs/results.md -e 's/^## Gang and chain/## Both/'", "docs/results.md: no section 'Gang and chain'"},
        {"columns", "docs/usage.md -e '$s/.*/& & & & & & & & & & & & & & & & & & & & & & & & & & & & & &/'", " columns"},
    };
    static char command[COMMAND];
    for (size_t i = 0; i < sizeof defects / sizeof *defects; i++) {
        (void)snprintf(
            command, sizeof command,
            "D=$(mktemp -d) && cp -r --parents README.md CHANGELOG.md docs waves rtl/README.md $D && (cd $D && sed -i %s) && "
            "scripts/check/docs.py $D %s 2>&1; code=$?; rm -r $D; exit $code",
            defects[i][1], defects[i][0]);
        expect(command, 1, defects[i][2]);
    }
}
