/* The network in a container's header, strictly: every key known, of its type and in its range. */
#include "container.h"
#include "model_shape.h"

#include <stdlib.h>
#include <string.h>

/* by dp_kind */
static const char *const kind_names[] = {"stem", "basic", "bottleneck", "head", NULL};
/* by dp_mask_mode */
static const char *const spatial_names[] = {"none", "unit", "given", "reuse", NULL};
static const char *const channel_names[] = {"none", "unit", "given", NULL};
static const char *const pool_names[] = {"avg", "max", NULL}; /* by dp_pool */

typedef struct {
    const char *path;
    uint32_t version;
    char where[DP_NAME + 16]; /* "network", "layer b1" */
    dp_error *err;
} context;

static dp_status get_int(const context *c, const json_t *object, const char *key, int low, int high, int *value) {
    json_int_t wide;
    dp_status status = json_get_int(c->path, c->where, object, key, low, high, &wide, c->err);
    if (status == DP_OK) *value = (int)wide;
    return status;
}

static dp_status get_bool(const context *c, const json_t *object, const char *key, bool *value) {
    const json_t *found = json_object_get(object, key);
    if (!json_is_boolean(found))
        return dp_fail(c->err, DP_BAD_INPUT, "%s: %s: field \"%s\" %s, expected true or false", c->path, c->where, key,
                       found == NULL ? "is missing" : "is not a boolean");
    *value = json_is_true(found);
    return DP_OK;
}

static dp_status get_name(const context *c, const json_t *object, size_t room, char *name) {
    const char *text = json_string_value(json_object_get(object, "name"));
    if (text == NULL)
        return dp_fail(c->err, DP_BAD_INPUT, "%s: %s: field \"name\" is missing or not a string", c->path, c->where);
    if (strlen(text) >= room)
        return dp_fail(c->err, DP_BAD_INPUT, "%s: %s: name \"%s\" has %zu characters, expected at most %zu", c->path, c->where,
                       printable_text(text).text, strlen(text), room - 1);
    memcpy(name, text, strlen(text) + 1);
    return DP_OK;
}

static dp_status get_choice(const context *c, const json_t *object, const char *key, const char *const *choices, int *value) {
    const char *text = json_string_value(json_object_get(object, key));
    if (text == NULL)
        return dp_fail(c->err, DP_BAD_INPUT, "%s: %s: field \"%s\" is missing or not a string", c->path, c->where, key);
    for (*value = 0; choices[*value] != NULL; ++*value)
        if (strcmp(choices[*value], text) == 0) return DP_OK;
    return dp_fail(c->err, DP_BAD_INPUT, "%s: %s: unknown %s \"%s\"", c->path, c->where, key, printable_text(text).text);
}

static dp_status parse_stem(const context *c, const json_t *object, dp_layer *layer) {
    static const char *const allowed[] = {"name", "kind", "in", "out", "kernel", "stride", "max_pool", NULL};
    dp_status status = json_only(c->path, c->where, object, allowed, c->err);
    if (status == DP_OK) status = get_int(c, object, "kernel", 3, 7, &layer->conv[0].kernel);
    if (status == DP_OK) status = get_int(c, object, "stride", 1, 2, &layer->stride);
    if (status == DP_OK && json_object_get(object, "max_pool") != NULL)
        status = get_bool(c, object, "max_pool", &layer->max_pool);
    return status;
}

static dp_status parse_masks(const context *c, const json_t *object, dp_layer *layer) {
    int spatial = 0, channel = 0, pool = DP_POOL_AVG;
    dp_status status = get_choice(c, object, "spatial", spatial_names, &spatial);
    if (status == DP_OK) status = get_choice(c, object, "channel", channel_names, &channel);
    layer->keep = layer->groups;
    if (status == DP_OK && (channel != DP_MASK_NONE || json_object_get(object, "keep") != NULL))
        status = get_int(c, object, "keep", 1, layer->groups, &layer->keep);
    if (status == DP_OK && (channel == DP_MASK_UNIT || json_object_get(object, "pool") != NULL))
        status = get_choice(c, object, "pool", pool_names, &pool);
    layer->spatial = (dp_mask_mode)spatial;
    layer->channel = (dp_mask_mode)channel;
    layer->pool = (dp_pool)pool;
    return status;
}

