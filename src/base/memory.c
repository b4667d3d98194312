/* SPDX-License-Identifier: MIT */
/* Heap memory that never runs out. */
#include "base/memory.h"

#include <malloc.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

static NORETURN void memory_die(size_t size)
{
    /* Not the log: it may allocate. */
    fprintf(stderr, "edgewright: out of memory (%zu bytes)\n", size);
    abort();
}

void *memory_alloc(size_t size)
{
    void *ptr = calloc(1, size ? size : 1);

    if (!ptr)
        memory_die(size);
    return ptr;
}

void *memory_resize(void *ptr, size_t size)
{
    void *resized = realloc(ptr, size ? size : 1);

    if (!resized)
        memory_die(size);
    return resized;
}

void *memory_resize_array(void *ptr, size_t n, size_t size)
{
    size_t total;

    if (__builtin_mul_overflow(n, size, &total))
        memory_die(SIZE_MAX);
    return memory_resize(ptr, total);
}

char *memory_copy_string(const char *text)
{
    if (!text)
        return NULL;

    size_t size = strlen(text) + 1;

    return memcpy(memory_alloc(size), text, size);
}

void memory_trim(void)
{
    malloc_trim(0);
}
