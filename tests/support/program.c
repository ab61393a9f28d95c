#include "program.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

const char *program_path(void) {
    const char *path = getenv("DPACS");
    return path != NULL ? path : "build/dpacs";
}

bool program_has_build(const char *name) {
    char path[PROGRAM_COMMAND];
    const char *directory = getenv("DPACS_DUT_DIR");
    (void)snprintf(path, sizeof path, "%s/%s.so", directory != NULL ? directory : "build/dut", name);
    return access(path, R_OK) == 0;
}

int program_shell(const char *command, char *text, size_t size) {
    FILE *pipe = popen(command, "r");
    cr_assert_not_null(pipe);
    size_t length = fread(text, 1, size - 1, pipe);
    text[length] = '\0';
    while (fgetc(pipe) != EOF) continue; /* what has no room: the command must not die of it */
    int status = pclose(pipe);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

void program_run(program_outcome *o, const char *arguments, const char *redirect) {
    char command[PROGRAM_COMMAND];
    (void)snprintf(command, sizeof command, "'%s' %s %s", program_path(), arguments, redirect);
    o->code = program_shell(command, o->text, sizeof o->text);
}

void program_expect(const char *arguments, int code, const char *said) {
    program_outcome o;
    program_run(&o, arguments, "2>&1 </dev/null");
    cr_assert_eq(o.code, code, "dpacs %s: exit code %d instead of %d: %s", arguments, o.code, code, o.text);
    cr_assert_not_null(strstr(o.text, said), "dpacs %s: '%s' expected: %s", arguments, said, o.text);
}
