/* SPDX-License-Identifier: MIT */
/* The types of YAML scalars without quotes. */
#include "yaml_scalar.h"

#include <math.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"

#include "number.h"

/* --- Words --------------------------------------------------------------------------------- */

enum word { WORD_NULL, WORD_TRUE, WORD_FALSE, WORD_NAN, WORD_INFINITY, WORD_MINUS_INFINITY };

static const struct {
    const char *text;
    enum word word;
} words[] = {
    { "", WORD_NULL },
    { "~", WORD_NULL },
    { "null", WORD_NULL },
    { "Null", WORD_NULL },
    { "NULL", WORD_NULL },
    { "y", WORD_TRUE },
    { "Y", WORD_TRUE },
    { "yes", WORD_TRUE },
    { "Yes", WORD_TRUE },
    { "YES", WORD_TRUE },
    { "true", WORD_TRUE },
    { "True", WORD_TRUE },
    { "TRUE", WORD_TRUE },
    { "on", WORD_TRUE },
    { "On", WORD_TRUE },
    { "ON", WORD_TRUE },
    { "n", WORD_FALSE },
    { "N", WORD_FALSE },
    { "no", WORD_FALSE },
    { "No", WORD_FALSE },
    { "NO", WORD_FALSE },
    { "false", WORD_FALSE },
    { "False", WORD_FALSE },
    { "FALSE", WORD_FALSE },
    { "off", WORD_FALSE },
    { "Off", WORD_FALSE },
    { "OFF", WORD_FALSE },
    { ".nan", WORD_NAN },
    { ".NaN", WORD_NAN },
    { ".NAN", WORD_NAN },
    { ".inf", WORD_INFINITY },
    { ".Inf", WORD_INFINITY },
    { ".INF", WORD_INFINITY },
    { "+.inf", WORD_INFINITY },
    { "+.Inf", WORD_INFINITY },
    { "+.INF", WORD_INFINITY },
    { "-.inf", WORD_MINUS_INFINITY },
    { "-.Inf", WORD_MINUS_INFINITY },
    { "-.INF", WORD_MINUS_INFINITY },
};

#define WORD_MAX_BYTES 5

static bool resolve_word(struct slice text, enum scalar_type *ret_type, struct value *ret_value)
{
    size_t i = 0;

    if (text.len > WORD_MAX_BYTES)
        return false;
    while (i < ARRAY_SIZE(words) && !slice_is(text, words[i].text))
        i++;
    if (i == ARRAY_SIZE(words))
        return false;
    *ret_type = SCALAR_FLOAT;
    switch (words[i].word) {
    case WORD_NULL: *ret_type = SCALAR_NULL, *ret_value = VALUE_NIL; break;
    case WORD_TRUE: *ret_type = SCALAR_BOOL, *ret_value = value_bool(true); break;
    case WORD_FALSE: *ret_type = SCALAR_BOOL, *ret_value = value_bool(false); break;
    case WORD_NAN: *ret_value = value_float(NAN); break;
    case WORD_INFINITY: *ret_value = value_float(INFINITY); break;
    case WORD_MINUS_INFINITY: *ret_value = value_float(-INFINITY); break;
    }
    return true;
}

/* --- Reading parts of a text --------------------------------------------------------------- */

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool take_byte(struct slice *text, const char *set)
{
    if (text->len == 0 || !text->ptr[0] || !strchr(set, text->ptr[0]))
        return false;
    *text = slice_sub(*text, 1, text->len);
    return true;
}

/* Takes at most max digits; the number of those taken. */
static size_t take_digits(struct slice *text, size_t max, unsigned *ret_number)
{
    size_t n = 0;
    unsigned number = 0;

    while (n < max && n < text->len && is_digit(text->ptr[n]))
        number = number * 10 + (unsigned)(text->ptr[n++] - '0');
    *text = slice_sub(*text, n, text->len);
    if (ret_number)
        *ret_number = number;
    return n;
}

static size_t take_all_digits(struct slice *text)
{
    return take_digits(text, text->len, NULL);
}

/* --- Timestamps ---------------------------------------------------------------------------- */

static bool take_between(struct slice *text, unsigned least, unsigned most, unsigned *ret_number)
{
    return take_digits(text, 2, ret_number) && *ret_number >= least && *ret_number <= most;
}

static bool is_day(unsigned year, unsigned month, unsigned day)
{
    static const unsigned char days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    bool is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

    return day >= 1 && day <= days[month - 1] + (unsigned)(month == 2 && is_leap);
}

/* 15:4:5 or 15:04:05.999 */
static bool take_clock(struct slice *text)
{
    unsigned number;

    if (!take_between(text, 0, 23, &number) || !take_byte(text, ":") ||
        !take_between(text, 0, 59, &number) || !take_byte(text, ":") ||
        !take_between(text, 0, 59, &number))
        return false;
    if (text->len >= 2 && strchr(".,", text->ptr[0]) && is_digit(text->ptr[1])) {
        take_byte(text, ".,");
        take_all_digits(text);
    }
    return true;
}

