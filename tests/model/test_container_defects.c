/* Containers that are intact as files but wrong in content: each defect is refused with a message that says where it is. */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <stdlib.h>
#include <string.h>

#include "container.h"
#include "container_box.h"
#include "rng.h"
#include "tensor_list.h"

/* One field of the header set to a JSON value ("" removes it), and what the message says. */
typedef struct {
    char path[56], value[80], expected[112];
} field_defect;

static field_defect field_defects[] = {
    {"network", "[]", "header: field \"network\" is missing or not an object"},
    {"tensors", "", "header: field \"tensors\" is missing or not an object"},
    {"more", "1", "header: unknown field \"more\""},
    {"network/more", "1", "network: unknown field \"more\""},
    {"network/name", "", "network: field \"name\" is missing"},
    {"network/name", "7", "network: field \"name\" is missing or not a string"},
    {"network/name", "\"\"", "the network's name has 1 to 63 printable"},
    {"network/name", "\"a\\u001b[2J\"", "the network's name has 1 to 63 printable"},
    {"network/name", "\"0123456789012345678901234567890123456789012345678901234567890123\"", "expected at most 63"},
    {"network/classes", "4", "classes is 4, expected 3"},
    {"network/classes", "-1", "network: field \"classes\" is -1, expected 0 to 4096"},
    {"network/classes", "3.0", "network: field \"classes\" is not an integer"},
    {"network/group", "0", "network: field \"group\" is 0, expected 8 to 4096"},
    {"network/group", "12", "layer b1: mid is 16, expected a multiple of the group size 12"},
    {"network/group", "32", "layer b1: mid is 16, expected a multiple of the group size 32"},
    {"network/input", "6", "network: field \"input\" is missing or not an object"},
    {"network/input/height", "0", "input: field \"height\" is 0, expected 1 to 255"},
    {"network/input/height", "256", "input: field \"height\" is 256, expected 1 to 255"},
    {"network/input/width", "256", "input: field \"width\" is 256, expected 1 to 255"},
    {"network/input/channels", "9223372036854775807", "field \"channels\" is 9223372036854775807, expected 1 to 4096"},
    {"network/input/channels", "3", "layer stem: in is 1, but the image has 3 channels"},
    {"network/input/height", "8", "tensor b3.spatial.given: wrong shape, expected [4][3]"},
    {"network/input/depth", "8", "input: unknown field \"depth\""},
    {"network/input/pixels", "6", "input: field \"pixels\" is not an object"},
    {"network/input/pixels", "{\"shift\": 2}", "field \"pixels\": shift: expected 1"},
    {"network/input/pixels", "{\"shift\": 1, \"mean\": [0]}", "input.pixels: unknown field \"mean\""},
    {"network/input/pixels", "{\"mean\": [0], \"std\": [1], \"scale\": 1, \"x\": 1}", "input.pixels: unknown field \"x\""},
    {"network/input/pixels", "{\"mean\": [0, 0], \"std\": [1], \"scale\": 1}", "mean: expected a number for each channel"},
    {"network/input/pixels", "{\"mean\": [1e9], \"std\": [1], \"scale\": 1}", "mean: expected a number for each channel"},
    {"network/input/pixels", "{\"mean\": [0], \"std\": [0], \"scale\": 1}", "std: expected a positive number for each channel"},
    {"network/input/pixels", "{\"mean\": [0], \"std\": [\"1\"], \"scale\": 1}", "std: expected a positive number"},
    {"network/input/pixels", "{\"mean\": [0], \"std\": [1], \"scale\": -1}", "scale: expected a positive number"},
    {"network/input/pixels", "{\"mean\": [0], \"std\": [1]}", "scale: expected a positive number"},
    {"network/dataset", "\"\"", "field \"dataset\": expected text of 1 to 63 bytes"},
    {"network/dataset", "7", "field \"dataset\": expected text of 1 to 63 bytes"},
    {"network/dataset", "\"a\\u0007\"", "field \"dataset\": expected text of 1 to 63 bytes"},
    {"network/class_names", "[\"a\", \"b\"]", "field \"class_names\": expected a name for each of 3 classes"},
    {"network/class_names", "[\"a\", \"b\", \"\"]", "field \"class_names\": name 2: expected text"},
    {"network/class_names", "\"abc\"", "expected a name for each of 3 classes"},
    {"network/layers/2/padding", "\"valid\"", "layer b2: unknown padding \"valid\""},
    {"network/layers/1/padding", "\"same\"", "layer b1: padding \"same\" belongs to blocks of stride 2"},
    {"network/info", "1", "network: field \"info\" is not an object"},
    {"network/layers", "[]", "expected an array of 1 to 256 layers"},
    {"network/layers", "{}", "expected an array of 1 to 256 layers"},
    {"network/layers/1", "null", "layer 1: field \"name\" is missing"},
    {"network/layers/1/name", "\"b 1\"", "layer 1: a name has 1 to 22 characters"},
    {"network/layers/1/name", "\"b1.conv1\"", "layer 1: a name has 1 to 22 characters"},
    {"network/layers/1/name", "\"\"", "layer 1: a name has 1 to 22 characters"},
    {"network/layers/1/name", "\"a-name-of-23-characters\"", "has 23 characters, expected at most 22"},
    {"network/layers/3/name", "\"b1\"", "layer b1: two layers have this name"},
    {"network/layers/1/kind", "\"dense\"", "layer b1: unknown kind \"dense\""},
    {"network/layers/1/kind", "\"stem\"", "layer b1: unknown field \"mid\""},
    {"network/layers/0/kernel", "5", "layer stem: kernel is 5, expected 3 or 7"},
    {"network/layers/0/kernel", "8", "layer stem: field \"kernel\" is 8, expected 3 to 7"},
    {"network/layers/0/out", "12", "layer stem: out is 12, expected 8 to 4096, a multiple of 8"},
    {"network/layers/0/out", "16", "layer b1: in is 8, but stem has 16 channels"},
    {"network/layers/0/max_pool", "1", "layer stem: field \"max_pool\" is not a boolean"},
    {"network/layers/0/padding", "1", "layer stem: unknown field \"padding\""},
    {"network/layers/0", "", "layer b1: in is 8, but the image has 1 channels"},
    {"network/layers/1/max_pool", "true", "layer b1: unknown field \"max_pool\""},
    {"network/layers/1/in", "4097", "layer b1: field \"in\" is 4097, expected 1 to 4096"},
    {"network/layers/1/mid", "24", "tensor b1.conv1.weight: wrong shape, expected [24][8][3][3]"},
    {"network/layers/1/mid", "528", "layer b1: 66 groups of 8 channels, expected at most 64 groups"},
    {"network/layers/1/mid", "", "layer b1: field \"mid\" is missing"},
    {"network/layers/1/out", "16", "layer b1: the residual needs a shortcut (in 8, out 16, stride 1)"},
    {"network/layers/1/stride", "2", "layer b1: the residual needs a shortcut (in 8, out 8, stride 2)"},
    {"network/layers/1/stride", "3", "layer b1: field \"stride\" is 3, expected 1 to 2"},
    {"network/layers/1/shortcut", "true", "tensor b1.shortcut.weight is missing"},
    {"network/layers/1/shortcut", "", "layer b1: field \"shortcut\" is missing, expected true or false"},
    {"network/layers/2/shortcut", "false", "layer b2: the residual needs a shortcut"},
    {"network/layers/1/spatial", "\"some\"", "layer b1: unknown spatial \"some\""},
    {"network/layers/1/spatial", "", "layer b1: field \"spatial\" is missing"},
    {"network/layers/1/spatial", "\"none\"", "layer b2: spatial is reuse, but the layer before it has no spatial mask"},
    {"network/layers/1/spatial", "\"reuse\"", "layer b1: spatial is reuse, but the layer before it has no spatial mask"},
    {"network/layers/2/spatial", "\"unit\"", "tensor b2.spatial.weight is missing"},
    {"network/layers/3/spatial", "\"none\"", "tensor b3.spatial.given is not part of the network"},
    {"network/layers/1/channel", "\"reuse\"", "layer b1: unknown channel \"reuse\""},
    {"network/layers/1/channel", "\"none\"", "layer b1: keep is 1, but without a channel mask all 2 groups stay"},
    {"network/layers/1/keep", "0", "layer b1: field \"keep\" is 0, expected 1 to 2"},
    {"network/layers/1/keep", "3", "layer b1: field \"keep\" is 3, expected 1 to 2"},
    {"network/layers/1/keep", "", "layer b1: field \"keep\" is missing"},
    {"network/layers/1/pool", "\"min\"", "layer b1: unknown pool \"min\""},
    {"network/layers/1/pool", "", "layer b1: field \"pool\" is missing"},
    {"network/layers/2/keep", "2", "tensor b2.channel.given: 1 ones, expected keep = 2"},
    {"network/layers/4", "", "classes is 3, expected 0"},
    {"network/layers/4/stride", "1", "layer head: unknown field \"stride\""},
    {"network/layers/4/out", "0", "layer head: field \"out\" is 0, expected 1 to 4096"},
    {"tensors/b1.conv1.weight", "", "tensor b1.conv1.weight is missing"},
    {"tensors/b1.conv1.weight", "3", "tensor b1.conv1.weight: dtype is missing, expected I8"},
    {"tensors/b1.conv1.weight/dtype", "\"U8\"", "tensor b1.conv1.weight: dtype is U8, expected I8"},
    {"tensors/b1.conv1.weight/shape", "[16,8,9]", "tensor b1.conv1.weight: wrong shape, expected [16][8][3][3]"},
    {"tensors/b1.conv1.weight/shape", "[16,8,3,3.0]", "tensor b1.conv1.weight: wrong shape, expected [16][8][3][3]"},
    {"tensors/b1.conv1.weight/shape", "\"\"", "tensor b1.conv1.weight: wrong shape, expected [16][8][3][3]"},
    {"tensors/b1.conv1.weight/offset", "", "tensor b1.conv1.weight: field \"offset\" is missing"},
    {"tensors/b1.conv1.weight/offset", "-64", "tensor b1.conv1.weight: field \"offset\" is -64, expected 0 to"},
    {"tensors/b1.conv1.weight/offset", "9223372036854775744", "tensor b1.conv1.weight: field \"offset\" is 92233720368547"},
    {"tensors/b1.conv1.weight/offset", "8", "tensor b1.conv1.weight: offset 8 is misaligned, expected a multiple of 64"},
    {"tensors/b1.conv1.weight/offset", "0", "overlap"},
    {"tensors/b1.conv1.weight/crc", "0", "tensor b1.conv1.weight: unknown field \"crc\""},
    {"tensors/extra", "{\"dtype\": \"I8\"}", "tensor extra is not part of the network"},
};

