/* Reading a container: map it, check preamble and checksum, parse the header, bind the tensors,
   check the model. */
#define _POSIX_C_SOURCE 200809L
#include "container.h"
#include "model_shape.h"
#include "tensor_list.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "containers are used in place: little-endian hosts only");

typedef struct {
    void *bytes;
    size_t size;
} mapping;

/* One tensor's place in the data section. */
typedef struct {
    char name[TENSOR_NAME];
    size_t begin, end;
} extent;

static void mapping_free(void *storage) {
    mapping *map = storage;
    (void)munmap(map->bytes, map->size);
    free(map);
}

static dp_status map_open_file(dp_model *model, const char *path, int fd, dp_error *err) {
    struct stat info;
    if (fstat(fd, &info) != 0) return dp_fail(err, DP_BAD_INPUT, "%s: %s", path, strerror(errno));
    if (!S_ISREG(info.st_mode)) return dp_fail(err, DP_BAD_INPUT, "%s: not a regular file", path);
    if (info.st_size < CONTAINER_PREAMBLE)
        return dp_fail(err, DP_BAD_INPUT, "%s: truncated: %lld bytes, a container has at least %d", path, (long long)info.st_size,
                       CONTAINER_PREAMBLE);
    if ((uint64_t)info.st_size > container_max_bytes)
        return dp_fail(err, DP_BAD_INPUT, "%s: oversized: %lld bytes, expected at most %zu", path, (long long)info.st_size,
                       container_max_bytes);
    mapping *map = malloc(sizeof *map);
    if (map == NULL) return dp_fail(err, DP_NO_MEMORY, "%s: out of memory", path);
    map->size = (size_t)info.st_size;
    map->bytes = mmap(NULL, map->size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (map->bytes == MAP_FAILED) {
        dp_status status = errno == ENOMEM ? DP_NO_MEMORY : DP_BAD_INPUT;
        free(map);
        return dp_fail(err, status, "%s: cannot be mapped: %s", path, strerror(errno));
    }
    model->storage = map;
    model->storage_free = mapping_free;
    return DP_OK;
}

static dp_status map_file(dp_model *model, const char *path, dp_error *err) {
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0) return dp_fail(err, DP_BAD_INPUT, "%s: cannot be opened: %s", path, strerror(errno));
    dp_status status = map_open_file(model, path, fd, err);
    (void)close(fd);
    return status;
}

static dp_status check_preamble(const mapping *map, const char *path, size_t *header_size, uint32_t *found, dp_error *err) {
    const unsigned char *bytes = map->bytes;
    uint32_t version, crc;
    uint64_t file_size, json_size;
    memcpy(&version, bytes + 8, sizeof version);
    memcpy(&crc, bytes + 12, sizeof crc);
    memcpy(&file_size, bytes + 16, sizeof file_size);
    memcpy(&json_size, bytes + 24, sizeof json_size);
    if (memcmp(bytes, container_magic, sizeof container_magic) != 0)
        return dp_fail(err, DP_BAD_INPUT, "%s: not a model container: the magic is not DPACSDPM", path);
    if (version < 1 || version > CONTAINER_VERSION)
        return dp_fail(err, DP_BAD_INPUT, "%s: version %u, expected 1 to %d", path, version, CONTAINER_VERSION);
    *found = version;
    if (file_size != map->size)
        return dp_fail(err, DP_BAD_INPUT, "%s: %s: %zu bytes, but its preamble says %llu", path,
                       map->size < file_size ? "truncated" : "oversized", map->size, (unsigned long long)file_size);
    size_t covered = map->size - CONTAINER_CRC_FROM;
    if (crc32_z(crc32_z(0, NULL, 0), bytes + CONTAINER_CRC_FROM, covered) != crc)
        return dp_fail(err, DP_BAD_INPUT, "%s: damaged: the checksum (CRC-32) does not match", path);
    if (json_size > map->size - CONTAINER_PREAMBLE || json_size > container_max_header ||
        (json_size + CONTAINER_PREAMBLE) % TENSOR_ALIGN != 0)
        return dp_fail(err, DP_BAD_INPUT,
                       "%s: the JSON header has %llu bytes, expected a multiple of 64 minus 32, inside the file and below %zu",
                       path, (unsigned long long)json_size, container_max_header);
    *header_size = (size_t)json_size;
    return DP_OK;
}

