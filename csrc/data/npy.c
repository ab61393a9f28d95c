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
    const char *name;
} types[] = {[NPY_INT8] = {"|i1", 1, "int8"},
             [NPY_UINT8] = {"|u1", 1, "uint8"},
             [NPY_INT32] = {"<i4", 4, "int32"},
             [NPY_INT64] = {"<i8", 8, "int64"}};
enum { TYPE_COUNT = sizeof types / sizeof types[0], EXCERPT = 48, DESCR = 16 };

/* A header as far as it is understood. */
typedef struct {
    char descr[DESCR];
    bool has_type, has_order, has_shape, fortran;
} header;

/* Steps over blanks, then over `text` if it is next. */
static bool accept(const char **at, const char *text) {
    while (**at == ' ') ++*at;
    if (strncmp(*at, text, strlen(text)) != 0) return false;
    *at += strlen(text);
    return true;
}

/* What the file holds from here on, for a message. */
static const char *excerpt(const char *at, char text[EXCERPT]) {
    size_t i = 0;
    for (; i < EXCERPT - 1 && at[i] != '\0' && at[i] != '\n'; i++) text[i] = at[i] >= ' ' && at[i] <= '~' ? at[i] : '?';
    text[i] = '\0';
    return text;
}

/* '<f4', in either kind of quotes */
static bool parse_descr(const char **at, char descr[DESCR]) {
    if (!accept(at, "'") && !accept(at, "\"")) return false;
    size_t length = strcspn(*at, "'\"");
    if (length >= DESCR || (*at)[length] == '\0') return false;
    memcpy(descr, *at, length);
    descr[length] = '\0';
    *at += length + 1;
    return true;
}

/* "|i1 (int8) or <i8 (int64)" */
static void list_types(int wanted, char *text, size_t size) {
    size_t used = 0;
    text[0] = '\0';
    for (int t = 0; t < TYPE_COUNT; t++) {
        if ((wanted & npy_only((npy_type)t)) == 0) continue;
        bool last = wanted >> (t + 1) == 0;
        int length = snprintf(text + used, size - used, "%s%s (%s)",
                              used == 0 ? ""
                              : last    ? " or "
                                        : ", ",
                              types[t].descr, types[t].name);
        if (length > 0) used += (size_t)length;
    }
}

/* NumPy's own name of a type, "" where it is none of the usual ones. */
static const char *type_name(const char *descr) {
    static const struct {
        const char *descr, *name;
    } names[] = {{"i1", "int8"},  {"u1", "uint8"},  {"i2", "int16"},   {"u2", "uint16"},  {"i4", "int32"},   {"u4", "uint32"},
                 {"i8", "int64"}, {"u8", "uint64"}, {"f2", "float16"}, {"f4", "float32"}, {"f8", "float64"}, {"b1", "bool"}};
    for (size_t i = 0; i < sizeof names / sizeof *names && descr[0] != '\0'; i++)
        if (strcmp(descr + 1, names[i].descr) == 0) return names[i].name;
    return "";
}

static size_t print_shape(const npy_array *array, char *text, size_t size) {
    size_t used = (size_t)snprintf(text, size, "(");
    for (int i = 0; i < array->rank; i++)
        used += (size_t)snprintf(text + used, size - used, "%zu%s", array->shape[i],
                                 array->rank == 1      ? ","
                                 : i + 1 < array->rank ? ", "
                                                       : "");
    return used + (size_t)snprintf(text + used, size - used, ")");
}

void npy_describe(const npy_array *array, char *text, size_t size) {
    char shape[NPY_MAX_RANK * 24];
    (void)print_shape(array, shape, sizeof shape);
    (void)snprintf(text, size, "%s of shape %s", types[array->type].name, shape);
}

