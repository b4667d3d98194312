/* SPDX-License-Identifier: MIT */
/* Pads, truncates and converts one piece of printed text. The rules, down to which flag wins, are
 * those of Go's fmt package. */
#include "format.h"

#include <string.h>

#include "base/limits.h"
#include "base/utf8.h"
#include "print.h"
#include "quote.h"

void printer_init(struct printer *printer, struct text_builder *out, struct error *err)
{
    *printer = (struct printer){ .out = out, .err = err, .scratch = BUF_EMPTY };
}

bool printer_finish(struct printer *printer)
{
    buf_fini(&printer->scratch);
    return !printer->has_failed;
}

/* Whether so many more bytes may be printed. */
static bool has_room(struct printer *printer, size_t n_bytes)
{
    if (printer->has_failed)
        return false;
    if (n_bytes <= LIMIT_OUTPUT_BYTES && printer->out->len <= LIMIT_OUTPUT_BYTES - n_bytes)
        return true;
    printer->has_failed = true;
    return error_set(printer->err, ERROR_LIMIT, "a text is longer than %u MB, the limit",
                     LIMIT_OUTPUT_BYTES >> 20);
}

void printer_add(struct printer *printer, struct slice own)
{
    if (has_room(printer, own.len))
        text_builder_add(printer->out, own);
}

void printer_add_string(struct printer *printer, const char *own)
{
    printer_add(printer, slice_from(own));
}

void printer_add_text(struct printer *printer, const struct text *text)
{
    if (has_room(printer, text->len))
        text_builder_add_text(printer->out, text);
}

void printer_add_verb(struct printer *printer, uint32_t verb)
{
    char bytes[UTF8_MAX_BYTES];
    struct text text = { bytes, utf8_encode(verb, bytes),
                         printer->is_verb_foreign ? SPANS_ALL : NULL };

    printer_add_text(printer, &text);
}

static void add_repeated(struct printer *printer, char byte, size_t n)
{
    char run[256];

    if (!has_room(printer, n))
        return;
    memset(run, byte, n < sizeof(run) ? n : sizeof(run));
    for (; n > sizeof(run); n -= sizeof(run))
        text_builder_add(printer->out, slice_of(run, sizeof(run)));
    text_builder_add(printer->out, slice_of(run, n));
}

/* --- Padding ------------------------------------------------------------------------------- */

/* Zeros only ever stand to the left. */
static bool pads_with_zeros(const struct format *format)
{
    return format->zero && !format->minus;
}

/* What is missing to the width, for a piece of so many characters. */
static size_t missing_width(const struct format *format, size_t n_characters)
{
    return format->has_width && format->width > n_characters ? format->width - n_characters : 0;
}

static void pad_before(struct printer *printer, size_t n_characters, char byte)
{
    if (!printer->format.minus)
        add_repeated(printer, byte, missing_width(&printer->format, n_characters));
}

static void pad_after(struct printer *printer, size_t n_characters)
{
    if (printer->format.minus)
        add_repeated(printer, ' ', missing_width(&printer->format, n_characters));
}

static void add_padded(struct printer *printer, const struct text *text)
{
    struct slice bytes = slice_of(text->ptr, text->len);
    size_t n = printer->format.has_width ? utf8_count(bytes) : 0;

    pad_before(printer, n, pads_with_zeros(&printer->format) ? '0' : ' ');
    printer_add_text(printer, text);
    pad_after(printer, n);
}

static void add_padded_own(struct printer *printer, struct slice own)
{
    struct text text = { own.ptr, own.len, NULL };

    add_padded(printer, &text);
}

/* As add_padded_own(), but never padded with zeros. */
static void add_spaced(struct printer *printer, struct slice own)
{
    bool zero = printer->format.zero;

    printer->format.zero = false;
    add_padded_own(printer, own);
    printer->format.zero = zero;
}

/* --- Texts --------------------------------------------------------------------------------- */

/* The first characters, as many as the precision allows. */
static struct text truncate_text(struct printer *printer, const struct text *text)
{
    if (!printer->format.has_precision)
        return *text;

    size_t to = utf8_prefix(slice_of(text->ptr, text->len), printer->format.precision);

    return to == text->len ? *text : text_sub(printer->out->arena, text, 0, to);
}

void format_text(struct printer *printer, const struct text *text)
{
    struct text shown = truncate_text(printer, text);

    add_padded(printer, &shown);
}

void format_string(struct printer *printer, const char *own)
{
    add_padded_own(printer, slice_from(own));
}

