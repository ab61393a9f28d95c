/* `dpacs explain`: a failure bundle in words. */
#include <stdio.h>

#include "cli.h"
#include "cli_common.h"
#include "explain.h"
#include "network.h"

static error_t parse(int key, char *text, struct argp_state *state) {
    const char **directory = state->input;
    switch (key) {
    case ARGP_KEY_ARG:
        if (*directory != NULL) argp_error(state, "%s: one DIR is enough", text);
        *directory = text;
        return 0;
    case ARGP_KEY_END:
        if (*directory == NULL) argp_error(state, "DIR is missing: a failure's directory, such as build/failures/last");
        return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

int cli_explain(int argc, char **argv) {
    static const struct argp parser = {
        NULL, parse, "DIR", "Says what happened: the first stage that went wrong, and the operands that led there.",
        NULL, NULL,  NULL};
    const char *directory = NULL;
    failure_case c;
    explanation e;
    dp_error err;
    (void)argp_parse(&parser, argc, argv, 0, NULL, &directory);
    dp_status status = failure_case_open(&c, directory, network_open, &err);
    if (status != DP_OK) return cli_fail(status, &err);
    status = explain_failure(&c, &e, &err);
    if (status == DP_OK) (void)printf("%s\nfirst wrong stage: %s\n%s", c.message, e.stage, e.text);
    failure_case_close(&c);
    return status == DP_OK ? DP_OK : cli_fail(status, &err);
}
