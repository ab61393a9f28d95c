/* A container taken apart, to be written again with defects but a correct checksum. */
#ifndef DPACS_CONTAINER_BOX_H
#define DPACS_CONTAINER_BOX_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#include "model.h"

typedef struct {
    char path[40]; /* of the file, in /tmp */
    json_t *root;
    unsigned char *data; /* data section */
    size_t data_size;
    uint32_t version; /* 0: the newest */
} container_box;

/* A network of JSON `network` with small values in all tensors, saved and taken apart. All of it ends the test on failure. */
void box_open(container_box *box, const char *network);
void box_close(container_box *box); /* removes the file */

/* Sets (value NULL: removes) what a path like "network.layers.1.mid" leads to; '/' separates, since tensor names have dots. */
void box_set(container_box *box, const char *path, json_t *value);
unsigned char *box_tensor(container_box *box, const char *name);

void box_write(const container_box *box); /* the root as JSON, and the data */
void box_write_text(const container_box *box, const char *json, size_t length); /* other JSON text instead */

/* Loads the file, which must fail as bad input with a message that names the file and holds `expected`. */
void box_expect(const container_box *box, const char *expected);

/* Stem, basic block (unit, unit), bottleneck with shortcut (reuse, given), basic block (given, unit max), head. */
extern const char box_network[];

/* Layers from JSON and tensors with small values; dp_model_free. */
void box_model(dp_model *model, const char *network);

#endif
