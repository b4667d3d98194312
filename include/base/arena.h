/* SPDX-License-Identifier: MIT */
/* Memory that is released as a whole. What it hands out is aligned for pointers and numbers (8
 * bytes), and not zeroed unless said; nothing in it is freed alone. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/slice.h"

struct arena_block;

struct arena {
    struct arena_block *blocks; /* newest first */
    char *next, *end;           /* free room in the newest */
    size_t used;                /* bytes handed out since the last reset */
    size_t first_block;         /* size of the first block; 0: the default */
    bool is_tight;              /* filled once and kept: little room is left over */
};

#define ARENA_EMPTY ((struct arena){ NULL, NULL, NULL, 0, 0, false })

void *arena_alloc(struct arena *arena, size_t size); /* never NULL, also for 0 bytes */
void *arena_alloc_zeroed(struct arena *arena, size_t size);
void *arena_alloc_array(struct arena *arena, size_t n, size_t size); /* aborts on overflow */
struct slice arena_copy(struct arena *arena, struct slice text);     /* adds a NUL behind it */
/* Gives back what was allocated last and not used after all: shrinks it from size to used. */
void arena_trim(struct arena *arena, void *ptr, size_t size, size_t used);
void arena_reset(struct arena *arena); /* everything it handed out is gone; keeps one block */
void arena_fini(struct arena *arena);

#define ARENA_NEW(arena, type)      ((type *)arena_alloc_zeroed((arena), sizeof(type)))
#define ARENA_ARRAY(arena, n, type) ((type *)arena_alloc_array((arena), (n), sizeof(type)))

/* Makes room for one more item of an array of n items that grows in an arena; the arena gives
 * nothing back, so it grows by doubling. */
#define ARENA_GROW(arena, items, n, cap)                                       \
    do {                                                                       \
        if ((n) == (cap)) {                                                    \
            (cap) = (cap) ? (cap)*2 : 4;                                       \
            void *grown = arena_alloc_array((arena), (cap), sizeof(*(items))); \
            if (n)                                                             \
                memcpy(grown, (items), (n) * sizeof(*(items)));                \
            (items) = grown;                                                   \
        }                                                                      \
    } while (0)
