/* Images for a network: Fashion-MNIST, CIFAR-10 or .npy, as int8 (H,W,C). 8-bit pixels become what
   the network says (docs/container.md). */
#ifndef DPACS_IMAGE_H
#define DPACS_IMAGE_H

#include <stddef.h>
#include <stdint.h>

#include "model.h"

typedef struct {
    int count;
    size_t image_bytes;
    int8_t *pixels; /* (count, H, W, C) */
    uint16_t *labels; /* (count), NULL where they are unknown */
    int classes; /* of the data set that the labels are from; 0: of the network's own */
    const char *dataset; /* what the file is known to hold: "cifar10"; else NULL */
    /* there are labels, of so many classes, but the network has another number; 0: no */
    int foreign_classes;
} image_set;

/* Reads all images of `path` that fit the model's input, and labels where the network has as many classes. A path is
     NULL            Fashion-MNIST of Debian's dataset-fashion-mnist for 28x28x1, $CIFAR10_DIR for 32x32x3
     a directory     with t10k-images-idx3-ubyte[.gz] and its labels, or with CIFAR-10's
                     test_batch.bin
     a .npy file     int8 (N,H,W,C) or (H,W,C), taken as it is, or uint8 pixels; labels are read
                     from the .npy beside it, if there is one: X.npy has X-labels.npy,
                     X-images.npy has X-labels.npy, images.npy has labels.npy
     an idx file     of images, .gz or not; labels are read from the file of that name with
                     images-idx3 -> labels-idx1, if any
   What the network is known to be made for must be what the images are: another data set, or labels
   beyond its classes, are refused. A network of which nothing is known gets no labels of a data set
   with another number of classes. */
dp_status image_open(image_set *set, const char *path, const dp_model *model, dp_error *err) DP_MUST_USE;
int image_count(const image_set *set);
void image_get(const image_set *set, int index, int8_t *out); /* out (H,W,C); 0 <= index < count */
int image_label(const image_set *set, int index); /* -1 where it is unknown */
void image_close(image_set *set);

#endif
