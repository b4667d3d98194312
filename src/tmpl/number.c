/* SPDX-License-Identifier: MIT */
/* Reads numbers as Go's strconv does. strtod() only converts texts whose form was checked here; the
 * program never calls setlocale(), so its radix is always a point. */
#include "number.h"

#include <math.h>
#include <stdlib.h>

#include "base/memory.h"

static char to_lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

static bool is_decimal(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_hexadecimal(char c)
{
    return is_decimal(c) || (to_lower(c) >= 'a' && to_lower(c) <= 'f');
}

static bool is_sign(char c)
{
    return c == '+' || c == '-';
}

static struct slice skip(struct slice text, size_t n)
{
    return slice_sub(text, n, text.len);
}

/* 2, 8 or 16 for a text that starts with 0b, 0o or 0x, in either case; else 0. */
static unsigned prefix_base(struct slice text)
{
    if (text.len < 2 || text.ptr[0] != '0')
        return 0;
    switch (to_lower(text.ptr[1])) {
    case 'b': return 2;
    case 'o': return 8;
    case 'x': return 16;
    default: return 0;
    }
}

/* Each '_' stands between two digits, or between a base prefix and a digit. */
static bool are_underscores_placed(struct slice text)
{
    enum { OTHER, DIGIT, UNDERSCORE } last = OTHER;

    if (text.len && is_sign(text.ptr[0]))
        text = skip(text, 1);

    unsigned base = prefix_base(text);

    if (base) {
        text = skip(text, 2);
        last = DIGIT;
    }
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];

        if (is_decimal(c) || (base == 16 && is_hexadecimal(c))) {
            last = DIGIT;
        } else if (c == '_') {
            if (last != DIGIT)
                return false;
            last = UNDERSCORE;
        } else {
            if (last == UNDERSCORE)
                return false;
            last = OTHER;
        }
    }
    return last != UNDERSCORE;
}

/* --- Integers ------------------------------------------------------------------------------ */

static unsigned digit_of(char c) /* 36: none */
{
    if (is_decimal(c))
        return (unsigned)(c - '0');
    c = to_lower(c);
    return c >= 'a' && c <= 'z' ? (unsigned)(c - 'a') + 10 : 36;
}

/* The base that a literal's prefix asks for; *digits is left behind it. */
static unsigned literal_base(struct slice *digits)
{
    if (digits->ptr[0] != '0')
        return 10;

    unsigned base = digits->len >= 3 ? prefix_base(*digits) : 0;

    *digits = skip(*digits, base ? 2 : 1);
    return base ? base : 8;
}

enum number_status number_parse_uint(struct slice text, unsigned base, uint64_t *ret_number)
{
    bool is_literal = base == 0;
    bool has_underscores = false;
    uint64_t number = 0;
    struct slice digits = text;
    enum number_status status = NUMBER_OK;

    if (text.len == 0)
        return NUMBER_BAD_SYNTAX;
    if (is_literal)
        base = literal_base(&digits);
    for (size_t i = 0; i < digits.len; i++) {
        unsigned digit = digit_of(digits.ptr[i]);

        if (is_literal && digits.ptr[i] == '_') {
            has_underscores = true;
            continue;
        }
        if (digit >= base)
            return NUMBER_BAD_SYNTAX;
        if (__builtin_mul_overflow(number, base, &number) ||
            __builtin_add_overflow(number, digit, &number))
            status = NUMBER_OUT_OF_RANGE; /* unless what follows is no digit */
    }
    if (has_underscores && !are_underscores_placed(text))
        return NUMBER_BAD_SYNTAX;
    if (status == NUMBER_OK)
        *ret_number = number;
    return status;
}

enum number_status number_parse_int(struct slice text, unsigned base, int64_t *ret_number)
{
    bool is_negative = text.len && text.ptr[0] == '-';
    uint64_t magnitude;
    enum number_status status = number_parse_uint(
        text.len && is_sign(text.ptr[0]) ? skip(text, 1) : text, base, &magnitude);

    if (status != NUMBER_OK)
        return status;
    if (magnitude > (uint64_t)INT64_MAX + is_negative)
        return NUMBER_OUT_OF_RANGE;
    *ret_number = (int64_t)(is_negative ? 0 - magnitude : magnitude);
    return NUMBER_OK;
}

