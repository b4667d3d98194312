/* SPDX-License-Identifier: MIT */
/* Reads the formats of printf: %[flags][width][.precision][[index]]verb (section 10 of the
 * language). Nothing is an error here; what is wrong is said in the text that is printed. */
#include <string.h>

#include "base/limits.h"
#include "base/utf8.h"
#include "format.h"
#include "print.h"

struct directives {
    const struct text *format;
    size_t at; /* in format */
    const struct value *args;
    size_t n_args, arg;  /* arg: the next one to use */
    bool has_index;      /* of any directive: then unused arguments are no mistake */
    bool is_index_good;  /* of the running directive */
    bool is_after_index; /* the last thing read was an index */
};

static bool is_at_end(const struct directives *directives)
{
    return directives->at >= directives->format->len;
}

static char peek(const struct directives *directives) /* '\0' at the end */
{
    return is_at_end(directives) ? '\0' : directives->format->ptr[directives->at];
}

static bool take(struct directives *directives, char byte)
{
    if (is_at_end(directives) || peek(directives) != byte)
        return false;
    directives->at++;
    return true;
}

/* The decimal number in [from, end) of the format. False without digits, or when it gets too large:
 * then everything up to the end counts as read. */
static bool read_number(const struct directives *directives, size_t from, size_t end,
                        size_t *ret_number, size_t *ret_next)
{
    const char *text = directives->format->ptr;
    size_t number = 0, at = from;

    for (; at < end && text[at] >= '0' && text[at] <= '9'; at++) {
        if (number > LIMIT_FORMAT_WIDTH) { /* as the peer checks it: before the last digit */
            *ret_next = end;
            return false;
        }
        number = number * 10 + (size_t)(text[at] - '0');
    }
    *ret_number = number;
    *ret_next = at;
    return at > from;
}

/* What is between '[' and ']', from directives->at on, which is left behind the bracket. False if
 * it is no number; without a closing bracket only the opening one is skipped. */
static bool read_bracket(struct directives *directives, size_t *ret_number)
{
    const char *text = directives->format->ptr;
    size_t from = directives->at + 1, rest = directives->format->len - from, next;
    const char *close = rest >= 2 ? memchr(text + from, ']', rest) : NULL;

    if (!close) {
        directives->at = from;
        return false;
    }

    size_t end = (size_t)(close - text);

    directives->at = end + 1;
    return read_number(directives, from, end, ret_number, &next) && next == end;
}

/* [n]: the n-th argument is the next one. */
static void read_index(struct directives *directives)
{
    size_t number = 0;

    directives->is_after_index = false;
    if (peek(directives) != '[')
        return;
    directives->has_index = true;
    directives->is_after_index = read_bracket(directives, &number);
    if (directives->is_after_index && number >= 1 && number <= directives->n_args)
        directives->arg = number - 1;
    else
        directives->is_index_good = false;
}

static struct format read_flags(struct directives *directives)
{
    struct format format = { .plus = false };

    for (;; directives->at++) {
        switch (peek(directives)) {
        case '#': format.sharp = true; break;
        case '0': format.zero = true; break;
        case '+': format.plus = true; break;
        case '-': format.minus = true; break;
        case ' ': format.space = true; break;
        default: return format;
        }
    }
}

/* The next argument as a width or precision. False if there is none, or no integer, or one beyond
 * the limit. */
static bool take_integer(struct directives *directives, int64_t *ret_number)
{
    if (directives->arg >= directives->n_args)
        return false;

    const struct value *arg = &directives->args[directives->arg++];
    int64_t number;

    switch (value_kind(arg)) {
    case KIND_INT:
    case KIND_DURATION: number = arg->integer; break;
    case KIND_UINT:
        if (arg->natural > LIMIT_FORMAT_WIDTH)
            return false;
        number = (int64_t)arg->natural;
        break;
    default: return false;
    }
    if (number > LIMIT_FORMAT_WIDTH || number < -(int64_t)LIMIT_FORMAT_WIDTH)
        return false;
    *ret_number = number;
    return true;
}

static void read_width(struct directives *directives, struct printer *printer)
{
    struct format *format = &printer->format;
    int64_t width = 0;

    if (take(directives, '*')) {
        directives->is_after_index = false;
        format->has_width = take_integer(directives, &width);
        if (!format->has_width)
            printer_add(printer, SLICE("%!(BADWIDTH)"));
        if (width < 0)
            format->minus = true;
        format->width = (size_t)(width < 0 ? -width : width);
        return;
    }
    format->has_width = read_number(directives, directives->at, directives->format->len,
                                    &format->width, &directives->at);
    if (directives->is_after_index && format->has_width) /* %[3]2d */
        directives->is_index_good = false;
}

