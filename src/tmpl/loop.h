/* SPDX-License-Identifier: MIT */
/* The state of a channel (KIND_CHANNEL), which is always what `loop` returned: numbers that are
 * used up by taking them. A range that ends early leaves the rest to the next one. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct loop {
    int64_t next, end; /* next < end: there are more */
};

/* Takes the next number; false when none is left. */
static inline bool loop_take(struct loop *loop, int64_t *ret_number)
{
    if (loop->next >= loop->end)
        return false;
    *ret_number = loop->next++;
    return true;
}
