/* One case of a sweep: its name, its parameters as JSON, and the two commands that run it. */
#ifndef DPACS_SWEEP_CASE_H
#define DPACS_SWEEP_CASE_H

#include <jansson.h>
#include <stddef.h>

#include "sweep_plan.h"

/* "resnet50 s25c25 resolution serial-ref": what differs from the defaults is named. */
void sweep_case_label(const sweep_case *c, char *text, size_t size);

/* A new reference; NULL: out of memory. */
json_t *sweep_case_json(const sweep_case *c);

/* Sets c->id. `build_sha` is that of the build's file. */
dp_status sweep_case_identify(sweep_case *c, const char *build_sha, dp_error *err) DP_MUST_USE;

/* The arguments of `dpacs`, ready for exec; argv[0] is "dpacs", a NULL ends them. */
enum { SWEEP_ARGS = 40, SWEEP_ARG_ROOM = 4 * 4096 + 1024 };
typedef struct {
    char *argv[SWEEP_ARGS];
    int count;
    size_t used;
    char room[SWEEP_ARG_ROOM];
} sweep_command;

void sweep_command_gen(sweep_command *command, const sweep_case *c, const char *model);
void sweep_command_sim(sweep_command *command, const sweep_case *c, const char *model, const char *json); /* json NULL: none */
/* Both, for people to type. */
void sweep_case_replay(const sweep_case *c, char *text, size_t size);

#endif
