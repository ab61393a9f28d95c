#define _POSIX_C_SOURCE 200809L
#include "container_box.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "container.h"
#include "rng.h"
#include "tensor_list.h"

const char box_network[] =
    "{\"name\": \"box\", \"classes\": 3, \"group\": 8, \"input\": {\"height\": 6, \"width\": 5, \"channels\": 1}, \"layers\": ["
    "{\"name\": \"stem\", \"kind\": \"stem\", \"in\": 1, \"out\": 8, \"kernel\": 3, \"stride\": 1},"
    "{\"name\": \"b1\", \"kind\": \"basic\", \"in\": 8, \"mid\": 16, \"out\": 8, \"stride\": 1, \"shortcut\": false,"
    " \"spatial\": \"unit\", \"channel\": \"unit\", \"keep\": 1, \"pool\": \"avg\"},"
    "{\"name\": \"b2\", \"kind\": \"bottleneck\", \"in\": 8, \"mid\": 16, \"out\": 16, \"stride\": 2, \"shortcut\": true,"
    " \"spatial\": \"reuse\", \"channel\": \"given\", \"keep\": 1},"
    "{\"name\": \"b3\", \"kind\": \"basic\", \"in\": 16, \"mid\": 16, \"out\": 16, \"stride\": 1, \"shortcut\": false,"
    " \"spatial\": \"given\", \"channel\": \"unit\", \"keep\": 2, \"pool\": \"max\"},"
    "{\"name\": \"head\", \"kind\": \"head\", \"in\": 16, \"out\": 3}], \"info\": {\"free\": [1, 2.5, null]}}";

static void fill_tensor(rng *random, const dp_layer *layer, const tensor_desc *desc, unsigned char *data) {
    size_t bytes = tensor_bytes(desc);
    memset(data, 0, bytes);
    if (strstr(desc->name, "channel.given") != NULL)
        memset(data, 1, (size_t)layer->keep);
    else if (desc->type == TENSOR_I8)
        for (size_t i = 0; i < bytes; i++) data[i] = (unsigned char)rng_below(random, 256);
    else if (desc->type == TENSOR_U8)
        for (size_t i = 0; i < bytes; i++) data[i] = (unsigned char)rng_below(random, 2);
    else /* little-endian integers below 2^8 */
        for (size_t i = 0; i < bytes; i += bytes / (size_t)desc->shape[0] / (desc->rank > 1 ? (size_t)desc->shape[1] : 1))
            data[i] = (unsigned char)rng_below(random, 256);
}

void box_model(dp_model *model, const char *network) {
    dp_error err = {""};
    rng random;
    rng_seed(&random, 1);
    *model = (dp_model){.name = ""};
    json_t *json = json_loads(network, 0, NULL);
    cr_assert_not_null(json);
    cr_assert_eq(network_from_json(model, "test", json, CONTAINER_VERSION, &err), DP_OK, "%s", err.text);
    json_decref(json);
    tensor_desc list[TENSORS_PER_LAYER];
    size_t size = 0;
    for (int l = 0; l < model->layer_count; l++)
        for (int t = 0, count = layer_tensors(&model->layers[l], list); t < count; t++)
            size += tensor_align(tensor_bytes(&list[t]));
    unsigned char *at = aligned_alloc(TENSOR_ALIGN, size);
    cr_assert_not_null(at);
    model->storage = at;
    model->storage_free = free;
    for (int l = 0; l < model->layer_count; l++)
        for (int t = 0, count = layer_tensors(&model->layers[l], list); t < count; t++) {
            fill_tensor(&random, &model->layers[l], &list[t], at);
            tensor_bind(&model->layers[l], &list[t], at);
            at += tensor_align(tensor_bytes(&list[t]));
        }
}

