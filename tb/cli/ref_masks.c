#include "ref_masks.h"

#include <stdlib.h>
#include <string.h>

#include <jansson.h>

/* `keep` NULL: all. */
static json_t *bits(const uint8_t *keep, int count) {
    char *text = malloc((size_t)count + 1);
    if (text == NULL) return NULL;
    for (int i = 0; i < count; i++) text[i] = keep == NULL || keep[i] ? '1' : '0';
    json_t *string = json_stringn(text, (size_t)count);
    free(text);
    return string;
}

static json_t *positions(const golden_layer *g) {
    const dp_layer *layer = g->layer;
    json_t *rows = json_array();
    for (int y = 0; rows != NULL && y < layer->out_h; y++) {
        const uint8_t *row = g->mout == NULL ? NULL : g->mout + (size_t)y * (size_t)layer->out_w;
        if (json_array_append_new(rows, bits(row, layer->out_w)) == 0) continue;
        json_decref(rows);
        rows = NULL;
    }
    return rows;
}

static json_t *blocks(const golden_run *run) {
    json_t *list = json_array();
    for (int i = 0; list != NULL && i < run->model->layer_count; i++) {
        const golden_layer *g = &run->layers[i];
        if (!dp_is_block(g->layer)) continue;
        json_t *block = json_pack("{s:s, s:o, s:o}", "name", g->layer->name, "positions", positions(g), "groups",
                                  bits(g->group_keep, g->layer->groups));
        if (json_array_append_new(list, block) == 0) continue;
        json_decref(list);
        list = NULL;
    }
    return list;
}

static json_t *hexadecimal(const int8_t *values, size_t count) {
    static const char digits[] = "0123456789abcdef";
    char *text = malloc(2 * count + 1);
    if (text == NULL) return NULL;
    for (size_t i = 0; i < count; i++) {
        text[2 * i] = digits[(uint8_t)values[i] >> 4];
        text[2 * i + 1] = digits[(uint8_t)values[i] & 15];
    }
    json_t *string = json_stringn(text, 2 * count);
    free(text);
    return string;
}

/* null: unknown, without a head or without names */
static json_t *class_name(const dp_model *model, int class) {
    const char *name = model->class_names;
    if (name == NULL || class < 0) return json_null();
    for (int i = 0; i < class; i++) name += strlen(name) + 1;
    return json_string(name);
}

static json_t *class_number(int class) { return class < 0 ? json_null() : json_integer(class); }

dp_status ref_masks_write(FILE *out, const golden_run *run, const int8_t *pixels, int index, int label, dp_error *err) {
    const dp_model *m = run->model;
    size_t values = (size_t)m->in_h * (size_t)m->in_w * (size_t)m->in_c;
    json_t *line =
        json_pack("{s:i, s:o, s:o, s:o, s:o, s:[i,i,i], s:o, s:o}", "image", index, "label", class_number(label), "label_name",
                  class_name(m, label), "class", class_number(run->top1), "class_name", class_name(m, run->top1), "shape",
                  m->in_h, m->in_w, m->in_c, "pixels", hexadecimal(pixels, values), "blocks", blocks(run));
    if (line == NULL) return dp_fail(err, DP_NO_MEMORY, "out of memory for the masks of image %d", index);
    /* what the disk has no room for is found when the file is closed */
    int failed = json_dumpf(line, out, JSON_COMPACT);
    json_decref(line);
    if (failed == 0 && fputc('\n', out) != EOF) return DP_OK;
    return dp_fail(err, DP_BAD_INPUT, "--masks: the masks of image %d cannot be written", index);
}
