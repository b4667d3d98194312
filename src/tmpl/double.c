/* SPDX-License-Identifier: MIT */
/* Floating-point numbers as text, as Go's strconv.FormatFloat writes them. Rounding to a given
 * number of digits is left to the C library, which rounds the exact binary value, half to even; the
 * program never calls setlocale(), so its radix is always a point. */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "print.h"

/* The longest exact forms of a double: all 767 significant digits; 1074 digits behind the point,
 * 309 before it. Whatever precision asks beyond is zeros. */
#define MAX_SIGNIFICANT 767
#define MAX_FRACTION    1074
#define MAX_TEXT        (309 + 1 + MAX_FRACTION + 16)

#define ALWAYS_EXACT_DIGITS 15 /* DBL_DIG: so many decimal digits survive a double */
#define ALWAYS_ENOUGH       17 /* DBL_DECIMAL_DIG: so many tell any two doubles apart */

/* 0.DIGITS × 10^point; no zeros at the end. */
struct decimal {
    char digits[ALWAYS_ENOUGH + 4]; /* terminated */
    size_t n_digits;
    int point;
};

/* --- Shortest digits ----------------------------------------------------------------------- */

static void decimal_trim(struct decimal *decimal)
{
    while (decimal->n_digits > 1 && decimal->digits[decimal->n_digits - 1] == '0')
        decimal->n_digits--;
    decimal->digits[decimal->n_digits] = '\0';
}

/* The nearest number with so many digits. */
static void decimal_round(struct decimal *decimal, double number, int n_digits)
{
    char text[ALWAYS_ENOUGH + 16]; /* d.ddde-308 */

    snprintf(text, sizeof(text), "%.*e", n_digits - 1, number);

    const char *exponent = strchr(text, 'e');
    size_t n = 0;

    for (const char *at = text; at < exponent; at++) {
        if (*at != '.')
            decimal->digits[n++] = *at;
    }
    decimal->n_digits = n;
    decimal->point = (int)strtol(exponent + 1, NULL, 10) + 1;
}

static bool decimal_is(const struct decimal *decimal, double number)
{
    char text[ALWAYS_ENOUGH + 24];

    snprintf(text, sizeof(text), "0.%.*se%d", (int)decimal->n_digits, decimal->digits,
             decimal->point);
    return strtod(text, NULL) == number;
}

/* The next number with as many digits. */
static void decimal_increment(struct decimal *decimal)
{
    size_t i = decimal->n_digits;

    while (i > 0 && decimal->digits[i - 1] == '9')
        decimal->digits[--i] = '0';
    if (i > 0) {
        decimal->digits[i - 1]++;
    } else {
        decimal->digits[0] = '1'; /* 999 becomes 100, ten times */
        decimal->point++;
    }
}

/* integer / 10^n_behind. */
static void decimal_from_integer(struct decimal *decimal, uint64_t integer, int n_behind)
{
    char digits[ALWAYS_ENOUGH + 4];
    size_t at = sizeof(digits);

    do {
        digits[--at] = (char)('0' + integer % 10);
        integer /= 10;
    } while (integer);
    decimal->n_digits = sizeof(digits) - at;
    memcpy(decimal->digits, digits + at, decimal->n_digits);
    decimal->point = (int)decimal->n_digits - n_behind;
    decimal_trim(decimal);
}

#define LARGEST_EXACT 9007199254740992.0 /* up to here each integer is a double */
#define MAX_BEHIND    6                  /* digits behind the point that are tried */

/* The common case, without the C library: an integer, or one divided by a small power of ten.
 * Division rounds correctly, so a quotient that is the number is a decimal that reads back as it;
 * and with 15 digits or fewer there is no other one but for zeros at the end. */
static bool decimal_from_short(struct decimal *decimal, double number)
{
    double power = 1;

    if (number >= LARGEST_EXACT)
        return false;
    if (number == (double)(uint64_t)number) {
        decimal_from_integer(decimal, (uint64_t)number, 0);
        return true;
    }
    for (int n = 1; n <= MAX_BEHIND; n++) {
        power *= 10;

        double scaled = number * power;

        if (scaled >= 1e15)
            return false;
        if (scaled == (double)(uint64_t)scaled && scaled / power == number) {
            decimal_from_integer(decimal, (uint64_t)scaled, n);
            return true;
        }
    }
    return false;
}