/* --- Floats -------------------------------------------------------------------------------- */

/* "inf", "infinity" behind an optional sign, "nan" without one. */
static bool parse_special(struct slice text, double *ret_number)
{
    static const struct {
        const char *name;
        double number;
    } specials[] = {
        { "inf", INFINITY },      { "+inf", INFINITY },      { "-inf", -INFINITY },
        { "infinity", INFINITY }, { "+infinity", INFINITY }, { "-infinity", -INFINITY },
        { "nan", NAN },
    };

    for (size_t i = 0; i < ARRAY_SIZE(specials); i++) {
        size_t n = 0;

        while (n < text.len && specials[i].name[n] && to_lower(text.ptr[n]) == specials[i].name[n])
            n++;
        if (n == text.len && !specials[i].name[n]) {
            *ret_number = specials[i].number;
            return true;
        }
    }
    return false;
}

/* Takes the digits, underscores and at most one point; false without a digit. */
static bool scan_mantissa(struct slice *text, bool is_hex, bool *has_underscores)
{
    bool has_digits = false, has_point = false;
    size_t i;

    for (i = 0; i < text->len; i++) {
        char c = text->ptr[i];

        if (c == '_')
            *has_underscores = true;
        else if (c == '.' && !has_point)
            has_point = true;
        else if (is_decimal(c) || (is_hex && is_hexadecimal(c)))
            has_digits = true;
        else
            break;
    }
    *text = skip(*text, i);
    return has_digits;
}

/* Takes the exponent up to the end of the text; false if it is none. */
static bool scan_exponent(struct slice text, char letter, bool *has_underscores)
{
    if (to_lower(text.ptr[0]) != letter)
        return false;
    text = skip(text, 1);
    if (text.len && is_sign(text.ptr[0]))
        text = skip(text, 1);
    if (text.len == 0 || !is_decimal(text.ptr[0]))
        return false;
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '_')
            *has_underscores = true;
        else if (!is_decimal(text.ptr[i]))
            return false;
    }
    return true;
}

static bool is_float_syntax(struct slice text)
{
    bool has_underscores = false;
    struct slice rest = text;

    if (rest.len && is_sign(rest.ptr[0]))
        rest = skip(rest, 1);

    bool is_hex = rest.len >= 3 && prefix_base(rest) == 16;

    if (is_hex)
        rest = skip(rest, 2);
    if (!scan_mantissa(&rest, is_hex, &has_underscores))
        return false;
    if (rest.len == 0 ? is_hex /* must have an exponent */
                      : !scan_exponent(rest, is_hex ? 'p' : 'e', &has_underscores))
        return false;
    return !has_underscores || are_underscores_placed(text);
}

enum number_status number_parse_float(struct slice text, double *ret_number)
{
    char small[128];

    if (parse_special(text, ret_number))
        return NUMBER_OK;
    if (!is_float_syntax(text))
        return NUMBER_BAD_SYNTAX;

    /* strtod() wants a terminated text without underscores. */
    char *copy = text.len < sizeof(small) ? small : memory_alloc(text.len + 1);
    size_t len = 0;

    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] != '_')
            copy[len++] = text.ptr[i];
    }
    copy[len] = '\0';

    double number = strtod(copy, NULL);

    if (copy != small)
        free(copy);
    if (isinf(number))
        return NUMBER_OUT_OF_RANGE;
    *ret_number = number;
    return NUMBER_OK;
}

/* --- Constants of a template --------------------------------------------------------------- */

static size_t count_of(struct slice text, size_t from, const char *accepted)
{
    size_t n = 0;

    while (from + n < text.len && text.ptr[from + n] && strchr(accepted, text.ptr[from + n]))
        n++;
    return n;
}

static bool is_one_of(struct slice text, size_t at, const char *accepted)
{
    return at < text.len && text.ptr[at] && strchr(accepted, text.ptr[at]);
}