void format_quoted(struct printer *printer, const struct text *text)
{
    struct text shown = truncate_text(printer, text);
    struct slice bytes = slice_of(shown.ptr, shown.len);
    struct buf *scratch = &printer->scratch;

    if (!has_room(printer, bytes.len)) /* before it is made several times as long */
        return;
    buf_clear(scratch);
    if (printer->format.sharp && quote_can_be_raw(bytes)) {
        buf_add_byte(scratch, '`');
        buf_add(scratch, bytes);
        buf_add_byte(scratch, '`');
    } else {
        print_add_quoted(scratch, bytes, printer->format.plus);
    }

    struct text quoted = { scratch->ptr, scratch->len, shown.foreign ? SPANS_ALL : NULL };

    add_padded(printer, &quoted);
}

static void add_hex_byte(struct buf *out, unsigned char byte, bool is_upper)
{
    const char *digits = is_upper ? "0123456789ABCDEF" : "0123456789abcdef";

    buf_add_byte(out, digits[byte >> 4]);
    buf_add_byte(out, digits[byte & 0xf]);
}

void format_hex_text(struct printer *printer, const struct text *text, bool is_upper)
{
    const struct format *format = &printer->format;
    struct buf *scratch = &printer->scratch;
    size_t n = text->len;

    if (format->has_precision && format->precision < n)
        n = format->precision; /* bytes here, not characters */
    if (!has_room(printer, n * (format->space ? (format->sharp ? 5 : 3) : 2)))
        return;
    buf_clear(scratch);
    for (size_t i = 0; i < n; i++) {
        if (i > 0 && format->space)
            buf_add_byte(scratch, ' ');
        if (format->sharp && (i == 0 || format->space))
            buf_add_string(scratch, is_upper ? "0X" : "0x");
        add_hex_byte(scratch, (unsigned char)text->ptr[i], is_upper);
    }

    struct slice hex = buf_slice(scratch);
    struct text shown = { hex.ptr, hex.len, text->foreign ? SPANS_ALL : NULL };

    add_padded(printer, &shown);
}

/* --- Integers and characters --------------------------------------------------------------- */

#define MAX_DIGITS 64 /* of a 64-bit integer, in base 2 */

static struct slice write_digits(char digits[static MAX_DIGITS], uint64_t number, unsigned base,
                                 bool is_upper)
{
    const char *names = is_upper ? "0123456789ABCDEF" : "0123456789abcdef";
    size_t at = MAX_DIGITS;

    do {
        digits[--at] = names[number % base];
        number /= base;
    } while (number);
    return slice_of(digits + at, MAX_DIGITS - at);
}

/* How many digits at least: the precision, or, with the zero flag, the width less the sign. */
static size_t least_digits(const struct format *format, bool has_sign)
{
    if (format->has_precision)
        return format->precision;
    if (format->has_width && pads_with_zeros(format) && format->width > 0)
        return format->width - has_sign;
    return 0;
}

static const char *integer_prefix(const struct format *format, unsigned base, unsigned flags,
                                  bool starts_with_zero)
{
    if (flags & INTEGER_OCTAL_PREFIX) /* %#O has both */
        return format->sharp && !starts_with_zero ? "0o0" : "0o";
    if (!format->sharp)
        return "";
    switch (base) {
    case 2: return "0b";
    case 8: return starts_with_zero ? "" : "0";
    case 16: return flags & INTEGER_UPPER ? "0X" : "0x";
    default: return "";
    }
}

static void add_integer(struct printer *printer, char sign, const char *prefix, size_t n_zeros,
                        struct slice digits)
{
    size_t n = (sign != '\0') + strlen(prefix) + n_zeros + digits.len;

    pad_before(printer, n, ' ');
    printer_add(printer, slice_of(&sign, sign != '\0'));
    printer_add_string(printer, prefix);
    add_repeated(printer, '0', n_zeros);
    printer_add(printer, digits);
    pad_after(printer, n);
}

void format_integer(struct printer *printer, uint64_t bits, unsigned base, unsigned flags)
{
    const struct format *format = &printer->format;
    bool is_negative = (flags & INTEGER_SIGNED) && (int64_t)bits < 0;
    char sign = is_negative ? '-' : format->plus ? '+' : format->space ? ' ' : '\0';
    char storage[MAX_DIGITS];

    if (format->has_precision && format->precision == 0 && bits == 0) {
        add_repeated(printer, ' ', format->has_width ? format->width : 0);
        return;
    }

    struct slice digits =
        write_digits(storage, is_negative ? 0 - bits : bits, base, flags & INTEGER_UPPER);
    size_t least = least_digits(format, sign != '\0');
    size_t n_zeros = least > digits.len ? least - digits.len : 0;

    add_integer(printer, sign,
                integer_prefix(format, base, flags, n_zeros > 0 || digits.ptr[0] == '0'), n_zeros,
                digits);
}

void format_address(struct printer *printer, uint64_t address, bool has_prefix)
{
    bool sharp = printer->format.sharp;

    printer->format.sharp = has_prefix;
    format_integer(printer, address, 16, 0);
    printer->format.sharp = sharp;
}