ParameterizedTestParameters(container_defects, fields) {
    return cr_make_param_array(field_defect, field_defects, sizeof field_defects / sizeof field_defects[0]);
}

ParameterizedTest(field_defect *defect, container_defects, fields) {
    container_box box;
    box_open(&box, box_network);
    json_t *value = NULL;
    if (defect->value[0] != '\0') {
        value = json_loads(defect->value, JSON_DECODE_ANY, NULL);
        cr_assert_not_null(value, "%s", defect->value);
    }
    box_set(&box, defect->path, value);
    box_write(&box);
    box_expect(&box, defect->expected);
    box_close(&box);
}

/* Bytes of a tensor overwritten. */
typedef struct {
    char tensor[32];
    int offset;
    unsigned char bytes[8];
    int count;
    char expected[112];
} value_defect;

static value_defect value_defects[] = {
    {"stem.conv.mult", 2, {0xff, 0xff}, 2, "tensor stem.conv.mult: channel 1 is -1, expected 0 to 32767"},
    {"b1.conv1.mult", 0, {0x00, 0x80}, 2, "tensor b1.conv1.mult: channel 0 is -32768, expected 0 to 32767"},
    {"b1.conv1.shift", 15, {32}, 1, "tensor b1.conv1.shift: channel 15 is 32, expected 0 to 31"},
    {"b1.conv1.bias", 8, {0, 0, 0, 0, 0, 0x80, 0, 0}, 8, "tensor b1.conv1.bias: channel 1 is 140737488355328, expected a mag"},
    {"b1.conv1.bias", 0, {0, 0, 0, 0, 0, 0x80, 0xff, 0xff}, 8, "tensor b1.conv1.bias: channel 0 is -140737488355328, expect"},
    {"b1.conv1.bias", 0, {0, 0, 0, 0, 0, 0, 0, 0x80}, 8, "tensor b1.conv1.bias: channel 0 is -9223372036854775808, expected"},
    {"b1.conv2.res_mult", 4, {0, 0, 0, 0x80}, 4, "tensor b1.conv2.res_mult: channel 1 is -2147483648, expected 0 to 2^31-1"},
    {"b1.spatial.bias", 0, {0xff, 0xff, 0xff, 0x7f}, 4, "layer b1: the spatial mask's sum can reach"},
    {"b1.spatial.bias", 0, {0, 0, 0, 0x80}, 4, "layer b1: the spatial mask's sum can reach"},
    {"b3.spatial.given", 4, {2}, 1, "tensor b3.spatial.given: element 4 is 2, expected 0 or 1"},
    {"b2.channel.given", 1, {255}, 1, "tensor b2.channel.given: element 1 is 255, expected 0 or 1"},
    {"b2.channel.given", 1, {1}, 1, "tensor b2.channel.given: 2 ones, expected keep = 1"},
    {"b2.channel.given", 0, {0}, 1, "tensor b2.channel.given: 0 ones, expected keep = 1"},
    {"head.bias", 8, {0, 0, 0, 0x80}, 4, "layer head: logit 2 can reach"},
    {"head.bias", 0, {0xff, 0xff, 0xff, 0x7f}, 4, "layer head: logit 0 can reach"},
};

