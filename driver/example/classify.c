/* libdpacs on a board: classify NETWORK IMAGES... prints the class of each image (raw int8, H*W*C bytes a file). */
#include <stdio.h>
#include <stdlib.h>

#include "dpacs_file.h"
#include "dpacs_linux.h"

static int fail(const dpacs *d, const char *what) {
    (void)fprintf(stderr, "%s: %s\n", what, d->text);
    return 1;
}

static int largest(const int32_t *logits, uint32_t count) {
    int best = 0;
    for (uint32_t i = 1; i < count; i++)
        if (logits[i] > logits[best]) best = (int)i;
    return best;
}

int main(int argc, char **argv) {
    static dpacs d;
    static dpacs_linux board;
    const dpacs_linux_options options = dpacs_linux_defaults();
    dpacs_file network;
    if (argc < 3) return (void)fprintf(stderr, "usage: %s NETWORK IMAGE...\n", argv[0]), 2;
    if (dpacs_linux_open(&d, &board, &options) != DPACS_OK) return fail(&d, "accelerator");
    if (dpacs_file_read(&d, argv[1], &network) != DPACS_OK || dpacs_load(&d, &network.network) != DPACS_OK)
        return fail(&d, argv[1]);
    dpacs_file_free(&network);

    int8_t *image = malloc(d.network.image_bytes);
    int32_t *logits = malloc(d.network.logits * sizeof *logits);
    if (image == NULL || logits == NULL) return 1;
    int next = 2, shown = 2, failed = 0;
    while (shown < argc && !failed) {
        uint32_t job;
        /* The accelerator always has work: the next images are queued before the first one's logits are read. */
        while (next < argc && d.queued - d.done < DPACS_OPEN) {
            FILE *file = fopen(argv[next], "rb");
            if (file == NULL || fread(image, 1, d.network.image_bytes, file) != d.network.image_bytes)
                return perror(argv[next]), 1;
            (void)fclose(file);
            dpacs_status status = dpacs_queue(&d, image, &job);
            if (status == DPACS_FULL) break;
            if (status != DPACS_OK) return fail(&d, argv[next]);
            next++;
        }
        failed = dpacs_logits(&d, (uint32_t)(shown - 2), logits) != DPACS_OK;
        if (failed)
            (void)fail(&d, argv[shown]);
        else
            (void)printf("%s: class %d\n", argv[shown], largest(logits, d.network.logits));
        shown++;
    }
    failed |= dpacs_close(&d) != DPACS_OK; /* aborts what is still at work */
    dpacs_linux_close(&board);
    free(image);
    free(logits);
    return failed;
}
