#define _POSIX_C_SOURCE 200809L
#include "npy.h"

#include "atomic_file.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MAGIC = 6, HEADER_MAX = 4096, HEADER_ALIGN = 64 };

static const char magic[MAGIC] = {'\x93', 'N', 'U', 'M', 'P', 'Y'};
static const size_t max_bytes = (size_t)1 << 32;

static const struct {
    const char *descr;
    size_t size;
} types[] = {[NPY_INT8] = {"|i1", 1}, [NPY_UINT8] = {"|u1", 1}, [NPY_INT32] = {"<i4", 4}, [NPY_INT64] = {"<i8", 8}};
enum { TYPE_COUNT = sizeof types / sizeof types[0] };

/* Steps over blanks, then over `text` if it is next. */
static bool accept(const char **at, const char *text) {
    while (**at == ' ') ++*at;
    if (strncmp(*at, text, strlen(text)) != 0) return false;
    *at += strlen(text);
    return true;
}

static bool parse_type(const char **at, npy_array *array) {
    for (int t = 0; t < TYPE_COUNT; t++) {
        char quoted[8];
        (void)snprintf(quoted, sizeof quoted, "'%s'", types[t].descr);
        if (accept(at, quoted)) {
            array->type = (npy_type)t;
            return true;
        }
    }
    return false;
}

/* "(2, 3)", "(2,)", "()" */
static bool parse_shape(const char **at, npy_array *array) {
    array->rank = 0;
    array->count = 1;
    if (!accept(at, "(")) return false;
    while (!accept(at, ")")) {
        if (array->rank == NPY_MAX_RANK || !isdigit((unsigned char)**at)) return false;
        char *end;
        errno = 0;
        unsigned long long size = strtoull(*at, &end, 10);
        *at = end;
        if (errno != 0 || size > max_bytes || (size != 0 && array->count > max_bytes / size)) return false;
        array->shape[array->rank++] = (size_t)size;
        array->count *= (size_t)size;
        if (!accept(at, ",") && **at != ')') return false;
    }
    return true;
}

/* The header is a Python dictionary of exactly three keys, in any order. */
static dp_status parse_header(npy_array *array, const char *path, const char *text, dp_error *err) {
    bool has_type = false, has_order = false, has_shape = false;
    const char *at = text;
    if (!accept(&at, "{")) return dp_fail(err, DP_BAD_INPUT, "%s: .npy header: not a dictionary", path);
    while (!accept(&at, "}")) {
        if (!has_type && accept(&at, "'descr':")) {
            if (!parse_type(&at, array))
                return dp_fail(err, DP_BAD_INPUT, "%s: .npy header: descr: expected |i1, |u1, <i4 or <i8", path);
            has_type = true;
        } else if (!has_order && accept(&at, "'fortran_order':")) {
            if (!accept(&at, "False"))
                return dp_fail(err, DP_BAD_INPUT, "%s: .npy header: fortran_order: expected False (C order)", path);
            has_order = true;
        } else if (!has_shape && accept(&at, "'shape':")) {
            if (!parse_shape(&at, array))
                return dp_fail(err, DP_BAD_INPUT, "%s: .npy header: shape: expected up to %d sizes, 4 GiB in all", path,
                               NPY_MAX_RANK);
            has_shape = true;
        } else {
            return dp_fail(err, DP_BAD_INPUT, "%s: .npy header: expected descr, fortran_order and shape, once each", path);
        }
        (void)accept(&at, ",");
    }
    if (!has_type || !has_order || !has_shape)
        return dp_fail(err, DP_BAD_INPUT, "%s: .npy header: expected descr, fortran_order and shape, once each", path);
    return DP_OK;
}

