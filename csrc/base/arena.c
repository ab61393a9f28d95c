/* See arena.h. */
#include "arena.h"

#include <stdint.h>
#include <stdlib.h>

struct arena_chunk {
    arena_chunk *next;
    max_align_t data[];
};

void *arena_alloc(arena *a, size_t count, size_t size) {
    arena_chunk *chunk = NULL;
    if (size == 0 || count <= (SIZE_MAX / 2) / size) chunk = calloc(1, sizeof *chunk + count * size + 1);
    if (chunk == NULL) {
        a->failed = true;
        return NULL;
    }
    chunk->next = a->chunks;
    a->chunks = chunk;
    return chunk->data;
}

void arena_free(arena *a) {
    while (a->chunks != NULL) {
        arena_chunk *next = a->chunks->next;
        free(a->chunks);
        a->chunks = next;
    }
    a->failed = false;
}
