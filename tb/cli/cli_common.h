/* What commands share: how they fail, and the options that several of them have, as children for argp. The input of each is the struct
   beside it, which the command sets to its defaults; a wrong value ends the program through argp_error. */
#ifndef DPACS_CLI_COMMON_H
#define DPACS_CLI_COMMON_H

#include <argp.h>
#include <stdio.h>

#include "atomic_file.h"
#include "build_choice.h"
#include "image.h"

/* Prints "dpacs: message" on stderr; returns `status`. */
int cli_fail(dp_status status, const dp_error *err);

/* MODEL, --images, --first, --count, --seed. */
typedef struct {
    const char *model, *path; /* NULL: the default ones */
    int first, count; /* count 0: the default */
    uint64_t seed;
} cli_images;
extern const struct argp cli_images_parser;
/* Opens both, and sets the count where it was not given: `all` images, or a few. */
dp_status cli_images_open(cli_images *options, bool all, dp_model *model, image_set *images, dp_error *err) DP_MUST_USE;

/* --arch, --schedule, --build, --dense. */
extern const struct argp cli_build_parser; /* input: build_choice */

/* --latency, --bandwidth. */
typedef struct {
    int latency, bandwidth; /* bandwidth 0: as the build has it */
} cli_memory;
cli_memory cli_memory_defaults(void);
extern const struct argp cli_memory_parser;

/* --json. */
typedef struct {
    const char *path;
    FILE *stream; /* NULL: no JSON is asked for */
    atomic_file file;
} cli_json;
extern const struct argp cli_json_parser;
/* That it can be written is seen now, not after minutes. */
dp_status cli_json_open(cli_json *json, dp_error *err) DP_MUST_USE;
/* With results on standard output nothing else may go there, whoever prints it: what the program calls stdout becomes stderr. */
dp_status cli_json_take_stdout(cli_json *json, dp_error *err) DP_MUST_USE;
/* After writing to the stream ended with `written`: DP_OK, and the file is there; else there is none. */
dp_status cli_json_close(cli_json *json, dp_status written, dp_error *err) DP_MUST_USE;
/* Where the command ended without results. */
void cli_json_abandon(cli_json *json);

#endif