ParameterizedTestParameters(container_defects, values) {
    return cr_make_param_array(value_defect, value_defects, sizeof value_defects / sizeof value_defects[0]);
}

ParameterizedTest(value_defect *defect, container_defects, values) {
    container_box box;
    box_open(&box, box_network);
    memcpy(box_tensor(&box, defect->tensor) + defect->offset, defect->bytes, (size_t)defect->count);
    box_write(&box);
    box_expect(&box, defect->expected);
    box_close(&box);
}

/* Values at the end of their range are fine. */
Test(container_defects, extreme_values_are_accepted) {
    container_box box;
    dp_model model;
    dp_error err = {""};
    box_open(&box, box_network);
    memcpy(box_tensor(&box, "b1.conv1.mult"), "\xff\x7f", 2);
    memcpy(box_tensor(&box, "b1.conv1.shift"), "\x1f", 1);
    memcpy(box_tensor(&box, "b1.conv1.bias"), "\xff\xff\xff\xff\xff\x7f\0\0", 8);
    memcpy(box_tensor(&box, "b1.conv1.bias") + 8, "\1\0\0\0\0\x80\xff\xff", 8);
    memcpy(box_tensor(&box, "b1.conv2.res_mult"), "\xff\xff\xff\x7f", 4);
    box_write(&box);
    cr_assert_eq(dp_model_load(&model, box.path, &err), DP_OK, "%s", err.text);
    cr_assert_eq(model.layers[1].conv[0].bias[1], -(((int64_t)1 << 47) - 1));
    dp_model_free(&model);
    box_close(&box);
}

