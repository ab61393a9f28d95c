/* Buffers that live and die together: zeroed, aligned for any type, freed at once. Whoever has written beyond the end of one ends the
   program with a message when they are freed. */
#ifndef DPACS_ARENA_H
#define DPACS_ARENA_H

#include <stdbool.h>
#include <stddef.h>

typedef struct arena_chunk arena_chunk;

/* All zero is an empty arena. */
typedef struct {
    arena_chunk *chunks;
    bool failed; /* some allocation did: check once, after the last one */
} arena;

/* count x size zero bytes (never NULL if that is 0); NULL and `failed` if memory is short. */
void *arena_alloc(arena *a, size_t count, size_t size);
void arena_free(arena *a);

#endif
