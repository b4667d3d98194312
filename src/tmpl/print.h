/* SPDX-License-Identifier: MIT */
/* Values as text: section 8 of the language (print), printf's verbs (section 10), and the numbers
 * in both. Foreign spans are kept. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/error.h"
#include "data/value.h"

/* What `{{ value }}` writes: nil is "<no value>"; a string is returned as it is, without a copy. */
struct text print_value(struct arena *arena, const struct value *value);
/* Appends what print and %v write: nil is "<nil>". False only when LIMIT_VALUE_DEPTH or
 * LIMIT_OUTPUT_BYTES is met. */
bool print_add(struct text_builder *out, const struct value *value, struct error *err);
/* print: a space between two neighbours when neither is a string. println: between all, and LF. */
bool print_all(struct text_builder *out, const struct value *args, size_t n_args, bool is_line,
               struct error *err);
/* Mistakes of the format print in place, as Go's; an error is only a limit. */
bool print_formatted(struct text_builder *out, const struct text *format, const struct value *args,
                     size_t n_args, struct error *err);

/* Shortest digits that read back the same double: 'e', 'f' or 'g' with precision -1 of Go's
 * strconv; `exponent_at` is the decimal exponent from which 'g' uses exponent form (21 for JSON and
 * %v, see section 8). */
void print_add_double(struct buf *out, double number, char format, int precision, int exponent_at);
/* The Go syntax of a text in double quotes (%q); is_ascii: %+q. */
void print_add_quoted(struct buf *out, struct slice text, bool is_ascii);