static void expect_bad_text(const container_box *box, const char *text, const char *expected) {
    box_write_text(box, text, strlen(text));
    box_expect(box, expected);
}

Test(container_defects, headers_that_are_no_json) {
    container_box box;
    box_open(&box, box_network);
    expect_bad_text(&box, "", "header is not valid JSON");
    expect_bad_text(&box, "{\"network\": ", "header is not valid JSON");
    expect_bad_text(&box, "{} {}", "header is not valid JSON");
    expect_bad_text(&box, "{\"network\": {\"classes\": NaN}}", "header is not valid JSON");
    expect_bad_text(&box, "{\"network\": {\"classes\": 1e999}}", "header is not valid JSON");
    expect_bad_text(&box, "{\"network\": {\"classes\": 99999999999999999999}}", "header is not valid JSON");
    expect_bad_text(&box, "{\"network\": {\"name\": \"\xff\"}}", "header is not valid JSON");
    expect_bad_text(&box, "{\"network\": {\"name\": \"a\\u0000b\"}}", "header is not valid JSON");
    expect_bad_text(&box, "{\"network\": {}, \"network\": {}}", "duplicate object key");
    expect_bad_text(&box, "[]", "field \"network\" is missing");
    char *deep = malloc(1000001);
    cr_assert_not_null(deep);
    memset(deep, '[', 1000000);
    deep[1000000] = '\0';
    expect_bad_text(&box, deep, "header is not valid JSON");
    free(deep);
    box_close(&box);
}

Test(container_defects, first_block_has_nothing_to_pool) {
    container_box box;
    box_open(&box, box_network);
    box_set(&box, "network/layers/0", NULL);
    box_set(&box, "network/input/channels", json_integer(8));
    box_write(&box);
    box_expect(&box, "layer b1: channel is unit, but no layer precedes it to be pooled");
    box_close(&box);
}

Test(container_defects, layers_in_the_wrong_order) {
    container_box box;
    box_open(&box, box_network);
    json_t *layers = json_object_get(json_object_get(box.root, "network"), "layers");
    json_t *stem = json_deep_copy(json_array_get(layers, 0)), *head = json_deep_copy(json_array_get(layers, 4));
    cr_assert_eq(json_object_set_new(stem, "name", json_string("stem2")), 0);
    cr_assert_eq(json_object_set_new(stem, "in", json_integer(8)), 0);
    cr_assert_eq(json_array_insert_new(layers, 1, stem), 0);
    box_write(&box);
    box_expect(&box, "layer stem2: a stem can only be the first layer");
    cr_assert_eq(json_array_remove(layers, 1), 0);
    cr_assert_eq(json_object_set_new(head, "name", json_string("head2")), 0);
    cr_assert_eq(json_array_insert_new(layers, 4, head), 0);
    box_write(&box);
    box_expect(&box, "layer head2: a head can only be the last layer");
    box_close(&box);
}

