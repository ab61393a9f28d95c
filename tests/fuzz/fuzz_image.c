/* Images: the first byte says which kind of file the rest is, and which network asks for it. What is opened can be read to its end. */
#include <stdlib.h>

#include "fuzz_box.h"
#include "image.h"

enum { KINDS = 5, BATCH = 3073 };

static const char *const names[KINDS] = {"t10k-images-idx3-ubyte", "t10k-images-idx3-ubyte.gz", "x.npy", "test_batch.bin",
                                         "other-images-idx3-ubyte"};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const uint8_t labels[] = {0, 0, 8, 1, 0, 0, 0, 2, 3, 7};
    image_set set;
    dp_error err;
    if (size == 0) return 0;
    int kind = data[0] % KINDS;
    bool cifar = kind == 3;
    dp_model model = {.name = "net", .in_h = cifar ? 32 : 4, .in_w = cifar ? 32 : 3, .in_c = cifar ? 3 : 1, .classes = 10};
    model.pixels.mode = data[0] & 0x80 ? DP_PIXELS_NONE : DP_PIXELS_HALF;
    (void)fuzz_file("t10k-labels-idx1-ubyte", labels, sizeof labels);
    (void)fuzz_file("x-labels.npy", data + 1, size - 1);
    if (image_open(&set, fuzz_file(names[kind], data + 1, size - 1), &model, &err) != DP_OK) return 0;
    int8_t pixels[BATCH];
    for (int i = 0; i < image_count(&set); i++) {
        image_get(&set, i, pixels);
        int label = image_label(&set, i);
        fuzz_expect(label >= -1 && label < (set.classes != 0 ? set.classes : model.classes), "a label beyond the classes");
    }
    image_close(&set);
    return 0;
}
