/* .npy files: what is written is read, what NumPy writes is read, and what is wrong is refused by name. */
#define _POSIX_C_SOURCE 200809L
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "npy.h"

static void write_file(char path[40], const void *bytes, size_t size) {
    strcpy(path, "/tmp/dpacs-npy-XXXXXX");
    int fd = mkstemp(path);
    cr_assert_geq(fd, 0);
    cr_assert_eq(write(fd, bytes, size), (ssize_t)size);
    cr_assert_eq(close(fd), 0);
}

/* Preamble of the given version around `header`, then `data_size` bytes 1, 2, 3, … */
static void write_npy(char path[40], int version, const char *header, size_t data_size) {
    unsigned char file[8192] = {0x93, 'N', 'U', 'M', 'P', 'Y', (unsigned char)version, 0};
    size_t length = strlen(header), at = 8;
    for (int i = 0; i < (version == 2 ? 4 : 2); i++) file[at++] = (unsigned char)(length >> 8 * i);
    memcpy(file + at, header, length);
    at += length;
    for (size_t i = 0; i < data_size; i++) file[at++] = (unsigned char)(i + 1);
    write_file(path, file, at);
}

static void expect_round_trip(npy_type type, int rank, const size_t *shape, const void *data, size_t bytes) {
    char path[40];
    dp_error err = {""};
    npy_array out = {.type = type, .rank = rank, .data = (void *)data}, in;
    memcpy(out.shape, shape, (size_t)rank * sizeof *shape);
    write_file(path, "", 0);
    cr_assert_eq(npy_write(&out, path, &err), DP_OK, "%s", err.text);
    cr_assert_eq(npy_read(&in, NPY_ANY, path, &err), DP_OK, "%s", err.text);
    cr_assert_eq(in.type, type);
    cr_assert_eq(in.rank, rank);
    cr_assert_eq(memcmp(in.shape, shape, (size_t)rank * sizeof *shape), 0);
    cr_assert_eq(memcmp(in.data, data, bytes), 0);
    npy_free(&in);
    cr_assert_null(in.data);
    cr_assert_eq(unlink(path), 0);
}

Test(npy, round_trip) {
    static const int8_t bytes[24] = {-128, 127, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, -1};
    static const int32_t words[3] = {INT32_MIN, 0, INT32_MAX};
    static const int64_t doubles[2] = {INT64_MIN, INT64_MAX};
    expect_round_trip(NPY_INT8, 4, (size_t[]){1, 2, 3, 4}, bytes, sizeof bytes);
    expect_round_trip(NPY_UINT8, 8, (size_t[]){1, 1, 1, 2, 1, 3, 1, 4}, bytes, sizeof bytes);
    expect_round_trip(NPY_INT32, 1, (size_t[]){3}, words, sizeof words);
    expect_round_trip(NPY_INT64, 2, (size_t[]){2, 1}, doubles, sizeof doubles);
    expect_round_trip(NPY_INT64, 0, (size_t[]){0}, doubles, sizeof *doubles);
    expect_round_trip(NPY_INT8, 2, (size_t[]){0, 5}, bytes, 0);
}

/* The bytes that numpy.save writes for arange(6, dtype=int8).reshape(2, 3). */
Test(npy, written_as_numpy_does) {
    static const int8_t data[6] = {0, 1, 2, 3, 4, 5};
    char path[40], bytes[200], expected[134] = "\x93NUMPY\1\0v\0{'descr': '|i1', 'fortran_order': False, 'shape': (2, 3), }";
    memset(expected + 10 + strlen(expected + 10), ' ', 127 - 10 - strlen(expected + 10));
    expected[127] = '\n';
    memcpy(expected + 128, data, sizeof data);
    dp_error err = {""};
    write_file(path, "", 0);
    cr_assert_eq(npy_write(&(npy_array){.type = NPY_INT8, .rank = 2, .shape = {2, 3}, .data = (void *)data}, path, &err), DP_OK);
    FILE *in = fopen(path, "rb");
    cr_assert_not_null(in);
    cr_assert_eq(fread(bytes, 1, sizeof bytes, in), sizeof expected);
    cr_assert_eq(fclose(in), 0);
    cr_assert_eq(memcmp(bytes, expected, sizeof expected), 0);
    cr_assert_eq(unlink(path), 0);
}

