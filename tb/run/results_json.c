/* The results as JSON; the names are part of the interface (docs/usage.md). */
#include "results.h"

#include <jansson.h>

#include "cause.h"

static json_t *count(uint64_t value) { return json_integer((json_int_t)value); }

static void add_causes(json_t *to, const uint64_t *cause) {
    for (int i = 0; i < DUT_CAUSES; i++) {
        char name[32];
        (void)snprintf(name, sizeof name, "cycles_%s", cause_name(i));
        (void)json_object_set_new(to, name, count(cause[i]));
    }
}

/* What only hardware can say. */
static void drop_measured(json_t *from) {
    static const char *const names[] = {"labelled", "correct", "tiles_checked", "tiles_failed", "cycles", "sim_seconds"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) (void)json_object_del(from, names[i]);
}

static json_t *layer_json(const results *r, const layer_result *l) {
    json_t *object = json_pack("{s:s, s:s, s:o, s:f, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "name", l->name, "kind", l->kind,
                               "cycles", count(l->cycles), "limit_cycles", l->limit.limit_cycles, "macs", count(l->limit.macs),
                               "macs_dense", count(l->limit.macs_dense), "bytes_weights", count(l->bytes_weights), "bytes_other",
                               count(l->bytes_other), "positions", count(l->positions), "positions_kept",
                               count(l->positions_kept), "groups", count(l->groups), "groups_kept", count(l->groups_kept));
    if (r->modelled) (void)json_object_set_new(object, "model_cycles", count(l->model.cycles));
    if (r->predicted)
        drop_measured(object);
    else
        add_causes(object, l->cause);
    return object;
}

static json_t *layers_json(const results *r) {
    json_t *layers = json_array();
    for (int i = 0; layers != NULL && i < r->layer_count; i++) {
        if (json_array_append_new(layers, layer_json(r, &r->layers[i])) == 0) continue;
        json_decref(layers);
        return NULL;
    }
    return layers;
}

static json_t *image_cycles_json(const results *r) {
    json_t *cycles = json_array();
    for (int i = 0; cycles != NULL && i < r->images; i++) (void)json_array_append_new(cycles, count(r->image_cycles[i]));
    return cycles;
}

dp_status results_write_json(const results *r, FILE *out, dp_error *err) {
    const layer_result *t = &r->total;
    json_t *root =
        json_pack("{s:s, s:s, s:s, s:i, s:i, s:s, s:i, s:i, s:i, s:o, s:o, s:o, s:f, s:i, s:i, s:o, s:o, s:o, s:o, s:f, s:o}",
                  "model", r->model, "arch", r->arch, "schedule", r->schedule, "chains", r->chains, "map_words", r->map_words,
                  "build", r->build, "images", r->images, "labelled", r->labelled, "correct", r->correct, "tiles_checked",
                  count(r->tiles_checked), "tiles_failed", count(r->tiles_failed), "cycles", count(r->cycles), "limit_cycles",
                  t->limit.limit_cycles, "peak_macs", r->peak_macs, "bandwidth", r->bandwidth, "macs", count(t->limit.macs),
                  "macs_dense", count(t->limit.macs_dense), "bytes_weights", count(t->bytes_weights), "bytes_other",
                  count(t->bytes_other), "sim_seconds", r->seconds, "layers", layers_json(r));
    if (root == NULL) return dp_fail(err, DP_NO_MEMORY, "out of memory for the JSON results");
    if (r->modelled) (void)json_object_set_new(root, "model_cycles", count(r->model_cycles));
    if (r->image_cycles != NULL) (void)json_object_set_new(root, "image_cycles", image_cycles_json(r));
    if (r->predicted)
        drop_measured(root);
    else
        add_causes(root, t->cause);
    int failed = json_dumpf(root, out, JSON_INDENT(2) | JSON_REAL_PRECISION(12));
    json_decref(root);
    if (failed != 0 || fputc('\n', out) == EOF) return dp_fail(err, DP_BAD_INPUT, "JSON results cannot be written");
    return DP_OK;
}
