#include "sweep_case.h"

#include <inttypes.h>
#include <math.h>
#include <sha2.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "axi_mem.h"

enum { TEXT = 128 };

static void append(char *text, size_t size, const char *format, ...) __attribute__((format(printf, 3, 4)));
static void append(char *text, size_t size, const char *format, ...) {
    size_t used = strlen(text);
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text + used, size - used, format, args);
    va_end(args);
}

/* "fmnist-s50c50 images 250 to 499" */
static void label_trained(const sweep_case *c, char *text, size_t size) {
    const char *slash = strrchr(c->net, '/'), *name = slash != NULL ? slash + 1 : c->net;
    (void)snprintf(text, size, "%.*s images %d to %d", (int)strcspn(name, "."), name, c->first, c->first + c->count - 1);
}

void sweep_case_label(const sweep_case *c, char *text, size_t size) {
    (void)snprintf(text, size, "%s ", c->net);
    if (c->trained)
        label_trained(c, text, size);
    else if (c->keep.dense)
        append(text, size, "dense");
    else
        append(text, size, "s%gc%g", round(1000 * (1 - c->keep.spatial)) / 10, round(1000 * (1 - c->keep.channel)) / 10);
    if (c->clustered) append(text, size, " clustered");
    if (c->resolution) append(text, size, " resolution");
    append(text, size, " %s%s", c->build, c->keep.dense ? "-dense" : "");
    if (c->schedule != PLAN_GANG) append(text, size, " %s", plan_schedule_name(c->schedule));
    if (c->bandwidth != AXI_MEM_BANDWIDTH) append(text, size, " bandwidth %d", c->bandwidth);
    if (c->seed != 1) append(text, size, " seed %" PRIu64, c->seed);
}

json_t *sweep_case_json(const sweep_case *c) {
    if (c->trained)
        return json_pack("{s:s, s:s, s:s, s:s, s:s, s:i, s:i, s:I, s:i, s:i, s:s?, s:i, s:s}", "net", c->net, "net_sha256",
                         c->net_sha, "arch", c->parallel ? "parallel" : "serial", "schedule", plan_schedule_name(c->schedule),
                         "build", c->build, "bandwidth", c->bandwidth, "latency", c->latency, "seed", (json_int_t)c->seed,
                         "first", c->first, "images", c->count, "data", c->images, "stall", c->stall, "fault", c->fault);
    return json_pack("{s:s, s:f, s:f, s:b, s:s, s:s, s:s, s:s, s:s, s:i, s:i, s:I, s:i, s:i, s:i, s:s}", "net", c->net,
                     "keep_spatial", c->keep.spatial, "keep_channel", c->keep.channel, "dense", c->keep.dense, "mask",
                     c->clustered ? "clustered" : "random", "scope", c->resolution ? "resolution" : "block", "arch",
                     c->parallel ? "parallel" : "serial", "schedule", plan_schedule_name(c->schedule), "build", c->build,
                     "bandwidth", c->bandwidth, "latency", c->latency, "seed", (json_int_t)c->seed, "images", c->count, "stall",
                     c->stall, "group", c->group, "fault", c->fault);
}

dp_status sweep_case_identify(sweep_case *c, const char *build_sha, dp_error *err) {
    char hex[SWEEP_SHA];
    json_t *parameters = sweep_case_json(c);
    if (parameters != NULL && json_object_set_new(parameters, "build_sha256", json_string(build_sha)) != 0) {
        json_decref(parameters);
        parameters = NULL;
    }
    char *text = parameters != NULL ? json_dumps(parameters, JSON_COMPACT | JSON_SORT_KEYS | JSON_REAL_PRECISION(12)) : NULL;
    json_decref(parameters);
    if (text == NULL) return dp_fail(err, DP_NO_MEMORY, "out of memory for the cases of the sweep");
    (void)SHA256Data((const uint8_t *)text, strlen(text), hex);
    memcpy(c->id, hex, SWEEP_ID - 1);
    c->id[SWEEP_ID - 1] = '\0';
    free(text);
    return DP_OK;
}

static void add(sweep_command *command, const char *text) {
    size_t length = strlen(text) + 1;
    if (command->count + 1 >= SWEEP_ARGS || command->used + length > SWEEP_ARG_ROOM) abort(); /* both are made for the longest */
    char *to = command->room + command->used;
    memcpy(to, text, length);
    command->used += length;
    command->argv[command->count++] = to;
    command->argv[command->count] = NULL;
}

static void add_option(sweep_command *command, const char *option, const char *format, ...) __attribute__((format(printf, 3, 4)));
static void add_option(sweep_command *command, const char *option, const char *format, ...) {
    char text[TEXT];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    add(command, option);
    add(command, text);
}

static void start(sweep_command *command, const char *name) {
    command->count = 0;
    command->used = 0;
    add(command, "dpacs");
    add(command, name);
}

void sweep_command_gen(sweep_command *command, const sweep_case *c, const char *model) {
    start(command, "gen");
    add(command, c->net);
    add_option(command, "--keep-spatial", "%.12g", c->keep.spatial);
    add_option(command, "--keep-channel", "%.12g", c->keep.channel);
    if (c->clustered) add_option(command, "--mask", "clustered");
    if (c->resolution) add(command, "--resolution-mask");
    if (c->group > 0) add_option(command, "--group", "%d", c->group);
    add_option(command, "--seed", "%" PRIu64, c->seed);
    add(command, "-o");
    add(command, model);
}

void sweep_command_sim(sweep_command *command, const sweep_case *c, const char *model, const char *json) {
    start(command, "sim");
    add(command, model);
    add_option(command, "--build", "%s", c->build);
    if (c->keep.dense) add(command, "--dense");
    add_option(command, "--arch", "%s", c->parallel ? "parallel" : "serial");
    add_option(command, "--schedule", "%s", plan_schedule_name(c->schedule));
    if (!c->trained) {
        add_option(command, "--images", "random");
    } else if (c->images != NULL) {
        add(command, "--images");
        add(command, c->images);
    }
    if (c->trained) add_option(command, "--first", "%d", c->first);
    add_option(command, "--count", "%d", c->count);
    add_option(command, "--seed", "%" PRIu64, c->seed);
    add_option(command, "--bandwidth", "%d", c->bandwidth);
    add_option(command, "--latency", "%d", c->latency);
    add_option(command, "--stall", "%d", c->stall);
    if (c->fault[0] != '\0') add_option(command, "--fault", "%s", c->fault);
    add(command, "--no-baseline");
    if (json == NULL) return;
    add_option(command, "--wave", "off");
    add(command, "--json");
    add(command, json);
}

static void append_command(char *text, size_t size, const sweep_command *command) {
    append(text, size, "build/dpacs");
    for (int i = 1; i < command->count; i++) append(text, size, " %s", command->argv[i]);
}

void sweep_case_replay(const sweep_case *c, char *text, size_t size) {
    sweep_command command;
    text[0] = '\0';
    if (!c->trained) {
        sweep_command_gen(&command, c, "case.dpm");
        append_command(text, size, &command);
        append(text, size, " && ");
    }
    sweep_command_sim(&command, c, c->trained ? c->net : "case.dpm", NULL);
    append_command(text, size, &command);
}
