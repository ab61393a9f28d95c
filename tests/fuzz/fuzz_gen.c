/* Generated networks: the first bytes are options, the rest is the name. What is made passes the checks of a container. */
#include <string.h>

#include "fuzz_box.h"
#include "gen.h"

enum { OPTIONS = 8 };

static double share(uint8_t byte) { return byte > 200 ? 1 : byte / 200.0; }

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const char *const slow[] = {"resnet18", "resnet34", "resnet50", "resnet101", "resnet152"};
    char name[64] = "";
    dp_model model;
    gen_summary summary;
    dp_error err;
    if (size < OPTIONS || size - OPTIONS >= sizeof name) return 0;
    memcpy(name, data + OPTIONS, size - OPTIONS);
    for (size_t i = 0; i < sizeof slow / sizeof *slow; i++)
        if (strstr(name, slow[i]) != NULL) return 0;
    gen_options options = {.net = name,
                           .keep_spatial = share(data[0]),
                           .keep_channel = share(data[1]),
                           .mask = (gen_mask)(data[2] % 3),
                           .values = (gen_values)(data[3] % 3),
                           .resolution_mask = (data[4] & 1) != 0,
                           .pad_same = (data[4] & 2) != 0,
                           .group = data[5] * (data[4] & 4 ? 64 : 1),
                           .seed = (uint64_t)data[6] + ((uint64_t)data[7] << 56)};
    if (gen_describe(&options, &summary, &err) == DP_OK && summary.macs > 2e6) return 0; /* slow */
    if (gen_network(&options, &model, &err) != DP_OK) return 0;
    fuzz_expect(dp_model_check(&model, name, &err) == DP_OK, err.text);
    dp_model_free(&model);
    return 0;
}