static dp_status parse_block(const context *c, const json_t *object, int group, dp_layer *layer) {
    static const char *const allowed[] = {"name",     "kind",    "in",      "mid",  "out",  "stride",
                                          "shortcut", "spatial", "channel", "keep", "pool", NULL};
    static const char *const allowed_in_2[] = {"name",     "kind",    "in",      "mid",  "out",  "stride", "padding",
                                               "shortcut", "spatial", "channel", "keep", "pool", NULL};
    static const char *const paddings[] = {"same", NULL};
    int padding;
    dp_status status = json_only(c->path, c->where, object, c->version > 1 ? allowed_in_2 : allowed, c->err);
    layer->pad_same = json_object_get(object, "padding") != NULL;
    if (status == DP_OK && layer->pad_same) status = get_choice(c, object, "padding", paddings, &padding);
    if (status == DP_OK) status = get_int(c, object, "mid", 1, DP_MAX_CHANNELS, &layer->mid);
    if (status == DP_OK) status = get_int(c, object, "stride", 1, 2, &layer->stride);
    if (status == DP_OK) status = get_bool(c, object, "shortcut", &layer->has_shortcut);
    if (status != DP_OK) return status;
    if (layer->mid % group != 0)
        return dp_fail(c->err, DP_BAD_INPUT, "%s: %s: mid is %d, expected a multiple of the group size %d", c->path, c->where,
                       layer->mid, group);
    layer->group = group;
    layer->groups = layer->mid / group;
    return parse_masks(c, object, layer);
}

static dp_status parse_layer(context *c, const json_t *object, int group, dp_layer *layer) {
    static const char *const head_fields[] = {"name", "kind", "in", "out", NULL};
    int kind = 0;
    dp_status status = get_name(c, object, DP_MAX_LAYER_NAME + 1, layer->name);
    if (status != DP_OK) return status;
    (void)snprintf(c->where, sizeof c->where, "layer %s", printable_text(layer->name).text);
    status = get_choice(c, object, "kind", kind_names, &kind);
    if (status == DP_OK) status = get_int(c, object, "in", 1, DP_MAX_CHANNELS, &layer->in);
    if (status == DP_OK) status = get_int(c, object, "out", 1, DP_MAX_CHANNELS, &layer->out);
    if (status != DP_OK) return status;
    layer->kind = (dp_kind)kind;
    layer->stride = 1;
    if (layer->kind == DP_STEM)
        status = parse_stem(c, object, layer);
    else if (layer->kind == DP_HEAD)
        status = json_only(c->path, c->where, object, head_fields, c->err);
    else
        status = parse_block(c, object, group, layer);
    return status;
}

static dp_status parse_layers(context *c, const json_t *layers, int group, dp_model *model) {
    if (!json_is_array(layers) || json_array_size(layers) < 1 || json_array_size(layers) > DP_MAX_LAYERS)
        return dp_fail(c->err, DP_BAD_INPUT, "%s: network: field \"layers\": expected an array of 1 to %d layers", c->path,
                       DP_MAX_LAYERS);
    size_t count = json_array_size(layers);
    model->layers = calloc(count, sizeof *model->layers);
    if (model->layers == NULL) return dp_fail(c->err, DP_NO_MEMORY, "%s: out of memory", c->path);
    model->layer_count = (int)count;
    int in_h = model->in_h, in_w = model->in_w;
    for (size_t i = 0; i < count; i++) {
        dp_layer *layer = &model->layers[i];
        (void)snprintf(c->where, sizeof c->where, "layer %zu", i);
        dp_status status = parse_layer(c, json_array_get(layers, i), group, layer);
        if (status != DP_OK) return status;
        layer->in_h = in_h;
        layer->in_w = in_w;
        layer_derive(layer);
        in_h = layer->out_h;
        in_w = layer->out_w;
    }
    return DP_OK;
}

