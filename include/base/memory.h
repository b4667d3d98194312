/* SPDX-License-Identifier: MIT */
/* Heap memory that never runs out: a failed allocation is logged and aborts the program.
 *
 * HAProxy keeps serving the last good file and systemd starts us again, so there is no half-failed
 * state to handle. Sizes that come from outside meet limits.h before they get here. */
#pragma once

#include <stddef.h>

void *memory_alloc(size_t size); /* zeroed; release with free() */
void *memory_resize(void *ptr, size_t size);
/* Room for n items of the given size; aborts when the product overflows. */
void *memory_resize_array(void *ptr, size_t n, size_t size);
char *memory_copy_string(const char *text); /* NULL gives NULL */
/* Gives the system back what is free, which the heap would keep: takes milliseconds. */
void memory_trim(void);

#define NEW(type) ((type *)memory_alloc(sizeof(type)))

/* Makes room for one more item of a growing array of n items with room for *cap. */
#define GROW(array, n, cap)                                                  \
    do {                                                                     \
        if ((n) == (cap)) {                                                  \
            (cap) = (cap) ? (cap)*2 : 8;                                     \
            (array) = memory_resize_array((array), (cap), sizeof(*(array))); \
        }                                                                    \
    } while (0)
