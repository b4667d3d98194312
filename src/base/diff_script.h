/* SPDX-License-Identifier: MIT */
/* Which lines of two texts are gone and which are new. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"

struct diff_line {
    struct slice text; /* with its newline, which only the last one may lack */
    uint64_t hash;
    bool is_hidden;
    bool is_changed; /* gone from the old text, or new in the new one */
};

struct diff_lines {
    struct diff_line *items;
    size_t n;
};

/* Sets is_changed of both: the fewest lines, or where that takes too long (LIMIT_DIFF_STEPS), all
 * between the first and the last difference. */
void diff_compare(struct diff_lines *old, struct diff_lines *now);