size_t number_scan(struct slice text)
{
    const char *digits = "0123456789_", *exponent = "eE";
    size_t at = 0;

    at += is_one_of(text, at, "+-");
    switch (prefix_base(skip(text, at))) {
    case 2: digits = "01_", exponent = "", at += 2; break;
    case 8: digits = "01234567_", exponent = "", at += 2; break;
    case 16: digits = "0123456789abcdefABCDEF_", exponent = "pP", at += 2; break;
    default: break;
    }
    at += count_of(text, at, digits);
    if (is_one_of(text, at, ".")) {
        at++;
        at += count_of(text, at, digits);
    }
    if (is_one_of(text, at, exponent)) {
        at++;
        at += is_one_of(text, at, "+-");
        at += count_of(text, at, "0123456789_");
    }
    at += is_one_of(text, at, "i");
    return at;
}

/* Doubles; the largest integers, one below, are none. */
#define TWO_TO_63 9223372036854775808.0
#define TWO_TO_64 18446744073709551616.0

static void number_add_integers(struct number *number)
{
    double real = number->real;
    bool is_integral = real == trunc(real);

    number->is_int = is_integral && real >= -TWO_TO_63 && real < TWO_TO_63;
    if (number->is_int)
        number->integer = (int64_t)real;
    number->is_uint = is_integral && real >= 0 && real < TWO_TO_64;
    if (number->is_uint)
        number->natural = (uint64_t)real;
}

/* A complex constant without an imaginary part can stand for a real number. */
static enum number_status number_parse_complex(struct slice text, struct number *ret_number)
{
    size_t first = number_scan(text);
    struct number number = { .is_complex = true };
    struct slice imaginary = text;
    enum number_status status = NUMBER_OK;

    if (first < text.len) {
        status = number_parse_float(slice_sub(text, 0, first), &number.real);
        imaginary = skip(text, first);
    }
    if (status == NUMBER_OK)
        status = number_parse_float(slice_sub(imaginary, 0, imaginary.len - 1), &number.imaginary);
    if (status != NUMBER_OK)
        return status;

    number.is_float = number.imaginary == 0;
    if (number.is_float)
        number_add_integers(&number);
    *ret_number = number;
    return NUMBER_OK;
}

/* "-0x1e" has an 'e' and counts as a float, "0x1e" does not: the rule looks at the first byte. */
static bool is_float_spelling(struct slice text)
{
    if (text.len > 2 && prefix_base(text) == 16)
        return slice_find_byte(text, 'p') != SLICE_NOT_FOUND ||
               slice_find_byte(text, 'P') != SLICE_NOT_FOUND;
    for (size_t i = 0; i < text.len; i++) {
        if (strchr(".eEpP", text.ptr[i]) && text.ptr[i])
            return true;
    }
    return false;
}

static enum number_status number_parse_real(struct slice text, struct number *ret_number)
{
    struct number number = { .is_float = true, .is_float_spelling = true };
    enum number_status status = number_parse_float(text, &number.real);

    if (status != NUMBER_OK)
        return status;
    number_add_integers(&number);
    *ret_number = number;
    return NUMBER_OK;
}

enum number_status number_parse_literal(struct slice text, struct number *ret_number)
{
    struct number number = { .is_float_spelling = is_float_spelling(text) };

    if (text.len && text.ptr[text.len - 1] == 'i')
        return number_parse_complex(text, ret_number);

    enum number_status status = number_parse_int(text, 0, &number.integer);

    number.is_int = status == NUMBER_OK;
    number.is_uint = number_parse_uint(text, 0, &number.natural) == NUMBER_OK ||
                     (number.is_int && number.integer == 0); /* "-0" */
    if (!number.is_int && !number.is_uint)
        return number.is_float_spelling ? number_parse_real(text, ret_number) : status;

    number.is_float = true;
    number.real = number.is_int ? (double)number.integer : (double)number.natural;
    *ret_number = number;
    return NUMBER_OK;
}

struct number number_from_rune(uint32_t rune)
{
    return (struct number){ .is_int = true,
                            .is_uint = true,
                            .is_float = true,
                            .integer = rune,
                            .natural = rune,
                            .real = rune };
}

bool number_to_value(const struct number *number, struct value *ret_value)
{
    if (number->is_complex) {
        *ret_value = (struct value){ .type = &type_complex128 };
        ret_value->complex.real = number->real;
        ret_value->complex.imaginary = number->imaginary;
        return true;
    }
    if (number->is_float && number->is_float_spelling) {
        *ret_value = value_float(number->real);
        return true;
    }
    if (number->is_int)
        *ret_value = value_int(number->integer);
    return number->is_int;
}