/* A reader that takes one type names that one, and what the file holds instead. */
Test(npy, one_type_only) {
    char path[40];
    npy_array array;
    dp_error err = {""};
    write_npy(path, 1, "{'descr': '|u1', 'fortran_order': False, 'shape': (4,), }", 4);
    cr_assert_eq(npy_read(&array, npy_only(NPY_INT8), path, &err), DP_BAD_INPUT);
    cr_assert_not_null(strstr(err.text, "descr: expected |i1 (int8); the file holds |u1 (uint8) of shape (4,)"), "%s", err.text);
    cr_assert_eq(npy_read(&array, npy_only(NPY_INT8) + npy_only(NPY_UINT8), path, &err), DP_OK, "%s", err.text);
    npy_free(&array);
    cr_assert_eq(npy_read(&array, npy_only(NPY_INT8) + npy_only(NPY_INT64), path, &err), DP_BAD_INPUT);
    cr_assert_not_null(strstr(err.text, "expected |i1 (int8) or <i8 (int64);"), "%s", err.text);
    cr_assert_eq(unlink(path), 0);
}

Test(npy, version_2_and_other_key_orders) {
    char path[40];
    npy_array array;
    dp_error err = {""};
    write_npy(path, 2, "{'shape': (2, 2), 'fortran_order': False, 'descr': '<i4'}   \n", 16);
    cr_assert_eq(npy_read(&array, NPY_ANY, path, &err), DP_OK, "%s", err.text);
    cr_assert_eq(array.rank, 2);
    cr_assert_eq(array.count, 4);
    cr_assert_eq(((int32_t *)array.data)[1], 0x08070605);
    npy_free(&array);
    cr_assert_eq(unlink(path), 0);
}

typedef struct {
    int version;
    char header[128];
    int data_size;
    char expected[160];
} npy_defect;

static npy_defect defects[] = {
    {1, "{'descr': '|i1', 'fortran_order': False, 'shape': (2, 3), }", 5, "truncated: "},
    {1, "{'descr': '|i1', 'fortran_order': False, 'shape': (2, 3), }", 7, "oversized: "},
    {3, "{'descr': '|i1', 'fortran_order': False, 'shape': (2, 3), }", 6, ".npy version 3, expected 1 or 2"},
    {1, "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }", 24,
     "descr: expected |i1 (int8), |u1 (uint8), <i4 (int32) or <i8 (int64); the file holds <f4 (float32) of shape (2, 3)"},
    {1, "{'descr': '>i4', 'fortran_order': False, 'shape': (6,), }", 24,
     "descr: expected |i1 (int8), |u1 (uint8), <i4 (int32) or <i8 (int64); the file holds >i4 (int32) of shape (6,)"},
    {1, "{'descr': '|V3', 'fortran_order': False, 'shape': (2, 3), }", 24, "<i8 (int64); the file holds |V3 of shape (2, 3)"},
    {1, "{'descr': [('a', '<i4')], 'fortran_order': False, 'shape': (2,), }", 8,
     "expected one type; the file holds [('a', '<i4')]"},
    {1, "{'descr': '|i1', 'fortran_order': True, 'shape': (2, 3), }", 6,
     "fortran_order: expected False (C order); the file holds True: save numpy.ascontiguousarray"},
    {1, "{'descr': '|i1', 'fortran_order': False, 'shape': (-2, 3), }", 6, "shape: expected up to 8 sizes"},
    {1, "{'descr': '|i1', 'fortran_order': False, 'shape': (2 3), }", 6, "sizes, 4 GiB in all; the file holds  (2 3)"},
    {1, "{'descr': '|i1', 'fortran_order': False, 'shape': (2, 3", 6, "shape: expected up to 8 sizes"},
    {1, "{'descr': '|i1', 'fortran_order': False, 'shape': (1,1,1,1,1,1,1,1,1), }", 1, "shape: expected up to 8 sizes"},
    {1, "{'descr': '<i8', 'fortran_order': False, 'shape': (4294967296, 4294967296), }", 8, "shape: expected up to 8 sizes"},
    {1, "{'descr': '<i8', 'fortran_order': False, 'shape': (99999999999999999999,), }", 8, "shape: expected up to 8 sizes"},
    {1, "{'descr': '|i1', 'fortran_order': False, }", 6, "expected descr, fortran_order and shape, once each"},
    {1, "{'descr': '|i1', 'descr': '|i1', 'shape': (6,)}", 6, "expected descr, fortran_order and shape, once each"},
    {1, "{'descr': '|i1', 'fortran_order': False, 'shape': (6,)", 6, "expected descr, fortran_order and shape, once each"},
    {1, "[1, 2]", 6, "not a dictionary: [1, 2]"},
    {1, "", 0, "not a dictionary"},
};