static dp_status check_entry(const char *path, const tensor_desc *desc, const json_t *entry, dp_error *err) {
    static const char *const allowed[] = {"dtype", "shape", "offset", NULL};
    char where[TENSOR_NAME + 8];
    (void)snprintf(where, sizeof where, "tensor %.47s", desc->name);
    if (entry == NULL) return dp_fail(err, DP_BAD_INPUT, "%s: %s is missing", path, where);
    dp_status status = json_only(path, where, entry, allowed, err);
    if (status != DP_OK) return status;
    const char *type = json_string_value(json_object_get(entry, "dtype"));
    if (type == NULL || strcmp(type, tensor_type_name(desc->type)) != 0)
        return dp_fail(err, DP_BAD_INPUT, "%s: %s: dtype is %s, expected %s", path, where,
                       type == NULL ? "missing" : printable_text(type).text, tensor_type_name(desc->type));
    const json_t *shape = json_object_get(entry, "shape");
    bool same = json_is_array(shape) && json_array_size(shape) == (size_t)desc->rank;
    char expected[64] = "";
    size_t used = 0;
    for (int i = 0; i < desc->rank; i++) {
        const json_t *dimension = json_array_get(shape, (size_t)i);
        same = same && json_is_integer(dimension) && json_integer_value(dimension) == desc->shape[i];
        used += (size_t)snprintf(expected + used, sizeof expected - used, "[%d]", desc->shape[i]);
    }
    if (!same) return dp_fail(err, DP_BAD_INPUT, "%s: %s: wrong shape, expected %s", path, where, expected);
    return DP_OK;
}

static dp_status bind_tensor(const char *path, dp_layer *layer, const tensor_desc *desc, const json_t *entry, const char *data,
                             size_t data_size, extent *place, dp_error *err) {
    char where[TENSOR_NAME + 8];
    (void)snprintf(where, sizeof where, "tensor %.47s", desc->name);
    json_int_t offset = 0;
    dp_status status = check_entry(path, desc, entry, err);
    if (status == DP_OK) status = json_get_int(path, where, entry, "offset", 0, (json_int_t)data_size, &offset, err);
    if (status != DP_OK) return status;
    size_t begin = (size_t)offset, bytes = tensor_bytes(desc);
    if (begin % TENSOR_ALIGN != 0)
        return dp_fail(err, DP_BAD_INPUT, "%s: %s: offset %zu is misaligned, expected a multiple of %d", path, where, begin,
                       TENSOR_ALIGN);
    if (bytes > data_size - begin)
        return dp_fail(err, DP_BAD_INPUT, "%s: %s: %zu bytes at offset %zu exceed the data section of %zu bytes", path, where,
                       bytes, begin, data_size);
    memcpy(place->name, desc->name, sizeof place->name);
    place->begin = begin;
    place->end = begin + bytes;
    tensor_bind(layer, desc, data + begin);
    return DP_OK;
}

static int by_begin(const void *left, const void *right) {
    size_t a = ((const extent *)left)->begin, b = ((const extent *)right)->begin;
    return (a > b) - (a < b);
}

/* Tensors cover the data section without overlap; between and after them is only the padding to 64
   bytes. */
static dp_status check_extents(const char *path, extent *places, size_t count, size_t data_size, dp_error *err) {
    qsort(places, count, sizeof *places, by_begin);
    size_t end = 0;
    for (size_t i = 0; i < count; i++) {
        if (places[i].begin < end)
            return dp_fail(err, DP_BAD_INPUT, "%s: tensors %s and %s overlap", path, places[i - 1].name, places[i].name);
        if (places[i].begin > tensor_align(end))
            return dp_fail(err, DP_BAD_INPUT, "%s: bytes %zu to %zu of the data section, before tensor %s, belong to no tensor",
                           path, tensor_align(end), places[i].begin, places[i].name);
        end = places[i].end;
    }
    if (data_size > tensor_align(end))
        return dp_fail(err, DP_BAD_INPUT, "%s: oversized: the last %zu bytes belong to no tensor", path,
                       data_size - tensor_align(end));
    return DP_OK;
}

