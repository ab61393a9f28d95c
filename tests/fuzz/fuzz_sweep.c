/* The results of a sweep, which are appended to. */
#include "fuzz_box.h"
#include "sweep_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    sweep_file file;
    dp_error err;
    if (sweep_file_open(&file, fuzz_file("results.jsonl", data, size), &err) != DP_OK) return 0;
    json_t *line = json_pack("{s:s}", "id", "x");
    fuzz_expect(line != NULL && sweep_file_append(&file, line, &err) == DP_OK, err.text);
    json_decref(line);
    sweep_file_close(&file);
    return 0;
}