/* The fewest digits that read back as the number, and of those the nearest. number > 0.
 *
 * If 15 digits or fewer are enough, then rounding to 15 finds them, with zeros behind; numbers too
 * small to be normal have less precision than that and are tried from one digit on. Below a power
 * of two the doubles lie closer than above it: there the nearest of n digits may miss while the
 * next larger reads back. */
static void decimal_shortest(struct decimal *decimal, double number)
{
    int exponent;
    bool is_power_of_two = frexp(number, &exponent) == 0.5;

    if (decimal_from_short(decimal, number))
        return;
    for (int n = isnormal(number) ? ALWAYS_EXACT_DIGITS : 1; n < ALWAYS_ENOUGH; n++) {
        decimal_round(decimal, number, n);
        if (decimal_is(decimal, number)) {
            decimal_trim(decimal);
            return;
        }
        if (!is_power_of_two)
            continue;
        decimal_increment(decimal);
        if (decimal_is(decimal, number)) {
            decimal_trim(decimal);
            return;
        }
    }
    decimal_round(decimal, number, ALWAYS_ENOUGH);
    decimal_trim(decimal);
}

static void add_decimal_exponent(struct buf *out, const struct decimal *decimal, char letter)
{
    int exponent = decimal->point - 1;

    buf_add_byte(out, decimal->digits[0]);
    if (decimal->n_digits > 1) {
        buf_add_byte(out, '.');
        buf_add(out, slice_of(decimal->digits + 1, decimal->n_digits - 1));
    }
    buf_printf(out, "%c%c%02d", letter, exponent < 0 ? '-' : '+', abs(exponent));
}

static void add_decimal_plain(struct buf *out, const struct decimal *decimal)
{
    struct slice digits = slice_of(decimal->digits, decimal->n_digits);

    if (decimal->point <= 0) {
        buf_add_string(out, "0.");
        buf_add_repeated(out, '0', (size_t)-decimal->point);
        buf_add(out, digits);
        return;
    }

    size_t before = (size_t)decimal->point;

    buf_add(out, slice_sub(digits, 0, before));
    if (before > digits.len) {
        buf_add_repeated(out, '0', before - digits.len);
    } else if (before < digits.len) {
        buf_add_byte(out, '.');
        buf_add(out, slice_sub(digits, before, digits.len));
    }
}

static void add_shortest(struct buf *out, double number, char format, int exponent_at)
{
    struct decimal decimal = { .digits = "0", .n_digits = 1, .point = 1 };
    bool is_general = format == 'g' || format == 'G';
    char letter = format == 'E' || format == 'G' ? 'E' : 'e';

    if (number != 0)
        decimal_shortest(&decimal, number);

    int exponent = decimal.point - 1;

    if (is_general ? exponent < -4 || exponent >= exponent_at : format != 'f')
        add_decimal_exponent(out, &decimal, letter);
    else
        add_decimal_plain(out, &decimal);
}

/* --- A given precision --------------------------------------------------------------------- */

static int smaller(int a, int b)
{
    return a < b ? a : b;
}

static void add_rounded(struct buf *out, double number, char format, int precision)
{
    char text[MAX_TEXT];
    int shown;

    switch (format) {
    case 'f':
        shown = smaller(precision, MAX_FRACTION);
        snprintf(text, sizeof(text), "%.*f", shown, number);
        buf_add_string(out, text);
        buf_add_repeated(out, '0', (size_t)(precision - shown));
        return;
    case 'g':
    case 'G': /* zeros at the end are dropped, so there is none to add */
        shown = smaller(precision, MAX_SIGNIFICANT);
        snprintf(text, sizeof(text), format == 'g' ? "%.*g" : "%.*G", shown, number);
        buf_add_string(out, text);
        return;
    default: {
        shown = smaller(precision, MAX_SIGNIFICANT);
        snprintf(text, sizeof(text), format == 'e' ? "%.*e" : "%.*E", shown, number);

        const char *exponent = strpbrk(text, "eE");

        buf_add(out, slice_of(text, (size_t)(exponent - text)));
        buf_add_repeated(out, '0', (size_t)(precision - shown));
        buf_add_string(out, exponent);
        return;
    }
    }
}

