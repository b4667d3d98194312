/* SPDX-License-Identifier: MIT */
/* One piece of printed text: a text, number or character with flags, width and precision.
 * print_kinds.c takes values apart into pieces, printf.c reads formats. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/slice.h"
#include "data/value.h"

struct format {
    bool plus, minus, sharp, space, zero;
    bool is_field_named; /* %+v */
    bool is_go_syntax;   /* %#v */
    bool has_width, has_precision;
    size_t width, precision;
};

/* Where pieces go. The first limit that is met ends the output: `has_failed`, with the error in
 * `err`, and from then on nothing is added. Loops look at it, nobody else needs to. */
struct printer {
    struct text_builder *out;
    struct error *err;
    bool has_failed;
    struct format format;
    struct buf scratch; /* a number or a quoted text before it is padded */
    size_t depth;       /* of the value that is being printed */
    /* The value that a wrong verb names, and whether one is just being reported. */
    const struct value *culprit;
    bool is_reporting;
    bool is_verb_foreign; /* the format, which a report quotes a verb of, has foreign bytes */
};

void printer_init(struct printer *printer, struct text_builder *out, struct error *err);
/* Releases the scratch; true if no limit was met. */
bool printer_finish(struct printer *printer);

/* As they are, without the format. */
void printer_add(struct printer *printer, struct slice own);
void printer_add_string(struct printer *printer, const char *own);
void printer_add_text(struct printer *printer, const struct text *text);
void printer_add_verb(struct printer *printer, uint32_t verb);

/* With the format. A text keeps its foreign bytes; what is made of one (quoted, hexadecimal) is
 * foreign as a whole; padding is our own. */
void format_string(struct printer *printer, const char *own);
void format_text(struct printer *printer, const struct text *text);
void format_quoted(struct printer *printer, const struct text *text);
void format_hex_text(struct printer *printer, const struct text *text, bool is_upper);

enum { INTEGER_SIGNED = 1 << 0, INTEGER_UPPER = 1 << 1, INTEGER_OCTAL_PREFIX = 1 << 2 };
void format_integer(struct printer *printer, uint64_t bits, unsigned base, unsigned flags);
void format_address(struct printer *printer, uint64_t address, bool has_prefix);
void format_rune(struct printer *printer, uint64_t rune);
void format_quoted_rune(struct printer *printer, uint64_t rune);
void format_unicode(struct printer *printer, uint64_t rune);
/* letter: 'e', 'E', 'f', 'g', 'G', 'x', 'X' or 'b'; the precision is for a format without one, -1:
 * the fewest digits. */
void format_double(struct printer *printer, double number, char letter, int precision);

/* A value with a verb of printf: print_kinds.c. */
void printer_add_value(struct printer *printer, const struct value *value, uint32_t verb);
