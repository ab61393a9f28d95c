/* See arena.h. */
#include "arena.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { GUARD = 32, GUARD_BYTE = 0xa5 }; /* after every buffer */

struct arena_chunk {
    arena_chunk *next;
    size_t bytes;
    max_align_t data[];
};

static unsigned char *guard_of(arena_chunk *chunk) { return (unsigned char *)chunk->data + chunk->bytes; }

void *arena_alloc(arena *a, size_t count, size_t size) {
    arena_chunk *chunk = NULL;
    if (size == 0 || count <= (SIZE_MAX / 2) / size) chunk = calloc(1, sizeof *chunk + count * size + GUARD);
    if (chunk == NULL) {
        a->failed = true;
        return NULL;
    }
    chunk->bytes = count * size;
    memset(guard_of(chunk), GUARD_BYTE, GUARD);
    chunk->next = a->chunks;
    a->chunks = chunk;
    return chunk->data;
}

static void expect_guard(arena_chunk *chunk) {
    const unsigned char *guard = guard_of(chunk);
    for (size_t i = 0; i < GUARD; i++) {
        if (guard[i] == GUARD_BYTE) continue;
        (void)fprintf(stderr, "a buffer of %zu bytes was written beyond its end, at byte %zu\n", chunk->bytes, chunk->bytes + i);
        abort();
    }
}

void arena_free(arena *a) {
    while (a->chunks != NULL) {
        arena_chunk *next = a->chunks->next;
        expect_guard(a->chunks);
        free(a->chunks);
        a->chunks = next;
    }
    a->failed = false;
}
