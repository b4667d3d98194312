/* SPDX-License-Identifier: MIT */
/* What a text would change in the file that it is for, for people. */
#pragma once

#include <stddef.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "base/slice.h"

/* Appends it as `diff -u` does, nothing if there is none; a file that is not there has no lines.
 * PEM blocks are hidden. max_lines 0: all. On an error, out is as it was. */
MUST_CHECK bool difference_format(const char *path, struct slice text, size_t max_lines,
                                  struct buf *out, struct error *err);
/* At debug alone, and bounded: what is about to be installed. */
void difference_log(const char *path, struct slice text);