dp_status network_from_json(dp_model *model, const char *path, const json_t *network, uint32_t version, dp_error *err) {
    static const char *const fields_of_1[] = {"name", "classes", "group", "input", "layers", "info", NULL};
    static const char *const fields_of_2[] = {"name", "classes", "group",       "input", "layers",
                                              "info", "dataset", "class_names", NULL};
    static const char *const input_of_1[] = {"height", "width", "channels", NULL};
    static const char *const input_of_2[] = {"height", "width", "channels", "pixels", NULL};
    context c = {.path = path, .version = version, .where = "network", .err = err};
    const json_t *input = json_object_get(network, "input");
    const json_t *info = json_object_get(network, "info");
    int group = 0;
    dp_status status = json_only(path, c.where, network, version > 1 ? fields_of_2 : fields_of_1, err);
    if (status == DP_OK) status = get_name(&c, network, sizeof model->name, model->name);
    if (status == DP_OK) status = get_int(&c, network, "classes", 0, DP_MAX_CHANNELS, &model->classes);
    if (status == DP_OK) status = get_int(&c, network, "group", 8, DP_MAX_CHANNELS, &group);
    if (status == DP_OK && !json_is_object(input))
        status = dp_fail(err, DP_BAD_INPUT, "%s: network: field \"input\" is missing or not an object", path);
    if (status == DP_OK && info != NULL && !json_is_object(info))
        status = dp_fail(err, DP_BAD_INPUT, "%s: network: field \"info\" is not an object", path);
    if (status != DP_OK) return status;
    (void)snprintf(c.where, sizeof c.where, "input");
    status = json_only(path, c.where, input, version > 1 ? input_of_2 : input_of_1, err);
    if (status == DP_OK) status = get_int(&c, input, "height", 1, DP_MAX_SIZE, &model->in_h);
    if (status == DP_OK) status = get_int(&c, input, "width", 1, DP_MAX_SIZE, &model->in_w);
    if (status == DP_OK) status = get_int(&c, input, "channels", 1, DP_MAX_CHANNELS, &model->in_c);
    if (status == DP_OK && version > 1) status = meaning_from_json(model, path, network, err);
    return status == DP_OK ? parse_layers(&c, json_object_get(network, "layers"), group, model) : status;
}

static json_t *layer_to_json(const dp_layer *l) {
    json_t *object = json_pack("{s:s, s:s, s:i}", "name", l->name, "kind", kind_names[l->kind], "in", l->in);
    if (l->kind == DP_STEM)
        (void)json_object_update_new(object, json_pack("{s:i, s:i, s:i, s:b}", "out", l->out, "kernel", l->conv[0].kernel,
                                                       "stride", l->stride, "max_pool", l->max_pool));
    else if (l->kind == DP_HEAD)
        (void)json_object_set_new(object, "out", json_integer(l->out));
    else
        (void)json_object_update_new(object, json_pack("{s:i, s:i, s:i, s:b, s:s, s:s, s:i, s:s}", "mid", l->mid, "out", l->out,
                                                       "stride", l->stride, "shortcut", l->has_shortcut, "spatial",
                                                       spatial_names[l->spatial], "channel", channel_names[l->channel], "keep",
                                                       l->keep, "pool", pool_names[l->pool]));
    if (l->pad_same) (void)json_object_set_new(object, "padding", json_string("same"));
    return object;
}

json_t *network_to_json(const dp_model *model) {
    int group = 8;
    json_t *layers = json_array();
    for (int i = model->layer_count - 1; i >= 0; i--) {
        const dp_layer *layer = &model->layers[i];
        if (layer->group > 0) group = layer->group;
        if (json_array_insert_new(layers, 0, layer_to_json(layer)) != 0) {
            json_decref(layers);
            return NULL;
        }
    }
    json_t *network =
        json_pack("{s:s, s:i, s:i, s:{s:i, s:i, s:i}, s:o}", "name", model->name, "classes", model->classes, "group", group,
                  "input", "height", model->in_h, "width", model->in_w, "channels", model->in_c, "layers", layers);
    if (network != NULL) meaning_to_json(model, network);
    return network;
}