/* Sets the type if it is one of those. */
static bool find_type(const char *descr, int wanted, npy_type *type) {
    for (int t = 0; t < TYPE_COUNT; t++) {
        if (strcmp(descr, types[t].descr) != 0 || (wanted & npy_only((npy_type)t)) == 0) continue;
        *type = (npy_type)t;
        return true;
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
static dp_status parse_keys(npy_array *array, header *h, const char *path, const char *text, dp_error *err) {
    char rest[EXCERPT];
    const char *at = text;
    if (!accept(&at, "{")) return dp_fail(err, DP_BAD_INPUT, "%s: .npy header: not a dictionary: %s", path, excerpt(text, rest));
    while (!accept(&at, "}")) {
        if (!h->has_type && accept(&at, "'descr':")) {
            if (!parse_descr(&at, h->descr))
                return dp_fail(err, DP_BAD_INPUT, "%s: .npy header: descr: expected one type; the file holds %s", path,
                               excerpt(at, rest));
            h->has_type = true;
        } else if (!h->has_order && accept(&at, "'fortran_order':")) {
            h->fortran = !accept(&at, "False");
            if (h->fortran && !accept(&at, "True"))
                return dp_fail(err, DP_BAD_INPUT, "%s: .npy header: fortran_order: expected False; the file holds %s", path,
                               excerpt(at, rest));
            h->has_order = true;
        } else if (!h->has_shape && accept(&at, "'shape':")) {
            const char *shape = at;
            if (!parse_shape(&at, array))
                return dp_fail(err, DP_BAD_INPUT,
                               "%s: .npy header: shape: expected up to %d sizes, 4 GiB in all; the file holds %s", path,
                               NPY_MAX_RANK, excerpt(shape, rest));
            h->has_shape = true;
        } else {
            break;
        }
        (void)accept(&at, ",");
    }
    if (h->has_type && h->has_order && h->has_shape && at[-1] == '}') return DP_OK;
    return dp_fail(err, DP_BAD_INPUT, "%s: .npy header: expected descr, fortran_order and shape, once each; the file holds %s",
                   path, excerpt(text, rest));
}

static dp_status parse_header(npy_array *array, int wanted, const char *path, const char *text, dp_error *err) {
    header h = {.descr = ""};
    char shape[NPY_MAX_RANK * 24], list[96];
    dp_status status = parse_keys(array, &h, path, text, err);
    if (status != DP_OK) return status;
    (void)print_shape(array, shape, sizeof shape);
    if (!find_type(h.descr, wanted, &array->type)) {
        const char *name = type_name(h.descr);
        list_types(wanted, list, sizeof list);
        return dp_fail(err, DP_BAD_INPUT, "%s: .npy header: descr: expected %s; the file holds %s%s%s%s of shape %s", path, list,
                       h.descr, name[0] != '\0' ? " (" : "", name, name[0] != '\0' ? ")" : "", shape);
    }
    if (!h.fortran) return DP_OK;
    return dp_fail(
        err, DP_BAD_INPUT,
        "%s: .npy header: fortran_order: expected False (C order); the file holds True: save numpy.ascontiguousarray of it",
        path);
}

static dp_status read_header(npy_array *array, int wanted, const char *path, FILE *in, size_t *header_end, dp_error *err) {
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
    return parse_header(array, wanted, path, text, err);
}

static dp_status read_stream(npy_array *array, int wanted, const char *path, FILE *in, dp_error *err) {
    size_t header_end;
    struct stat info;
    dp_status status = read_header(array, wanted, path, in, &header_end, err);
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

dp_status npy_read(npy_array *array, int wanted, const char *path, dp_error *err) {
    *array = (npy_array){.data = NULL};
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0) return dp_fail(err, DP_BAD_INPUT, "%s: cannot be opened: %s", path, strerror(errno));
    FILE *in = fdopen(fd, "rb");
    if (in == NULL) {
        (void)close(fd);
        return dp_fail(err, DP_NO_MEMORY, "%s: out of memory", path);
    }
    dp_status status = read_stream(array, wanted, path, in, err);
    (void)fclose(in);
    if (status != DP_OK) npy_free(array);
    return status;
}

dp_status npy_write(const npy_array *array, const char *path, dp_error *err) {
    char shape[NPY_MAX_RANK * 24], header[NPY_MAX_RANK * 24 + 128];
    size_t count = 1;
    for (int i = 0; i < array->rank; i++) count *= array->shape[i];
    (void)print_shape(array, shape, sizeof shape);
    int text = snprintf(header, sizeof header, "{'descr': '%s', 'fortran_order': False, 'shape': %s, }", types[array->type].descr,
                        shape);
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