void format_rune(struct printer *printer, uint64_t rune)
{
    char bytes[UTF8_MAX_BYTES];
    size_t n = utf8_encode(rune > RUNE_MAX ? RUNE_REPLACEMENT : (uint32_t)rune, bytes);

    add_padded_own(printer, slice_of(bytes, n));
}

void format_quoted_rune(struct printer *printer, uint64_t rune)
{
    buf_clear(&printer->scratch);
    quote_add_rune(&printer->scratch, rune > RUNE_MAX ? RUNE_REPLACEMENT : (uint32_t)rune,
                   printer->format.plus);
    add_padded_own(printer, buf_slice(&printer->scratch));
}

/* U+0078, with # also U+0078 'x' */
void format_unicode(struct printer *printer, uint64_t rune)
{
    const struct format *format = &printer->format;
    char storage[MAX_DIGITS];
    struct slice digits = write_digits(storage, rune, 16, true);
    size_t least = format->has_precision && format->precision > 4 ? format->precision : 4;

    buf_clear(&printer->scratch);
    buf_add_string(&printer->scratch, "U+");
    buf_add_repeated(&printer->scratch, '0', least > digits.len ? least - digits.len : 0);
    buf_add(&printer->scratch, digits);
    if (format->sharp && rune <= RUNE_MAX && rune_is_printable((uint32_t)rune)) {
        buf_add_string(&printer->scratch, " '");
        buf_add_rune(&printer->scratch, (uint32_t)rune);
        buf_add_byte(&printer->scratch, '\'');
    }
    add_spaced(printer, buf_slice(&printer->scratch));
}

/* --- Floats -------------------------------------------------------------------------------- */

#define EXPONENT_OF_GENERAL 6 /* %g and %v use exponent form from 1e+06 on */

/* The # flag: there is always a point, and %g keeps zeros up to its precision. What is counted as a
 * digit is the peer's: from the first byte on that is neither '0' nor the point, the 'x' of a
 * hexadecimal number included. */
static void keep_zeros(struct buf *number, size_t from, char letter, int precision)
{
    bool is_hex = letter == 'x' || letter == 'X';
    int missing =
        letter == 'g' || letter == 'G' || letter == 'x' ? (precision == -1 ? 6 : precision) : 0;
    bool has_point = false, has_nonzero = false;
    size_t end = from;
    char tail[8] = "";

    for (; end < number->len && !strchr(is_hex ? "pP" : "eE", number->ptr[end]); end++) {
        has_point |= number->ptr[end] == '.';
        has_nonzero |= number->ptr[end] != '.' && number->ptr[end] != '0';
        missing -= has_nonzero && number->ptr[end] != '.';
    }
    if (!has_point && end - from == 1 && number->ptr[from] == '0')
        missing--;

    /* The exponent goes behind what is added. */
    size_t n_tail = number->len - end;

    memcpy(tail, number->ptr + end, n_tail);
    number->len = end;
    if (!has_point)
        buf_add_byte(number, '.');
    if (missing > 0)
        buf_add_repeated(number, '0', (size_t)missing);
    buf_add(number, slice_of(tail, n_tail));
}

/* The sign goes before zeros, if it is shown. */
static void add_signed(struct printer *printer, struct slice number)
{
    struct format *format = &printer->format;

    if (!format->plus && number.ptr[0] == '+') {
        add_padded_own(printer, slice_sub(number, 1, number.len));
    } else if (pads_with_zeros(format) && missing_width(format, number.len) > 0) {
        printer_add(printer, slice_sub(number, 0, 1));
        add_repeated(printer, '0', missing_width(format, number.len));
        printer_add(printer, slice_sub(number, 1, number.len));
    } else {
        add_padded_own(printer, number);
    }
}

void format_double(struct printer *printer, double number, char letter, int precision)
{
    const struct format *format = &printer->format;
    struct buf *scratch = &printer->scratch;

    if (format->has_precision)
        precision = (int)format->precision;

    /* The text after a sign that is always there. */
    buf_clear(scratch);
    buf_add_byte(scratch, '+');
    print_add_double(scratch, number, letter, precision, EXPONENT_OF_GENERAL);

    size_t from = scratch->ptr[1] == '-' || scratch->ptr[1] == '+' ? 1 : 0;

    if (format->space && !format->plus && scratch->ptr[from] == '+')
        scratch->ptr[from] = ' ';

    char first = scratch->ptr[from + 1];

    if (first == 'I' || first == 'N') {
        if (first == 'N' && !format->space && !format->plus)
            from++;
        add_spaced(printer, slice_sub(buf_slice(scratch), from, scratch->len));
        return;
    }
    if (format->sharp && letter != 'b')
        keep_zeros(scratch, from + 1, letter, precision);
    add_signed(printer, slice_sub(buf_slice(scratch), from, scratch->len));
}
