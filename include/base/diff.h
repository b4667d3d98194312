/* SPDX-License-Identifier: MIT */
/* What differs between two texts, as `diff -u` shows it. */
#pragma once

#include <stddef.h>

#include "base/buf.h"
#include "base/slice.h"

struct diff_side {
    const char *name; /* behind "---" and "+++" */
    struct slice text;
};

/* Appends the difference; nothing for equal texts. What is inside of PEM blocks (keys) is compared,
 * but shown as "(hidden)". max_lines 0: all; else so many, and a line that says how many more there
 * are. Texts of more than LIMIT_DIFF_LINES lines are not compared, which is said. */
void diff_format(const struct diff_side *old, const struct diff_side *now, size_t max_lines,
                 struct buf *out);
