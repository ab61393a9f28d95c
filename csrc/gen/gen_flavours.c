/* The random networks that have a name. Their limits are chosen so that all seeds fit the builds
   that they are for: map memory, weight rows, columns of masks, and patches of 7x7 stems, which the
   small builds have no room for. tests/gen/test_gen_random.c holds them to it. */
#include <stdio.h>
#include <string.h>

#include "gen_random.h"

static const char prefix[] = "random";

const gen_flavour gen_flavours[GEN_FLAVOURS] = {
    {"random",
     "anything: up to 4 blocks, 12x12 positions, 32 channels",
     {.max_blocks = 4, .max_size = 12, .kernel7 = RANDOM_NEVER, .runs = true},
     GEN_FOR_SMALL},
    {"random:computed",
     "every block computes positions and groups",
     {.max_blocks = 6, .max_channels = 64, .group = 8, .kernel7 = RANDOM_NEVER, .computed = true, .runs = true},
     GEN_FOR_SMALL},
    {"random:shared",
     "blocks reuse the mask of the one before, at stride 2 too",
     {.max_blocks = 6, .max_size = 12, .max_channels = 24, .kernel7 = RANDOM_NEVER, .reuse = RANDOM_ALWAYS, .runs = true},
     GEN_FOR_SMALL},
    {"random:masks",
     "masks of every amount, given, computed and shared, alike often",
     {.max_blocks = 5,
      .max_size = 12,
      .max_channels = 40,
      .group = 8,
      .stem = RANDOM_ALWAYS,
      .kernel7 = RANDOM_NEVER,
      .max_pool = RANDOM_NEVER,
      .spread = true,
      .runs = true},
     GEN_FOR_SMALL},
    {"random:groups",
     "up to 512 channels in 64 groups, maps of 3x3 at most; for mid builds",
     {.max_blocks = 2,
      .max_size = 3,
      .max_channels = 512,
      .group = 8,
      .stem = RANDOM_ALWAYS,
      .kernel7 = RANDOM_NEVER,
      .spread = true,
      .runs = true},
     GEN_FOR_MID},
    {"random:wide",
     "bottlenecks of up to 120 channels, maps of 7x7 at most",
     {.max_blocks = 2, .max_size = 7, .max_channels = 120, .bottleneck = RANDOM_ALWAYS, .kernel7 = RANDOM_NEVER, .runs = true},
     GEN_FOR_SMALL},
    {"random:large",
     "maps up to 32x32, the largest that small builds mask",
     {.max_size = 32, .max_channels = 16, .kernel7 = RANDOM_NEVER, .runs = true},
     GEN_FOR_SMALL},
    {"random:tiny",
     "maps up to 4x4: masks wait for outputs on their way",
     {.max_blocks = 4, .max_size = 4, .kernel7 = RANDOM_NEVER, .runs = true},
     GEN_FOR_SMALL},
    {"random:bare",
     "no stem: blocks read the image, or work in its place",
     {.max_size = 9, .stem = RANDOM_NEVER, .runs = true},
     GEN_FOR_SMALL},
    {"random:stems",
     "3x3 stems of 1, 2, 3 or 8 channels, and a block",
     {.max_blocks = 1, .max_size = 25, .stem = RANDOM_ALWAYS, .kernel7 = RANDOM_NEVER, .runs = true},
     GEN_FOR_SMALL},
    {"random:stems7",
     "7x7 stems of 1 or 3 channels, and a block; for mid builds",
     {.max_blocks = 1, .max_size = 25, .stem = RANDOM_ALWAYS, .kernel7 = RANDOM_ALWAYS, .runs = true},
     GEN_FOR_MID},
    {"random:pooled",
     "masks that are computed from the map of a max-pool",
     {.max_blocks = 2,
      .max_size = 19,
      .stem = RANDOM_ALWAYS,
      .kernel7 = RANDOM_NEVER,
      .max_pool = RANDOM_ALWAYS,
      .computed = true,
      .runs = true},
     GEN_FOR_SMALL},
    {"random:ref",
     "maps up to 64x64, the largest that are masked; for reference builds",
     {.max_size = 64, .max_channels = 64, .kernel7 = RANDOM_NEVER, .runs = true},
     GEN_FOR_REF},
    {"random:ref-computed",
     "the same, every block computes positions and groups",
     {.max_blocks = 4, .max_size = 64, .max_channels = 64, .group = 8, .computed = true, .runs = true},
     GEN_FOR_REF},
};

bool gen_is_random(const char *net) {
    const char *end = net + sizeof prefix - 1;
    return strncmp(net, prefix, sizeof prefix - 1) == 0 && (*end == '\0' || *end == ':');
}

dp_status gen_random_flavour(const char *net, uint64_t seed, dp_model *out, dp_error *err) {
    char names[256] = "";
    for (int i = 0; i < GEN_FLAVOURS; i++) {
        const gen_flavour *f = &gen_flavours[i];
        if (strcmp(f->name, net) != 0) {
            (void)snprintf(names + strlen(names), sizeof names - strlen(names), " %s", f->name);
            continue;
        }
        dp_status status = gen_random_network(&f->options, seed, out, err);
        if (status == DP_OK) (void)snprintf(out->name, sizeof out->name, "%s-%llu", net, (unsigned long long)seed);
        return status;
    }
    *out = (dp_model){.name = ""};
    return dp_fail(err, DP_BAD_INPUT, "%.60s: unknown random network, expected one of:%s", net, names);
}
