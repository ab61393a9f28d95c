/* `dpacs plan`: a network as the accelerator's memory, for a host that only copies it (docs/driver.md). */
#include <stdio.h>

#include "cli.h"
#include "cli_common.h"
#include "cli_planned.h"
#include "dpacs_plan.h"
#include "network.h"

typedef struct {
    cli_images images;
    build_choice build;
    cli_memory memory;
    const char *out;
} arguments;

static error_t parse(int key, char *text, struct argp_state *state) {
    arguments *a = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &a->images;
        state->child_inputs[1] = &a->build;
        state->child_inputs[2] = &a->memory;
        return 0;
    case 'o': a->out = text; return 0;
    case ARGP_KEY_END:
        if (a->out == NULL) argp_error(state, "-o FILE is missing");
        return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

static dp_status write_file(const dpacs_network *network, const char *path, dp_error *err) {
    atomic_file file;
    uint8_t header[DPACS_HEADER];
    dp_status status = atomic_open(&file, path, err);
    if (status != DP_OK) return status;
    dpacs_header(network, header);
    (void)fwrite(header, 1, sizeof header, file.stream);
    (void)fwrite(network->bytes, 1, network->size, file.stream);
    return atomic_commit(&file, err);
}

/* Images are asked for masks only where the schedule is to be chosen. */
static dp_status open_network(arguments *a, dp_model *model, image_set *images, dp_error *err) {
    if (a->build.schedule == PLAN_AUTO) return cli_images_open(&a->images, false, model, images, err);
    return network_open(model, a->images.model, err);
}

static dp_status run(arguments *a, dp_error *err) {
    dp_model model = {.layers = NULL};
    image_set images = {.pixels = NULL};
    cli_planned planned;
    dp_status status = open_network(a, &model, &images, err);
    if (status == DP_OK) status = cli_plan_choose(&planned, &a->build, &model, images.pixels, &a->memory, err);
    if (status == DP_OK) {
        const dpacs_network network = dpacs_of_plan(&planned.plan);
        status = write_file(&network, a->out, err);
        if (status == DP_OK)
            (void)printf("%s: %s for %s, %u bytes; the accelerator's memory takes %u\n", a->out, model.name, planned.build,
                         network.size + DPACS_HEADER, network.memory_bytes);
        plan_free(&planned.plan);
    }
    if (images.pixels != NULL) image_close(&images);
    dp_model_free(&model);
    return status;
}

int cli_plan(int argc, char **argv) {
    static const struct argp_option options[] = {{"output", 'o', "FILE", 0, "The planned network", 0}, {0}};
    static const struct argp_child shared[] = {
        {&cli_images_parser, 0, NULL, 0}, {&cli_build_parser, 0, NULL, 0}, {&cli_memory_parser, 0, NULL, 0}, {0}};
    static const struct argp parser = {
        options,
        parse,
        "[MODEL] -o FILE",
        "Plans a network for a hardware build: weights and commands as the accelerator's memory "
        "holds them, for hosts that have libdpacs and no more (docs/driver.md). The build need not "
        "be made. Images and memory matter with --schedule auto alone.",
        shared,
        NULL,
        NULL};
    arguments a = {.images = {.seed = 1}, .memory = cli_memory_defaults()};
    dp_error err;
    (void)argp_parse(&parser, argc, argv, 0, NULL, &a);
    dp_status status = run(&a, &err);
    return status == DP_OK ? DP_OK : cli_fail(status, &err);
}
