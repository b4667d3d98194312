/* SPDX-License-Identifier: MIT */
/* Cutting a text into pieces at a separator. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/slice.h"
#include "data/value.h"

struct error;
struct eval;

/* How many times the needle, which is not empty, occurs without overlap. */
size_t count_occurrences(struct slice text, struct slice needle);

/* The pieces between separators, or the single characters if the separator is empty; the text is
 * not empty. The pieces keep their spans and live in the rendering's arena. */
bool split_text(struct eval *eval, const struct text *text, struct slice separator,
                struct text **ret_pieces, size_t *ret_n, struct error *err);