void box_open(container_box *box, const char *network) {
    dp_model model;
    dp_error err = {""};
    *box = (container_box){.path = "/tmp/dpacs-box-XXXXXX"};
    int fd = mkstemp(box->path);
    cr_assert_geq(fd, 0);
    cr_assert_eq(close(fd), 0);
    box_model(&model, network);
    cr_assert_eq(dp_model_save(&model, box->path, &err), DP_OK, "%s", err.text);
    dp_model_free(&model);

    FILE *in = fopen(box->path, "rb");
    cr_assert_not_null(in);
    uint64_t preamble[CONTAINER_PREAMBLE / 8];
    cr_assert_eq(fread(preamble, 1, sizeof preamble, in), sizeof preamble);
    size_t header_size = (size_t)preamble[3];
    box->data_size = (size_t)preamble[2] - sizeof preamble - header_size;
    char *header = malloc(header_size);
    box->data = malloc(box->data_size);
    cr_assert(header != NULL && box->data != NULL);
    cr_assert_eq(fread(header, 1, header_size, in), header_size);
    cr_assert_eq(fread(box->data, 1, box->data_size, in), box->data_size);
    cr_assert_eq(fclose(in), 0);
    box->root = json_loadb(header, header_size, 0, NULL);
    cr_assert_not_null(box->root);
    free(header);
}

void box_close(container_box *box) {
    json_decref(box->root);
    free(box->data);
    (void)unlink(box->path);
}

void box_set(container_box *box, const char *path, json_t *value) {
    char steps[96];
    (void)snprintf(steps, sizeof steps, "%s", path);
    json_t *at = box->root;
    char *save = NULL, *step = strtok_r(steps, "/", &save);
    for (char *next = strtok_r(NULL, "/", &save); next != NULL; step = next, next = strtok_r(NULL, "/", &save)) {
        at = json_is_array(at) ? json_array_get(at, (size_t)atoi(step)) : json_object_get(at, step);
        cr_assert_not_null(at, "%s: no such field", path);
    }
    int failed;
    if (json_is_array(at))
        failed = value != NULL ? json_array_set_new(at, (size_t)atoi(step), value) : json_array_remove(at, (size_t)atoi(step));
    else
        failed = value != NULL ? json_object_set_new(at, step, value) : json_object_del(at, step);
    cr_assert_eq(failed, 0, "%s: cannot be set", path);
}

unsigned char *box_tensor(container_box *box, const char *name) {
    json_t *entry = json_object_get(json_object_get(box->root, "tensors"), name);
    cr_assert_not_null(entry, "%s: no such tensor", name);
    return box->data + json_integer_value(json_object_get(entry, "offset"));
}

void box_write_text(const container_box *box, const char *json, size_t length) {
    size_t header_size = tensor_align(CONTAINER_PREAMBLE + length) - CONTAINER_PREAMBLE;
    size_t total = CONTAINER_PREAMBLE + header_size + box->data_size;
    unsigned char *file = malloc(total);
    cr_assert_not_null(file);
    uint32_t version = box->version != 0 ? box->version : CONTAINER_VERSION;
    uint64_t sizes[2] = {total, header_size};
    memcpy(file, container_magic, 8);
    memcpy(file + 8, &version, 4);
    memcpy(file + 16, sizes, 16);
    memset(file + CONTAINER_PREAMBLE, ' ', header_size);
    memcpy(file + CONTAINER_PREAMBLE, json, length);
    memcpy(file + CONTAINER_PREAMBLE + header_size, box->data, box->data_size);
    uint32_t crc = (uint32_t)crc32_z(crc32_z(0, NULL, 0), file + CONTAINER_CRC_FROM, total - CONTAINER_CRC_FROM);
    memcpy(file + 12, &crc, 4);
    FILE *out = fopen(box->path, "wb");
    cr_assert_not_null(out);
    cr_assert_eq(fwrite(file, 1, total, out), total);
    cr_assert_eq(fclose(out), 0);
    free(file);
}

void box_write(const container_box *box) {
    char *text = json_dumps(box->root, JSON_COMPACT);
    cr_assert_not_null(text);
    box_write_text(box, text, strlen(text));
    free(text);
}

void box_expect(const container_box *box, const char *expected) {
    dp_model model;
    dp_error err = {""};
    dp_status status = dp_model_load(&model, box->path, &err);
    cr_assert_eq(status, DP_BAD_INPUT, "status %d, expected \"%s\"", status, expected);
    cr_assert_null(model.layers);
    cr_expect_eq(strncmp(err.text, box->path, strlen(box->path)), 0, "\"%s\" does not name the file", err.text);
    cr_expect_not_null(strstr(err.text, expected), "\"%s\" does not say \"%s\"", err.text, expected);
}
