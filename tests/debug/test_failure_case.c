/* failure.json with numbers that cannot be: refused, or explained without harm (`make fuzz` tries many more). */
#include <criterion/criterion.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "explain.h"
#include "network.h"

TestSuite(failure_case, .timeout = 60);

/* A copy of a bundle of the fuzzers in which these fields are others: "y=-1 fault=HANG geometry.po=16". */
static dp_status open_edited(failure_case *c, explanation *e, const char *bundle, const char *edits) {
    char place[] = "/tmp/dpacs-failure-XXXXXX", command[256], path[128], copy[256], *rest;
    dp_error err;
    cr_assert_not_null(mkdtemp(place));
    (void)snprintf(command, sizeof command, "cp tests/fuzz/failures/%s/* '%s'", bundle, place);
    cr_assert_eq(system(command), 0);
    (void)snprintf(path, sizeof path, "%s/failure.json", place);
    json_t *root = json_load_file(path, 0, NULL);
    cr_assert_not_null(root);
    (void)snprintf(copy, sizeof copy, "%s", edits);
    for (char *word = strtok_r(copy, " ", &rest); word != NULL; word = strtok_r(NULL, " ", &rest)) {
        char *value = strchr(word, '='), *key = strchr(word, '.'), *end;
        json_t *object = root;
        *value++ = '\0';
        if (key != NULL) {
            *key++ = '\0';
            object = json_object_get(root, word);
        }
        long long number = strtoll(value, &end, 10);
        cr_assert_not_null(json_object_get(object, key != NULL ? key : word), "%s", edits);
        json_object_set_new(object, key != NULL ? key : word, *end == '\0' ? json_integer(number) : json_string(value));
    }
    json_object_set_new(root, "wave", json_null());
    cr_assert_eq(json_dump_file(root, path, 0), 0);
    json_decref(root);
    dp_status status = failure_case_open(c, place, network_open, &err);
    if (status == DP_OK) {
        cr_assert_eq(explain_failure(c, e, &err), DP_OK, "%s", err.text);
        failure_case_close(c);
    }
    (void)snprintf(command, sizeof command, "rm -r '%s'", place);
    cr_assert_eq(system(command), 0);
    return status;
}

Test(failure_case, numbers_that_cannot_be_are_refused) {
    static const char *const edits[] = {"y=-1",
                                        "x=-1",
                                        "y=100000000",
                                        "channel=-1",
                                        "channel=4096",
                                        "slice=-1",
                                        "slice=2147483647",
                                        "layer=-1",
                                        "stage=head",
                                        "record=pool",
                                        "record=logits",
                                        "record=mask layer=-1",
                                        "fault=MISSING y=100000000",
                                        "fault=MISSING x=-1",
                                        "fault=UNEXPECTED y=-1",
                                        "record=pool layer=-1",
                                        "record=logits layer=0"};
    failure_case c;
    explanation e;
    cr_expect_eq(open_edited(&c, &e, "10-40", "seed=1"), DP_OK);
    for (size_t i = 0; i < sizeof edits / sizeof *edits; i++)
        cr_expect_eq(open_edited(&c, &e, "10-40", edits[i]), DP_BAD_INPUT, "%s", edits[i]);
}

Test(failure_case, a_tile_that_should_not_be_may_be_anywhere) {
    failure_case c;
    explanation e;
    cr_expect_eq(open_edited(&c, &e, "10-40", "fault=UNEXPECTED y=60000 x=60000 slice=4000"), DP_OK);
    cr_expect_not_null(strstr(e.text, "outside the map"), "%s", e.text);
    cr_expect_eq(open_edited(&c, &e, "10-40", "fault=DUPLICATE y=-1 x=-1"), DP_OK);
}

/* Wider slices than the map has channels: what comes out of the rest must be 0. */
Test(failure_case, a_lane_beyond_the_channels_is_told) {
    failure_case c;
    explanation e;
    cr_expect_eq(open_edited(&c, &e, "10-40", "geometry.po=64 channel=63 acc_got=0 acc_want=0"), DP_OK);
    cr_expect_not_null(strstr(e.text, "beyond the"), "%s", e.text);
    cr_expect_str_eq(e.stage, "requantization");
}
