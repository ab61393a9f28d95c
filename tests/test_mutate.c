/* scripts/mutate: the tests of tests/mutate/, one Python file a test here. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

enum { OUTPUT = 1 << 16, COMMAND = 256 };

TestSuite(mutate, .timeout = 600);

static void run(const char *file) {
    static char text[OUTPUT];
    char command[COMMAND];
    (void)snprintf(command, sizeof command, "/usr/bin/python3 -B -m unittest discover -v -s tests/mutate -p test_%s.py 2>&1",
                   file);
    FILE *pipe = popen(command, "r");
    cr_assert_not_null(pipe);
    text[fread(text, 1, sizeof text - 1, pipe)] = '\0';
    while (fgetc(pipe) != EOF) continue;
    int status = pclose(pipe);
    cr_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0, "%s", text);
    cr_assert_not_null(strstr(text, "\nOK"), "%s", text);
}

Test(mutate, sites) { run("sites"); }
Test(mutate, campaign) { run("campaign"); }
