/* SPDX-License-Identifier: MIT */
/* Compares texts and shows both when they differ. */
#pragma once

#include "base/buf.h"

#include "unit.h"

static inline void expect_text(const char *name, const struct buf *got, const char *want)
{
    if (!slice_is(buf_slice(got), want))
        fail_msg("%s:\ngot:\n%s\nwanted:\n%s", name, buf_slice(got).ptr, want);
}
