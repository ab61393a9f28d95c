/* Writing a container. The same walk runs twice: once for the checksum, once into the file. */
#include "atomic_file.h"
#include "container.h"
#include "tensor_list.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

typedef struct {
    FILE *stream; /* NULL: only the checksum */
    uint32_t crc;
} sink;

static void put(sink *to, const void *bytes, size_t size) {
    if (to->stream != NULL)
        (void)fwrite(bytes, 1, size, to->stream); /* atomic_commit reports what fails */
    else
        to->crc = (uint32_t)crc32_z(to->crc, bytes, size);
}

static void put_tensors(sink *to, const dp_model *model) {
    static const char zeros[TENSOR_ALIGN];
    for (int l = 0; l < model->layer_count; l++) {
        tensor_desc list[TENSORS_PER_LAYER];
        int count = layer_tensors(&model->layers[l], list);
        for (int t = 0; t < count; t++) {
            size_t bytes = tensor_bytes(&list[t]);
            put(to, tensor_data(&model->layers[l], &list[t]), bytes);
            put(to, zeros, tensor_align(bytes) - bytes);
        }
    }
}

static json_t *tensor_to_json(const tensor_desc *desc, size_t offset) {
    json_t *shape = json_array();
    for (int i = 0; i < desc->rank; i++) (void)json_array_append_new(shape, json_integer(desc->shape[i]));
    return json_pack("{s:s, s:o, s:I}", "dtype", tensor_type_name(desc->type), "shape", shape, "offset", (json_int_t)offset);
}

/* The header as text, padded with spaces; *data_size is what follows it. NULL when memory runs
   out. */
static char *format_header(const dp_model *model, size_t *header_size, size_t *data_size) {
    json_t *tensors = json_object();
    bool complete = true;
    *data_size = 0;
    for (int l = 0; l < model->layer_count; l++) {
        tensor_desc list[TENSORS_PER_LAYER];
        int count = layer_tensors(&model->layers[l], list);
        for (int t = 0; t < count; t++) {
            complete &= json_object_set_new(tensors, list[t].name, tensor_to_json(&list[t], *data_size)) == 0;
            *data_size += tensor_align(tensor_bytes(&list[t]));
        }
    }
    json_t *root = json_pack("{s:o, s:o}", "network", network_to_json(model), "tensors", tensors);
    char *text = complete && root != NULL ? json_dumps(root, JSON_COMPACT) : NULL;
    json_decref(root);
    if (text == NULL) return NULL;
    size_t length = strlen(text);
    *header_size = tensor_align(CONTAINER_PREAMBLE + length) - CONTAINER_PREAMBLE;
    char *padded = malloc(*header_size);
    if (padded != NULL) {
        memset(padded, ' ', *header_size);
        memcpy(padded, text, length);
    }
    free(text);
    return padded;
}

static void format_preamble(unsigned char preamble[CONTAINER_PREAMBLE], size_t header_size, size_t data_size) {
    uint32_t version = CONTAINER_VERSION;
    uint64_t json_size = header_size, file_size = CONTAINER_PREAMBLE + header_size + data_size;
    memset(preamble, 0, CONTAINER_PREAMBLE);
    memcpy(preamble, container_magic, sizeof container_magic);
    memcpy(preamble + 8, &version, sizeof version);
    memcpy(preamble + 16, &file_size, sizeof file_size);
    memcpy(preamble + 24, &json_size, sizeof json_size);
}

dp_status dp_model_save(const dp_model *model, const char *path, dp_error *err) {
    unsigned char preamble[CONTAINER_PREAMBLE];
    size_t header_size, data_size;
    dp_status status = dp_model_check(model, path, err);
    if (status != DP_OK) return status;
    char *header = format_header(model, &header_size, &data_size);
    if (header == NULL) return dp_fail(err, DP_NO_MEMORY, "%s: out of memory", path);
    format_preamble(preamble, header_size, data_size);
    if (CONTAINER_PREAMBLE + header_size + data_size > container_max_bytes) {
        free(header);
        return dp_fail(err, DP_BAD_INPUT, "%s: the container would have %zu bytes, expected at most %zu", path,
                       CONTAINER_PREAMBLE + header_size + data_size, container_max_bytes);
    }
    sink checksum = {.crc = (uint32_t)crc32_z(0, NULL, 0)};
    put(&checksum, preamble + CONTAINER_CRC_FROM, CONTAINER_PREAMBLE - CONTAINER_CRC_FROM);
    put(&checksum, header, header_size);
    put_tensors(&checksum, model);
    memcpy(preamble + 12, &checksum.crc, sizeof checksum.crc);

    atomic_file file;
    status = atomic_open(&file, path, err);
    if (status == DP_OK) {
        sink out = {.stream = file.stream};
        put(&out, preamble, sizeof preamble);
        put(&out, header, header_size);
        put_tensors(&out, model);
        status = atomic_commit(&file, err);
    }
    free(header);
    return status;
}