static dp_status check_none_left(const char *path, const json_t *tensors, const extent *places, size_t count, dp_error *err) {
    const char *key;
    json_t *value;
    if (json_object_size(tensors) == count) return DP_OK;
    json_object_foreach((json_t *)tensors, key, value) {
        size_t i = 0;
        while (i < count && strcmp(places[i].name, key) != 0) i++;
        if (i == count)
            return dp_fail(err, DP_BAD_INPUT, "%s: tensor %s is not part of the network", path, printable_text(key).text);
    }
    return DP_OK;
}

static dp_status bind_tensors(dp_model *model, const char *path, const json_t *tensors, size_t header_size, dp_error *err) {
    const mapping *map = model->storage;
    const char *data = (const char *)map->bytes + CONTAINER_PREAMBLE + header_size;
    size_t data_size = map->size - CONTAINER_PREAMBLE - header_size, count = 0;
    dp_status status = DP_OK;
    if (!json_is_object(tensors))
        return dp_fail(err, DP_BAD_INPUT, "%s: header: field \"tensors\" is missing or not an object", path);
    extent *places = calloc((size_t)model->layer_count * TENSORS_PER_LAYER, sizeof *places);
    if (places == NULL) return dp_fail(err, DP_NO_MEMORY, "%s: out of memory", path);
    for (int l = 0; status == DP_OK && l < model->layer_count; l++) {
        tensor_desc list[TENSORS_PER_LAYER];
        int listed = layer_tensors(&model->layers[l], list);
        for (int t = 0; status == DP_OK && t < listed; t++)
            status = bind_tensor(path, &model->layers[l], &list[t], json_object_get(tensors, list[t].name), data, data_size,
                                 &places[count++], err);
    }
    if (status == DP_OK) status = check_none_left(path, tensors, places, count, err);
    if (status == DP_OK) status = check_extents(path, places, count, data_size, err);
    free(places);
    return status;
}

static dp_status load_header(dp_model *model, const char *path, size_t header_size, uint32_t version, dp_error *err) {
    static const char *const allowed[] = {"network", "tensors", NULL};
    const mapping *map = model->storage;
    json_error_t problem;
    json_t *root = json_loadb((const char *)map->bytes + CONTAINER_PREAMBLE, header_size, JSON_REJECT_DUPLICATES, &problem);
    if (root == NULL)
        return dp_fail(err, json_error_code(&problem) == json_error_out_of_memory ? DP_NO_MEMORY : DP_BAD_INPUT,
                       "%s: header is not valid JSON: line %d, column %d: %s", path, problem.line, problem.column,
                       printable_text(problem.text).text);
    dp_status status = json_only(path, "header", root, allowed, err);
    const json_t *network = json_object_get(root, "network");
    if (status == DP_OK && !json_is_object(network))
        status = dp_fail(err, DP_BAD_INPUT, "%s: header: field \"network\" is missing or not an object", path);
    if (status == DP_OK) status = network_from_json(model, path, network, version, err);
    if (status == DP_OK) status = model_check_shape(model, path, err);
    if (status == DP_OK) status = bind_tensors(model, path, json_object_get(root, "tensors"), header_size, err);
    json_decref(root);
    return status;
}

dp_status dp_model_load(dp_model *model, const char *path, dp_error *err) {
    size_t header_size = 0;
    uint32_t version = 0;
    *model = (dp_model){.name = ""};
    dp_status status = map_file(model, path, err);
    if (status == DP_OK) status = check_preamble(model->storage, path, &header_size, &version, err);
    if (status == DP_OK) status = load_header(model, path, header_size, version, err);
    if (status == DP_OK) status = dp_model_check(model, path, err);
    if (status != DP_OK) dp_model_free(model);
    return status;
}

void dp_model_free(dp_model *model) {
    if (model->storage_free != NULL) model->storage_free(model->storage);
    free(model->layers);
    free(model->class_names);
    *model = (dp_model){.name = ""};
}
