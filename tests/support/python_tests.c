/* See python_tests.h. */
#include "python_tests.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "program.h"

enum { OUTPUT = 1 << 16, COMMAND = 256 };

/* The reason of the last test that was skipped, if all were; of "… skipped 'REASON'" lines. */
static const char *all_skipped(char *text) {
    int ran = 0, skipped = 0;
    const char *sum = strstr(text, "\nRan "), *end = strstr(text, "\nOK (skipped=");
    char *reason = strstr(text, "skipped '");
    if (sum == NULL || end == NULL || reason == NULL) return NULL;
    if (sscanf(sum, "\nRan %d", &ran) != 1 || sscanf(end, "\nOK (skipped=%d", &skipped) != 1) return NULL;
    if (ran != skipped && ran != 0) return NULL; /* ran 0: a whole class was skipped */
    reason += strlen("skipped '");
    reason[strcspn(reason, "'\n")] = '\0';
    return reason;
}

/* Those that were skipped where others ran: a line each in the log, from which run-tests.sh takes them. */
static void tell_skipped(const char *directory, const char *file, const char *text) {
    for (const char *at = strstr(text, " skipped '"); at != NULL; at = strstr(at, " skipped '")) {
        at += strlen(" skipped '");
        (void)fprintf(stderr, "skipped: %s/test_%s.py: %.*s\n", directory, file, (int)strcspn(at, "'\n"), at);
    }
}

void python_tests_run(const char *directory, const char *file) {
    static char text[OUTPUT];
    char command[COMMAND];
    (void)snprintf(command, sizeof command, "/usr/bin/python3 -B -m unittest discover -v -s tests/%s -p test_%s.py 2>&1",
                   directory, file);
    cr_assert_eq(program_shell(command, text, sizeof text), 0, "%s", text);
    const char *reason = all_skipped(text);
    if (reason != NULL) cr_skip_test("%s", reason);
    cr_assert_not_null(strstr(text, "\nOK"), "%s", text);
    tell_skipped(directory, file, text);
}
