/* SPDX-License-Identifier: MIT */
/* Text that is a number: constants of a template (section 1.5 of the language) and what parseInt,
 * parseUint and parseFloat read. The rules are those of Go's strconv. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "base/slice.h"
#include "data/value.h"

enum number_status { NUMBER_OK, NUMBER_BAD_SYNTAX, NUMBER_OUT_OF_RANGE };

/* The whole text as an integer. base 10: digits only, behind a sign for the signed one. base 0: a
 * prefix chooses (0x, 0o, 0b, or a bare leading 0 for octal), and '_' may separate digits. Any
 * other base from 2 to 36 works as 10 does. */
MUST_CHECK enum number_status number_parse_int(struct slice text, unsigned base,
                                               int64_t *ret_number);
MUST_CHECK enum number_status number_parse_uint(struct slice text, unsigned base,
                                                uint64_t *ret_number);
/* The whole text as the nearest double: decimal or, with a 'p' exponent, hexadecimal; '_' may
 * separate digits; "inf", "infinity", "nan" in any case. What is too large is out of range, what is
 * too small is 0. */
MUST_CHECK enum number_status number_parse_float(struct slice text, double *ret_number);

/* A numeric constant of a template: all the things it can stand for. 1e3 is an integer where one
 * is wanted, and 5 a float. */
struct number {
    bool is_int, is_uint, is_float, is_complex;
    bool is_float_spelling; /* without a wanted type it is a float64, not an int */
    int64_t integer;
    uint64_t natural;
    double real, imaginary; /* imaginary: of a complex constant only */
};

/* How many bytes at the start of the text are taken for one number: "+0x1f", "1_0.5e-3", "2i". The
 * bytes need not make a number: number_parse_literal() decides. What may follow is the lexer's to
 * check; a sign right behind it starts the second half of a complex constant. */
size_t number_scan(struct slice text);
/* The whole text as a constant: one number, or two of which the last is imaginary ("1+2i"). A value
 * beyond float64, or an integer beyond uint64, is out of range. */
MUST_CHECK enum number_status number_parse_literal(struct slice text, struct number *ret_number);
struct number number_from_rune(uint32_t rune); /* a character constant */
/* What the constant is where any type is wanted: complex128, float64 or int. False: it overflows
 * int. */
MUST_CHECK bool number_to_value(const struct number *number, struct value *ret_value);