static void read_precision(struct directives *directives, struct printer *printer)
{
    struct format *format = &printer->format;
    int64_t precision = 0;

    /* A point at the very end is a verb, and no good one. */
    if (peek(directives) != '.' || directives->at + 1 >= directives->format->len)
        return;
    directives->at++;
    if (directives->is_after_index) /* %[3].2d */
        directives->is_index_good = false;
    read_index(directives);
    if (take(directives, '*')) {
        directives->is_after_index = false;
        format->has_precision = take_integer(directives, &precision) && precision >= 0;
        if (format->has_precision)
            format->precision = (size_t)precision;
        else
            printer_add(printer, SLICE("%!(BADPREC)"));
        return;
    }
    if (!read_number(directives, directives->at, directives->format->len, &format->precision,
                     &directives->at))
        format->precision = 0; /* "%.f" and "%.0f" are the same */
    format->has_precision = true;
}

/* %!d(MISSING) */
static void print_complaint(struct printer *printer, uint32_t verb, const char *complaint)
{
    printer_add(printer, SLICE("%!"));
    printer_add_verb(printer, verb);
    printer_add_string(printer, complaint);
}

static void print_directive(struct directives *directives, struct printer *printer, uint32_t verb)
{
    struct format *format = &printer->format;

    if (verb == '%') {
        printer_add(printer, SLICE("%"));
    } else if (!directives->is_index_good) {
        print_complaint(printer, verb, "(BADINDEX)");
    } else if (directives->arg >= directives->n_args) {
        print_complaint(printer, verb, "(MISSING)");
    } else {
        if (verb == 'v') {
            format->is_go_syntax = format->sharp;
            format->is_field_named = format->plus;
            format->sharp = format->plus = false;
        }
        printer_add_value(printer, &directives->args[directives->arg++], verb);
    }
}

/* What follows a percent sign; false at the end of the format. */
static bool read_directive(struct directives *directives, struct printer *printer)
{
    uint32_t verb;

    directives->is_index_good = true;
    printer->format = read_flags(directives);
    read_index(directives);
    read_width(directives, printer);
    read_precision(directives, printer);
    if (!directives->is_after_index)
        read_index(directives);
    if (is_at_end(directives)) {
        printer_add(printer, SLICE("%!(NOVERB)"));
        return false;
    }
    directives->at += utf8_decode(slice_of(directives->format->ptr + directives->at,
                                           directives->format->len - directives->at),
                                  &verb);
    print_directive(directives, printer, verb);
    return true;
}

/* %!(EXTRA int=2, string=x) */
static void print_unused(const struct directives *directives, struct printer *printer)
{
    if (directives->has_index || directives->arg >= directives->n_args)
        return;
    printer->format = (struct format){ .plus = false };
    printer_add(printer, SLICE("%!(EXTRA "));
    for (size_t i = directives->arg; i < directives->n_args; i++) {
        const struct value *arg = &directives->args[i];

        if (i > directives->arg)
            printer_add(printer, SLICE(", "));
        if (arg->type) {
            printer_add_string(printer, arg->type->name);
            printer_add(printer, SLICE("="));
        }
        printer_add_value(printer, arg, 'v');
    }
    printer_add(printer, SLICE(")"));
}

/* Copies the format up to the next percent sign, which is skipped; false at the end. */
static bool copy_plain(struct directives *directives, struct printer *printer)
{
    const struct text *format = directives->format;
    size_t from = directives->at;
    const char *percent =
        from < format->len ? memchr(format->ptr + from, '%', format->len - from) : NULL;
    size_t to = percent ? (size_t)(percent - format->ptr) : format->len;
    struct text plain = text_sub(printer->out->arena, format, from, to);

    printer_add_text(printer, &plain);
    directives->at = to + 1;
    return percent != NULL;
}

bool print_formatted(struct text_builder *out, const struct text *format, const struct value *args,
                     size_t n_args, struct error *err)
{
    struct directives directives = { .format = format, .args = args, .n_args = n_args };
    struct printer printer;

    printer_init(&printer, out, err);
    printer.is_verb_foreign = text_is_foreign(format);
    while (!printer.has_failed && copy_plain(&directives, &printer) &&
           read_directive(&directives, &printer))
        ;
    print_unused(&directives, &printer);
    return printer_finish(&printer);
}