/* Z or +02:00 */
static bool take_zone(struct slice *text)
{
    unsigned hours, minutes;

    if (take_byte(text, "Z"))
        return true;
    return take_byte(text, "+-") && take_digits(text, 2, &hours) == 2 && hours <= 24 &&
           take_byte(text, ":") && take_digits(text, 2, &minutes) == 2 && minutes <= 60;
}

/* 2006-1-2, 2006-1-2 15:4:5.9, 2006-1-2T15:4:5.9+07:00; months to seconds may have two digits. */
static bool is_timestamp(struct slice text)
{
    unsigned year, month, day;

    if (take_digits(&text, 4, &year) != 4 || !take_byte(&text, "-") ||
        !take_between(&text, 1, 12, &month) || !take_byte(&text, "-") ||
        !take_between(&text, 1, 31, &day) || !is_day(year, month, day))
        return false;
    if (text.len == 0)
        return true;
    if (take_byte(&text, "Tt"))
        return take_clock(&text) && take_zone(&text) && text.len == 0;
    if (!take_byte(&text, " "))
        return false;
    while (take_byte(&text, " "))
        ;
    return take_clock(&text) && text.len == 0;
}

/* --- Numbers ------------------------------------------------------------------------------- */

/* What the language calls int where it fits, else uint64. */
static bool resolve_integer(struct slice text, unsigned base, struct value *ret_value)
{
    int64_t integer;
    uint64_t natural;

    if (number_parse_int(text, base, &integer) == NUMBER_OK) {
        *ret_value = value_int(integer);
        return true;
    }
    if (number_parse_uint(text, base, &natural) == NUMBER_OK) {
        *ret_value = value_uint64(natural);
        return true;
    }
    return false;
}

/* [-+]?(.D+|D+(.D*)?)([eE][-+]?D+)? */
static bool is_float(struct slice text)
{
    take_byte(&text, "+-");

    size_t n_digits = take_all_digits(&text);

    if (take_byte(&text, "."))
        n_digits += take_all_digits(&text);
    if (n_digits == 0)
        return false;
    if (take_byte(&text, "eE")) {
        take_byte(&text, "+-");
        if (take_all_digits(&text) == 0)
            return false;
    }
    return text.len == 0;
}

/* A text that begins with a digit or a sign, its underscores left out: where they stand matters to
 * nobody. A sign behind the prefix ("0b-11") is the library's, too. */
static enum scalar_type resolve_number(struct slice text, struct value *ret_value)
{
    double real;

    if (resolve_integer(text, 0, ret_value))
        return SCALAR_INT;
    if (is_float(text) && number_parse_float(text, &real) == NUMBER_OK) {
        *ret_value = value_float(real);
        return SCALAR_FLOAT;
    }
    if (slice_starts_with(text, SLICE("0b")) &&
        resolve_integer(slice_sub(text, 2, text.len), 2, ret_value))
        return SCALAR_INT;
    return SCALAR_STRING;
}

static enum scalar_type resolve_digits(struct slice text, struct value *ret_value)
{
    CLEANUP(buf_fini) struct buf plain = BUF_EMPTY;
    struct slice part;

    if (slice_find_byte(text, '_') == SLICE_NOT_FOUND)
        return resolve_number(text, ret_value);
    while (slice_next(&text, '_', &part))
        buf_add(&plain, part);
    return resolve_number(buf_slice(&plain), ret_value);
}

/* ------------------------------------------------------------------------------------------- */

enum scalar_type scalar_resolve(struct slice text, bool is_time_tried, struct value *ret_value)
{
    enum scalar_type type;
    double real;

    if (resolve_word(text, &type, ret_value))
        return type;
    switch (text.ptr[0]) {
    case '.':
        if (number_parse_float(text, &real) != NUMBER_OK)
            return SCALAR_STRING;
        *ret_value = value_float(real);
        return SCALAR_FLOAT;
    case '+':
    case '-': return resolve_digits(text, ret_value);
    default:
        if (!is_digit(text.ptr[0]))
            return SCALAR_STRING;
        if (is_time_tried && is_timestamp(text))
            return SCALAR_TIMESTAMP;
        return resolve_digits(text, ret_value);
    }
}

/* [-+]?D[D_]*(:[0-5]?D)+(.[D_]*)? */
bool scalar_is_base60(struct slice text)
{
    bool has_colon = false;

    take_byte(&text, "+-");
    if (!take_digits(&text, 1, NULL))
        return false;
    while (take_byte(&text, "0123456789_"))
        ;
    while (take_byte(&text, ":")) {
        bool is_short = !take_byte(&text, "012345");

        if (!take_digits(&text, 1, NULL) && is_short)
            return false;
        has_colon = true;
    }
    if (!has_colon)
        return false;
    if (take_byte(&text, ".")) {
        while (take_byte(&text, "0123456789_"))
            ;
    }
    return text.len == 0;
}
