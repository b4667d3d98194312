/* SPDX-License-Identifier: MIT */
/* All mistakes of a configuration, not only the first. */
#pragma once

#include <stddef.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/slice.h"

struct report {
    struct buf *out;    /* borrowed; a line for each mistake, and its excerpt */
    struct error first; /* as far as there is one */
    size_t n;
};

/* shown: the text that the error's position refers to, without secrets; may be empty. */
void report_add(struct report *report, const struct error *err, struct slice shown);
/* Says how many there are beyond LIMIT_MISTAKES. */
void report_finish(const struct report *report);
