/* The parts of a container (docs/container.md) that its reader and its writer share. */
#ifndef DPACS_CONTAINER_H
#define DPACS_CONTAINER_H

#include "json_field.h"
#include "model.h"

enum { CONTAINER_VERSION = 2, CONTAINER_PREAMBLE = 32, CONTAINER_CRC_FROM = 16 };
static const char container_magic[8] = {'D', 'P', 'A', 'C', 'S', 'D', 'P', 'M'};
static const size_t container_max_bytes = (size_t)512 << 20;
static const size_t container_max_header = (size_t)4 << 20;

/* `network` object of a container of that version to layers with shapes, without tensors. On
   failure model->layers may be set: dp_model_free. */
dp_status network_from_json(dp_model *model, const char *path, const json_t *network, uint32_t version,
                            dp_error *err) DP_MUST_USE;
/* The reverse; NULL when memory runs out. */
json_t *network_to_json(const dp_model *model);

/* What the input means, which version 2 brought: `input.pixels`, `dataset`, `class_names`. */
dp_status meaning_from_json(dp_model *model, const char *path, const json_t *network, dp_error *err) DP_MUST_USE;
void meaning_to_json(const dp_model *model, json_t *network);

#endif
