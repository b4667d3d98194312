/* SPDX-License-Identifier: MIT */
/* Values as text: section 8 of the language (print), printf's verbs (section 10), and the numbers
 * in both. Foreign spans are kept. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "data/value.h"

/* What `{{ value }}` writes: nil is "<no value>", a pointer to a struct is the struct; a string is
 * returned as it is, without a copy. False: a channel, which only print and printf write, or one of
 * the limits of print_add(). */
MUST_CHECK bool print_value(struct arena *arena, const struct value *value, struct text *ret_text,
                            struct error *err);
/* Appends what print and %v write: nil is "<nil>". False only when LIMIT_VALUE_DEPTH or
 * LIMIT_OUTPUT_BYTES is met. Addresses (of pointers inside other values, channels) are always the
 * same made-up one: a real one would change the text from render to render. */
MUST_CHECK bool print_add(struct text_builder *out, const struct value *value, struct error *err);
/* print: a space between two neighbours when neither is a string. println: between all, and LF. */
MUST_CHECK bool print_all(struct text_builder *out, const struct value *args, size_t n_args,
                          bool is_line, struct error *err);
/* Mistakes of the format print in place, as Go's; an error is only a limit. */
MUST_CHECK bool print_formatted(struct text_builder *out, const struct text *format,
                                const struct value *args, size_t n_args, struct error *err);

/* Go's strconv.FormatFloat: format is 'e', 'E', 'f', 'g', 'G', 'x', 'X' or 'b'; precision -1 takes
 * the fewest digits that read back the same double. 'g' with precision -1 uses exponent form for
 * decimal exponents below -4 and from `exponent_at` on: 6 is what print and %v do. */
void print_add_double(struct buf *out, double number, char format, int precision, int exponent_at);
/* The Go syntax of a text in double quotes (%q); is_ascii: %+q. */
void print_add_quoted(struct buf *out, struct slice text, bool is_ascii);
