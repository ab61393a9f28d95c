/* Buffers of an arena: zeroed, aligned, and nobody writes beyond them unseen. */
#include <criterion/criterion.h>
#include <signal.h>
#include <stdalign.h>
#include <stdint.h>
#include <string.h>

#include "arena.h"

Test(arena, buffers_are_zero_and_aligned) {
    arena a = {0};
    for (size_t bytes = 0; bytes < 300; bytes++) {
        unsigned char *buffer = arena_alloc(&a, bytes, 1);
        cr_assert_not_null(buffer);
        cr_assert_eq((uintptr_t)buffer % alignof(max_align_t), 0);
        for (size_t i = 0; i < bytes; i++) cr_assert_eq(buffer[i], 0);
        memset(buffer, 0xff, bytes);
    }
    cr_assert_not(a.failed);
    arena_free(&a);
    cr_assert_null(a.chunks);
}

Test(arena, what_is_too_large_is_told) {
    arena a = {0};
    cr_assert_null(arena_alloc(&a, SIZE_MAX / 4, 8));
    cr_assert(a.failed);
    arena_free(&a);
    cr_assert_not(a.failed);
}

static void write_beyond(size_t at) {
    arena a = {0};
    unsigned char *buffer = arena_alloc(&a, 3, 4);
    (void)arena_alloc(&a, 1, 1);
    buffer[12 + at] = 0;
    arena_free(&a);
}

Test(arena, a_byte_beyond_the_end_is_seen, .signal = SIGABRT) { write_beyond(0); }
Test(arena, so_is_a_later_one, .signal = SIGABRT) { write_beyond(31); }