Test(container_defects, bytes_of_no_tensor) {
    container_box box;
    box_open(&box, box_network);
    size_t used = box.data_size;
    box.data = realloc(box.data, used + 128);
    cr_assert_not_null(box.data);
    memset(box.data + used, 0, 128);
    box.data_size = used + 64;
    box_write(&box);
    box_expect(&box, "oversized: the last 64 bytes belong to no tensor");
    box.data_size = used + 128;
    memmove(box.data + used + 64, box_tensor(&box, "head.bias"), 12);
    box_set(&box, "tensors/head.bias/offset", json_integer((json_int_t)used + 64));
    box_write(&box);
    box_expect(&box, "before tensor head.bias, belong to no tensor");
    box_close(&box);
}

Test(container_defects, data_section_cut_inside_a_tensor) {
    container_box box;
    box_open(&box, box_network);
    box.data_size -= 64;
    box_write(&box);
    box_expect(&box, "tensor head.bias:");
    box_close(&box);
}

Test(container_defects, accumulator_that_wraps) {
    container_box box;
    box_open(&box, "{\"name\": \"wide\", \"classes\": 0, \"group\": 8,"
                   "\"input\": {\"height\": 1, \"width\": 1, \"channels\": 4096}, \"layers\": ["
                   "{\"name\": \"stem\", \"kind\": \"stem\", \"in\": 4096, \"out\": 8, \"kernel\": 7, \"stride\": 1}]}");
    memset(box_tensor(&box, "stem.conv.weight"), 0x80, (size_t)4096 * 49); /* -128 in channel 0 */
    box_write(&box);
    box_expect(&box, "tensor stem.conv.weight: channel 0 can reach 3288334336, the accumulator wraps at 2^31");
    box_close(&box);
}

Test(container_defects, score_that_wraps) {
    container_box box;
    box_open(
        &box,
        "{\"name\": \"large\", \"classes\": 0, \"group\": 8,"
        "\"input\": {\"height\": 255, \"width\": 255, \"channels\": 1}, \"layers\": ["
        "{\"name\": \"stem\", \"kind\": \"stem\", \"in\": 1, \"out\": 1040, \"kernel\": 3, \"stride\": 1},"
        "{\"name\": \"b1\", \"kind\": \"basic\", \"in\": 1040, \"mid\": 8, \"out\": 1040, \"stride\": 1, \"shortcut\": false,"
        " \"spatial\": \"none\", \"channel\": \"unit\", \"keep\": 1, \"pool\": \"avg\"}]}");
    memset(box_tensor(&box, "b1.channel.weight"), 0x80, 1040);
    memcpy(box_tensor(&box, "b1.channel.bias"), "\0\0\0\x80", 4);
    box_write(&box);
    box_expect(&box, "layer b1: the score of group 0 can reach");
    box_close(&box);
}

/* Headers with a few bytes changed at random and a correct checksum: whatever is accepted is a checked model. */
Test(container_defects, random_damage_of_the_header) {
    container_box box;
    rng random;
    int refused = 0;
    box_open(&box, box_network);
    rng_seed(&random, 1);
    char *text = json_dumps(box.root, JSON_COMPACT);
    cr_assert_not_null(text);
    size_t length = strlen(text);
    char *damaged = malloc(length);
    cr_assert_not_null(damaged);
    for (int i = 0; i < 4000; i++) {
        static const char likely[] = "0123456789-.eE[]{}\",:\\ ntf";
        dp_model model;
        dp_error err = {""};
        memcpy(damaged, text, length);
        for (uint32_t changes = 1 + rng_below(&random, 3); changes > 0; changes--) {
            size_t at = rng_below(&random, (uint32_t)length);
            bool any = rng_below(&random, 4) == 0;
            damaged[at] = any ? (char)rng_below(&random, 256) : likely[rng_below(&random, sizeof likely - 1)];
        }
        box_write_text(&box, damaged, length);
        dp_status status = dp_model_load(&model, box.path, &err);
        cr_assert(status == DP_OK || (status == DP_BAD_INPUT && err.text[0] != '\0'), "damage %d: status %d", i, status);
        if (status == DP_OK) {
            cr_assert_eq(dp_model_check(&model, "again", &err), DP_OK, "%s", err.text);
            dp_model_free(&model);
        }
        refused += status == DP_BAD_INPUT;
    }
    cr_expect_gt(refused, 3000);
    free(damaged);
    free(text);
    box_close(&box);
}