static dp_status read_header(npy_array *array, const char *path, FILE *in, size_t *header_end, dp_error *err) {
    unsigned char start[MAGIC + 6];
    char text[HEADER_MAX + 1];
    if (fread(start, 1, MAGIC + 4, in) != MAGIC + 4 || memcmp(start, magic, MAGIC) != 0)
        return dp_fail(err, DP_BAD_INPUT, "%s: not a .npy file: the magic is not \\x93NUMPY", path);
    size_t length = start[MAGIC + 2] | (size_t)start[MAGIC + 3] << 8;
    *header_end = MAGIC + 4 + length;
    if (start[MAGIC] == 2) {
        if (fread(start + MAGIC + 4, 1, 2, in) != 2) return dp_fail(err, DP_BAD_INPUT, "%s: truncated in the .npy header", path);
        length |= (size_t)start[MAGIC + 4] << 16 | (size_t)start[MAGIC + 5] << 24;
        *header_end = MAGIC + 6 + length;
    } else if (start[MAGIC] != 1) {
        return dp_fail(err, DP_BAD_INPUT, "%s: .npy version %d, expected 1 or 2", path, start[MAGIC]);
    }
    if (length > HEADER_MAX)
        return dp_fail(err, DP_BAD_INPUT, "%s: .npy header of %zu bytes, expected at most %d", path, length, HEADER_MAX);
    if (fread(text, 1, length, in) != length) return dp_fail(err, DP_BAD_INPUT, "%s: truncated in the .npy header", path);
    text[length] = '\0';
    return parse_header(array, path, text, err);
}

static dp_status read_stream(npy_array *array, const char *path, FILE *in, dp_error *err) {
    size_t header_end;
    struct stat info;
    dp_status status = read_header(array, path, in, &header_end, err);
    if (status != DP_OK) return status;
    if (fstat(fileno(in), &info) != 0) return dp_fail(err, DP_BAD_INPUT, "%s: %s", path, strerror(errno));
    size_t bytes = array->count * types[array->type].size;
    if ((uint64_t)info.st_size != header_end + bytes)
        return dp_fail(err, DP_BAD_INPUT, "%s: %s: %lld bytes, expected %zu from its shape", path,
                       (uint64_t)info.st_size < header_end + bytes ? "truncated" : "oversized", (long long)info.st_size,
                       header_end + bytes);
    array->data = malloc(bytes > 0 ? bytes : 1);
    if (array->data == NULL) return dp_fail(err, DP_NO_MEMORY, "%s: out of memory for %zu bytes", path, bytes);
    if (fread(array->data, 1, bytes, in) != bytes) return dp_fail(err, DP_BAD_INPUT, "%s: cannot be read", path);
    return DP_OK;
}

dp_status npy_read(npy_array *array, const char *path, dp_error *err) {
    *array = (npy_array){.data = NULL};
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0) return dp_fail(err, DP_BAD_INPUT, "%s: cannot be opened: %s", path, strerror(errno));
    FILE *in = fdopen(fd, "rb");
    if (in == NULL) {
        (void)close(fd);
        return dp_fail(err, DP_NO_MEMORY, "%s: out of memory", path);
    }
    dp_status status = read_stream(array, path, in, err);
    (void)fclose(in);
    if (status != DP_OK) npy_free(array);
    return status;
}

dp_status npy_write(const npy_array *array, const char *path, dp_error *err) {
    char shape[NPY_MAX_RANK * 24] = "", header[NPY_MAX_RANK * 24 + 128];
    size_t used = 0, count = 1;
    for (int i = 0; i < array->rank; i++) {
        used += (size_t)snprintf(shape + used, sizeof shape - used, "%zu%s", array->shape[i],
                                 array->rank == 1      ? ","
                                 : i + 1 < array->rank ? ", "
                                                       : "");
        count *= array->shape[i];
    }
    int text = snprintf(header, sizeof header, "{'descr': '%s', 'fortran_order': False, 'shape': (%s), }",
                        types[array->type].descr, shape);
    size_t total = (MAGIC + 4 + (size_t)text + 1 + HEADER_ALIGN - 1) / HEADER_ALIGN * HEADER_ALIGN;
    size_t length = total - MAGIC - 4;
    unsigned char start[MAGIC + 4] = {[MAGIC] = 1, 0, (unsigned char)(length & 255), (unsigned char)(length >> 8)};
    memcpy(start, magic, MAGIC);
    atomic_file file;
    dp_status status = atomic_open(&file, path, err);
    if (status != DP_OK) return status;
    (void)fwrite(start, 1, sizeof start, file.stream);
    (void)fprintf(file.stream, "%-*s\n", (int)length - 1, header);
    (void)fwrite(array->data, types[array->type].size, count, file.stream);
    return atomic_commit(&file, err);
}

void npy_free(npy_array *array) {
    free(array->data);
    *array = (npy_array){.data = NULL};
}