/* --- Binary forms -------------------------------------------------------------------------- */

#define MANTISSA_BITS 52
#define EXPONENT_BIAS 1023

/* number = mantissa × 2^(exponent - 52), the mantissa as it is stored: 53 bits, fewer for those too
 * small to be normal. */
static uint64_t split_double(double number, int *ret_exponent)
{
    uint64_t bits;

    memcpy(&bits, &number, sizeof(bits));

    uint64_t mantissa = bits & ((1ull << MANTISSA_BITS) - 1);
    int exponent = (int)(bits >> MANTISSA_BITS & 0x7ff);

    if (exponent == 0)
        exponent = 1;
    else
        mantissa |= 1ull << MANTISSA_BITS;
    *ret_exponent = exponent - EXPONENT_BIAS;
    return mantissa;
}

/* 4503599627370496p-52 */
static void add_binary(struct buf *out, double number)
{
    int exponent;
    uint64_t mantissa = split_double(number, &exponent);

    buf_printf(out, "%jup%+d", (uintmax_t)mantissa, exponent - MANTISSA_BITS);
}

#define HEX_DIGITS 13 /* behind the point */

/* Rounds a mantissa to n hexadecimal digits behind the point, half to even. */
static uint64_t round_mantissa(uint64_t mantissa, int n)
{
    unsigned dropped_bits = (unsigned)(HEX_DIGITS - n) * 4;
    uint64_t unit = 1ull << dropped_bits;
    uint64_t dropped = mantissa & (unit - 1);

    mantissa -= dropped;
    if (dropped > unit / 2 || (dropped == unit / 2 && (mantissa & unit)))
        mantissa += unit;
    return mantissa;
}

/* 0x1.8p+01: the first digit is 1, the exponent decimal with at least two digits. */
static void add_hexadecimal(struct buf *out, double number, char format, int precision)
{
    const char *digits = format == 'x' ? "0123456789abcdef" : "0123456789ABCDEF";
    int exponent;
    uint64_t mantissa = split_double(number, &exponent);

    if (mantissa == 0)
        exponent = 0;
    while (mantissa && !(mantissa >> MANTISSA_BITS)) {
        mantissa <<= 1;
        exponent--;
    }
    if (precision >= 0 && precision < HEX_DIGITS)
        mantissa = round_mantissa(mantissa, precision);
    if (mantissa >> (MANTISSA_BITS + 1)) {
        mantissa >>= 1;
        exponent++;
    }
    buf_printf(out, "0%c%c", format, mantissa ? '1' : '0');
    mantissa &= (1ull << MANTISSA_BITS) - 1;
    if (precision < 0 ? mantissa != 0 : precision > 0)
        buf_add_byte(out, '.');
    for (int i = 0; i < HEX_DIGITS && (precision < 0 ? mantissa != 0 : i < precision); i++) {
        buf_add_byte(out, digits[mantissa >> (MANTISSA_BITS - 4)]);
        mantissa = mantissa << 4 & ((1ull << MANTISSA_BITS) - 1);
    }
    if (precision > HEX_DIGITS)
        buf_add_repeated(out, '0', (size_t)(precision - HEX_DIGITS));
    buf_printf(out, "%c%c%02d", format == 'x' ? 'p' : 'P', exponent < 0 ? '-' : '+', abs(exponent));
}

/* ------------------------------------------------------------------------------------------- */

void print_add_double(struct buf *out, double number, char format, int precision, int exponent_at)
{
    if (isnan(number)) {
        buf_add_string(out, "NaN");
        return;
    }
    if (isinf(number)) {
        buf_add_string(out, number < 0 ? "-Inf" : "+Inf");
        return;
    }
    if (signbit(number))
        buf_add_byte(out, '-');
    number = fabs(number);
    if (format == 'b')
        add_binary(out, number);
    else if (format == 'x' || format == 'X')
        add_hexadecimal(out, number, format, precision);
    else if (precision < 0)
        add_shortest(out, number, format, exponent_at);
    else
        add_rounded(out, number, format, precision);
}
