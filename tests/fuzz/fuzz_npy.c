/* Arrays: a .npy file that is read is written and read again the same. */
#include <string.h>

#include "fuzz_box.h"
#include "npy.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    npy_array array, again;
    dp_error err;
    if (npy_read(&array, NPY_ANY, fuzz_file("x.npy", data, size), &err) != DP_OK) return 0;
    const char *path = fuzz_file("y.npy", "", 0);
    fuzz_expect(npy_write(&array, path, &err) == DP_OK, err.text);
    fuzz_expect(npy_read(&again, npy_only(array.type), path, &err) == DP_OK, err.text);
    fuzz_expect(again.count == array.count && again.rank == array.rank &&
                    memcmp(again.shape, array.shape, (size_t)array.rank * sizeof *array.shape) == 0,
                "another shape");
    npy_free(&array);
    npy_free(&again);
    return 0;
}
