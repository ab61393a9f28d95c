/* Published vectors: a meta.json, with the files that it names beside it, of the size that it says. */
#include <jansson.h>
#include <string.h>

#include "fuzz_box.h"
#include "vectors.h"

enum { LARGEST = 1 << 16 };

static void write_files(const json_t *meta) {
    static uint8_t bytes[LARGEST];
    const char *name;
    json_t *entry, *dimension;
    size_t i;
    for (i = 0; i < LARGEST; i++) bytes[i] = (uint8_t)(i * 37);
    json_object_foreach(json_object_get(meta, "files"), name, entry) {
        const char *type = json_string_value(json_object_get(entry, "dtype"));
        json_int_t size = type != NULL && strcmp(type, "int32") == 0 ? 4 : 1;
        json_array_foreach(json_object_get(entry, "shape"), i, dimension) {
            json_int_t n = json_integer_value(dimension);
            size = n > 0 && n <= LARGEST && size * n <= LARGEST ? size * n : 0;
        }
        if (strchr(name, '/') == NULL && strlen(name) < 64 && strlen(name) > 2) (void)fuzz_file(name, bytes, (size_t)size);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    vectors v;
    golden_run run;
    dp_error err;
    json_t *meta = json_loadb((const char *)data, size, 0, NULL);
    if (meta == NULL) return 0;
    write_files(meta);
    json_decref(meta);
    (void)fuzz_file("meta.json", data, size);
    if (vectors_open(&v, fuzz_place(), &err) != DP_OK) return 0;
    for (int i = 0; i < v.passes; i++) {
        fuzz_expect(golden_create(&run, &v.pass[i].model, (golden_options){.dense = false}, &err) == DP_OK, err.text);
        golden_compute(&run, v.pass[i].image);
        vectors_result result = vectors_of_golden(&v.pass[i], &run);
        for (int e = 0; e < v.pass[i].expected_count; e++) (void)vectors_compare(&v.pass[i], e, &result);
        golden_free(&run);
    }
    vectors_close(&v);
    return 0;
}
