/* The one list of a layer's tensors: name, type, shape and where they hang in dp_layer. Loader,
   writer and generator walk it. */
#ifndef DPACS_TENSOR_LIST_H
#define DPACS_TENSOR_LIST_H

#include "model.h"

enum { TENSORS_PER_LAYER = 24, TENSOR_NAME = 48, TENSOR_RANK = 4, TENSOR_ALIGN = 64 };

typedef enum { TENSOR_I8, TENSOR_U8, TENSOR_I16, TENSOR_I32, TENSOR_I64 } tensor_type;

typedef struct {
    char name[TENSOR_NAME]; /* "b1.conv2.res_mult" */
    tensor_type type;
    int rank;
    int shape[TENSOR_RANK];
    size_t slot; /* offset in dp_layer of the pointer, or of the value itself */
    bool is_value;
} tensor_desc;

/* Lists the tensors of a layer whose shape is derived and within limits (model_check_shape);
   returns their number. */
int layer_tensors(const dp_layer *layer, tensor_desc list[TENSORS_PER_LAYER]);

const char *tensor_type_name(tensor_type type); /* "I8" */
size_t tensor_bytes(const tensor_desc *desc);
static inline size_t tensor_align(size_t bytes) { return (bytes + TENSOR_ALIGN - 1) / TENSOR_ALIGN * TENSOR_ALIGN; }

/* NULL where nothing is bound */
const void *tensor_data(const dp_layer *layer, const tensor_desc *desc);
/* values are copied, pointers kept */
void tensor_bind(dp_layer *layer, const tensor_desc *desc, const void *data);

#endif