ParameterizedTestParameters(npy, defect) { return cr_make_param_array(npy_defect, defects, sizeof defects / sizeof defects[0]); }

ParameterizedTest(npy_defect *defect, npy, defect) {
    char path[40];
    npy_array array;
    dp_error err = {""};
    write_npy(path, defect->version, defect->header, (size_t)defect->data_size);
    cr_assert_eq(npy_read(&array, NPY_ANY, path, &err), DP_BAD_INPUT);
    cr_assert_null(array.data);
    cr_expect_eq(strncmp(err.text, path, strlen(path)), 0, "%s", err.text);
    cr_expect_not_null(strstr(err.text, defect->expected), "\"%s\" does not say \"%s\"", err.text, defect->expected);
    cr_assert_eq(unlink(path), 0);
}

static void expect_bad_file(const void *bytes, size_t size, const char *expected) {
    char path[40];
    npy_array array;
    dp_error err = {""};
    write_file(path, bytes, size);
    cr_assert_eq(npy_read(&array, NPY_ANY, path, &err), DP_BAD_INPUT);
    cr_expect_not_null(strstr(err.text, expected), "\"%s\" does not say \"%s\"", err.text, expected);
    cr_assert_eq(unlink(path), 0);
}

Test(npy, files_that_end_early_or_are_something_else) {
    npy_array array;
    dp_error err = {""};
    expect_bad_file("", 0, "not a .npy file");
    expect_bad_file("PK\3\4 some zip", 13, "not a .npy file");
    expect_bad_file("\x93NUMPY\1\0\xff", 9, "not a .npy file");
    expect_bad_file("\x93NUMPY\1\0\x40\0{'descr'", 18, "truncated in the .npy header");
    expect_bad_file("\x93NUMPY\2\0\x40\0\0", 11, "truncated in the .npy header");
    expect_bad_file("\x93NUMPY\2\0\xff\xff\xff\xff{", 13, "expected at most 4096");
    cr_assert_eq(npy_read(&array, NPY_ANY, "/nonexistent.npy", &err), DP_BAD_INPUT);
    cr_assert_not_null(strstr(err.text, "/nonexistent.npy: cannot be opened"));
    cr_assert_eq(npy_read(&array, NPY_ANY, "/tmp", &err), DP_BAD_INPUT);
    cr_assert_eq(
        npy_write(&(npy_array){.type = NPY_INT8, .rank = 1, .shape = {1}, .data = (void *)"x"}, "/nonexistent/x.npy", &err),
        DP_BAD_INPUT);
    cr_assert_not_null(strstr(err.text, "/nonexistent/x.npy: cannot be written"));
}
