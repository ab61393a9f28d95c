/* A failure bundle whose failure.json stays JSON and gets wild values: text that is changed anywhere hardly ever parses. The input is a
   list of edits, EDIT bytes each: which value of the object, which of `numbers` or `words` it becomes; the first byte says which bundle
   of tests/fuzz/failures. What opens is explained. */
#include <dirent.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "explain.h"
#include "failure_case.h"
#include "fuzz_box.h"
#include "network.h"

enum { EDIT = 2, MOST = 6, FILES = 16 };

static const json_int_t numbers[] = {
    0,         -1,        1,          2,         3,         7,          8,          31, 32,   63,
    64,        255,       256,        1000,      65535,     100000000,  2147483647, -2, 4096, -2147483648LL,
    LLONG_MAX, LLONG_MIN, 4294967296, 536870911, 268435456, 1073741824, 2147483646, 5,  15,   16};
static const char *const words[] = {"conv",
                                    "logits",
                                    "mask",
                                    "pool",
                                    "score",
                                    "groups",
                                    "memory",
                                    "count",
                                    "fetch",
                                    "run",
                                    "MISMATCH",
                                    "MISSING",
                                    "DUPLICATE",
                                    "UNEXPECTED",
                                    "HANG",
                                    "BUS ERROR",
                                    "conv1",
                                    "conv2",
                                    "conv3",
                                    "shortcut",
                                    "stem",
                                    "head",
                                    "maxpool",
                                    "chain",
                                    "auto",
                                    "gang",
                                    "",
                                    "gen:random,seed=312",
                                    "gen:random,seed=51",
                                    "gen:random,seed=139",
                                    "gen:random,seed=10",
                                    "nothing"};
#define COUNT(a) (sizeof(a) / sizeof *(a))

static json_t *value(uint8_t choice) {
    if (choice < 128) return json_integer(numbers[choice % COUNT(numbers)]);
    if (choice < 250) return json_string(words[(choice - 128) % COUNT(words)]);
    return choice % 2 == 0 ? json_null() : json_boolean(choice % 4 == 1);
}

/* The nth key of the object, those of its objects included. */
static void edit(json_t *object, int nth, uint8_t choice) {
    const char *key;
    json_t *child;
    void *rest;
    json_object_foreach_safe(object, rest, key, child) {
        if (nth-- == 0) {
            (void)json_object_set_new(object, key, value(choice));
            return;
        }
        if (!json_is_object(child)) continue;
        if (nth < (int)json_object_size(child)) {
            edit(child, nth, choice);
            return;
        }
        nth -= (int)json_object_size(child);
    }
}

/* The bundles, read once: failure.json of each, and where its arrays are. */
static json_t *bundles[FILES];
static char places[FILES][PATH_MAX];
static int count;

static void read_bundles(void) {
    const char *top = getenv("FUZZ_FAILURES") != NULL ? getenv("FUZZ_FAILURES") : "tests/fuzz/failures";
    const struct dirent *entry;
    DIR *folder = opendir(top);
    while (folder != NULL && (entry = readdir(folder)) != NULL && count < FILES) {
        char path[2 * PATH_MAX];
        (void)snprintf(path, sizeof path, "%s/%s/failure.json", top, entry->d_name);
        bundles[count] = json_load_file(path, 0, NULL);
        (void)snprintf(path, sizeof path, "%s/%s", top, entry->d_name);
        if (bundles[count] != NULL && realpath(path, places[count]) != NULL) count++;
    }
    if (folder != NULL) (void)closedir(folder);
    fuzz_expect(count > 0, "no failures in tests/fuzz/failures");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const char *const arrays[] = {"image.npy",      "rtl.npy",  "rtl-acc.npy", "golden.npy",
                                         "golden-acc.npy", "seen.npy", "wave.fst"};
    if (count == 0) read_bundles();
    if (size < 1 || size > 1 + EDIT * MOST) return 0;
    int which = data[0] % count;
    json_t *json = json_deep_copy(bundles[which]);
    for (size_t at = 1; at + EDIT <= size; at += EDIT) edit(json, data[at] % 64, data[at + 1]);
    char *text = json_dumps(json, 0), path[2 * PATH_MAX];
    json_decref(json);
    fuzz_expect(text != NULL, "no memory");
    (void)fuzz_file("failure.json", text, strlen(text));
    free(text);
    for (size_t i = 0; i < COUNT(arrays); i++) {
        char target[2 * PATH_MAX];
        (void)snprintf(path, sizeof path, "%s/%s", fuzz_place(), arrays[i]);
        (void)snprintf(target, sizeof target, "%s/%s", places[which], arrays[i]);
        (void)unlink(path);
        (void)!symlink(target, path);
    }
    failure_case c;
    explanation e;
    dp_error err;
    if (failure_case_open(&c, fuzz_place(), network_open, &err) != DP_OK) return 0;
    c.has_wave = c.has_wave && access(c.wave, R_OK) == 0; /* those in the tree have none */
    fuzz_expect(explain_failure(&c, &e, &err) == DP_OK, err.text);
    failure_case_close(&c);
    return 0;
}
