/* The program from outside: $DPACS names it (build/dpacs), $DPACS_DUT_DIR where its hardware builds are (build/dut). */
#ifndef DPACS_PROGRAM_H
#define DPACS_PROGRAM_H

#include <stdbool.h>
#include <stddef.h>

enum { PROGRAM_OUTPUT = 1 << 16, PROGRAM_COMMAND = 2048 };

typedef struct {
    int code; /* exit code; -1: a signal */
    char text[PROGRAM_OUTPUT];
} program_outcome;

const char *program_path(void);
bool program_has_build(const char *name);

/* A command of the shell; what it prints on standard output is kept, as far as there is room. Returns the exit code. */
int program_shell(const char *command, char *text, size_t size);
/* dpacs ARGUMENTS REDIRECT. */
void program_run(program_outcome *o, const char *arguments, const char *redirect);
/* Both streams hold `said`. */
void program_expect(const char *arguments, int code, const char *said);

#define NEED_BUILD(name)                                                                                                         \
    if (!program_has_build(name)) cr_skip_test("build/dut/%s.so is not there", name)

#endif
