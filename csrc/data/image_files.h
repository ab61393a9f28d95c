/* Readers of the published data sets' own formats, for image.c. On failure the set may hold memory:
   image_close. */
#ifndef DPACS_IMAGE_FILES_H
#define DPACS_IMAGE_FILES_H

#include "image.h"

enum { DATASET_CLASSES = 10 }; /* of MNIST-like sets and of CIFAR-10 */

/* MNIST's idx formats, gzip-compressed or plain. */
dp_status idx_read_images(image_set *set, const char *path, const dp_model *model, dp_error *err) DP_MUST_USE;
dp_status idx_read_labels(image_set *set, const char *path, dp_error *err) DP_MUST_USE;

/* CIFAR-10's binary format: records of a label and 3 planes of 32x32. */
dp_status cifar_read(image_set *set, const char *path, const dp_model *model, dp_error *err) DP_MUST_USE;

#endif
