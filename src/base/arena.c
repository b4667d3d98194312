/* SPDX-License-Identifier: MIT */
/* Memory that is released as a whole: a list of blocks, most often each twice as large as
 * the last. */
#include "base/arena.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

#define ARENA_FIRST_BLOCK 1024
#define ARENA_MAX_BLOCK   (256u << 10)
#define ARENA_ALIGN       8 /* what wants more, long double and vectors, nobody keeps */
/* No allocation grants it, and a block's head can be added without an overflow. */
#define ARENA_TOO_LARGE ((size_t)PTRDIFF_MAX + 1)

struct arena_block {
    struct arena_block *older;
    size_t size; /* of data */
    _Alignas(max_align_t) char data[];
};

/* Doubling wastes up to half of what is kept: of thousands of small arenas, megabytes. */
static size_t next_block(const struct arena *arena)
{
    size_t first = arena->first_block ? arena->first_block : ARENA_FIRST_BLOCK;

    if (!arena->blocks)
        return first;
    if (!arena->is_tight)
        return arena->blocks->size * 2;
    return arena->used / 8 > first / 2 ? arena->used / 8 : first / 2;
}

static void arena_add_block(struct arena *arena, size_t size)
{
    size_t next = next_block(arena);

    if (next > ARENA_MAX_BLOCK)
        next = ARENA_MAX_BLOCK;
    if (next < size)
        next = size;

    struct arena_block *block = memory_resize(NULL, sizeof(*block) + next);

    block->size = next;
    block->older = arena->blocks;
    arena->blocks = block;
    arena->next = block->data;
    arena->end = block->data + next;
}

static void *take(struct arena *arena, size_t size, size_t align)
{
    size_t pad = -(uintptr_t)arena->next & (align - 1);
    size_t total = size < ARENA_TOO_LARGE ? pad + size : ARENA_TOO_LARGE;

    if (!arena->next || total > (size_t)(arena->end - arena->next)) {
        arena_add_block(arena, total);
        pad = 0;
    }

    char *ptr = arena->next + pad;

    arena->next = ptr + size;
    arena->used += pad + size;
    return ptr;
}

void *arena_alloc(struct arena *arena, size_t size)
{
    return take(arena, size, ARENA_ALIGN);
}

void *arena_alloc_zeroed(struct arena *arena, size_t size)
{
    return memset(arena_alloc(arena, size), 0, size);
}

void *arena_alloc_array(struct arena *arena, size_t n, size_t size)
{
    size_t total;

    if (__builtin_mul_overflow(n, size, &total))
        total = SIZE_MAX;
    return arena_alloc(arena, total);
}

struct slice arena_copy(struct arena *arena, struct slice text)
{
    char *copy = take(arena, text.len + 1, 1);

    if (text.len)
        memcpy(copy, text.ptr, text.len);
    copy[text.len] = '\0';
    return slice_of(copy, text.len);
}

void arena_trim(struct arena *arena, void *ptr, size_t size, size_t used)
{
    if ((char *)ptr + size != arena->next || used > size)
        return;
    arena->next = (char *)ptr + used;
    arena->used -= size - used;
}

void arena_reset(struct arena *arena)
{
    struct arena_block *newest = arena->blocks;

    arena->used = 0;
    if (!newest)
        return;
    while (newest->older) {
        struct arena_block *older = newest->older;

        newest->older = older->older;
        free(older);
    }
    arena->next = newest->data;
    arena->end = newest->data + newest->size;
}

void arena_fini(struct arena *arena)
{
    while (arena->blocks) {
        struct arena_block *older = arena->blocks->older;

        free(arena->blocks);
        arena->blocks = older;
    }
    *arena = (struct arena){ .first_block = arena->first_block, .is_tight = arena->is_tight };
}
