/* SPDX-License-Identifier: MIT */
/* Takes values apart into pieces of text: what each verb of printf writes for each kind of value
 * (sections 8 and 10 of the language, the rules of Go's fmt package). */
#include <assert.h>
#include <string.h>

#include "base/limits.h"
#include "format.h"
#include "moment.h"

/* Where the peer prints an address we print this one: a real address would differ from render to
 * render, and each render would look like a change. */
#define ADDRESS 0xc000010000u

static void print_any(struct printer *printer, const struct value *value, uint32_t verb,
                      bool is_top);

/* %!d(string=x): the verb, the type, and the value as %v prints it with the same flags. */
static void print_bad_verb(struct printer *printer, uint32_t verb)
{
    const struct value *culprit = printer->culprit;

    printer_add(printer, SLICE("%!"));
    printer_add_verb(printer, verb);
    printer_add(printer, SLICE("("));
    if (culprit->type) {
        printer_add_string(printer, culprit->type->name);
        printer_add(printer, SLICE("="));
        printer->is_reporting = true;
        print_any(printer, culprit, 'v', true);
        printer->is_reporting = false;
    } else {
        printer_add(printer, SLICE("<nil>"));
    }
    printer_add(printer, SLICE(")"));
}

/* --- Plain values -------------------------------------------------------------------------- */

static void print_bool(struct printer *printer, bool boolean, uint32_t verb)
{
    if (verb == 'v' || verb == 't')
        format_string(printer, boolean ? "true" : "false");
    else
        print_bad_verb(printer, verb);
}

static void print_integer(struct printer *printer, uint64_t bits, unsigned sign_flag, uint32_t verb)
{
    switch (verb) {
    case 'v':
        if (printer->format.is_go_syntax && !sign_flag)
            format_address(printer, bits, true);
        else
            format_integer(printer, bits, 10, sign_flag);
        return;
    case 'd': format_integer(printer, bits, 10, sign_flag); return;
    case 'b': format_integer(printer, bits, 2, sign_flag); return;
    case 'o': format_integer(printer, bits, 8, sign_flag); return;
    case 'O': format_integer(printer, bits, 8, sign_flag | INTEGER_OCTAL_PREFIX); return;
    case 'x': format_integer(printer, bits, 16, sign_flag); return;
    case 'X': format_integer(printer, bits, 16, sign_flag | INTEGER_UPPER); return;
    case 'c': format_rune(printer, bits); return;
    case 'q': format_quoted_rune(printer, bits); return;
    case 'U': format_unicode(printer, bits); return;
    default: print_bad_verb(printer, verb); return;
    }
}

static void print_double(struct printer *printer, double number, uint32_t verb)
{
    switch (verb) {
    case 'v': format_double(printer, number, 'g', -1); return;
    case 'b':
    case 'g':
    case 'G':
    case 'x':
    case 'X': format_double(printer, number, (char)verb, -1); return;
    case 'e':
    case 'E':
    case 'f': format_double(printer, number, (char)verb, 6); return;
    case 'F': format_double(printer, number, 'f', 6); return;
    default: print_bad_verb(printer, verb); return;
    }
}

/* (1+2i): both parts with the whole format, the second always with its sign. */
static void print_complex(struct printer *printer, const struct value *value, uint32_t verb)
{
    bool plus = printer->format.plus;

    if (verb >= 0x80 || !verb || !strchr("vbgGxXfFeE", (int)verb)) {
        print_bad_verb(printer, verb);
        return;
    }
    printer_add(printer, SLICE("("));
    print_double(printer, value->complex.real, verb);
    printer->format.plus = true;
    print_double(printer, value->complex.imaginary, verb);
    printer->format.plus = plus;
    printer_add(printer, SLICE("i)"));
}

static void print_text(struct printer *printer, const struct text *text, uint32_t verb)
{
    switch (verb) {
    case 'v':
        if (printer->format.is_go_syntax)
            format_quoted(printer, text);
        else
            format_text(printer, text);
        return;
    case 's': format_text(printer, text); return;
    case 'x':
    case 'X': format_hex_text(printer, text, verb == 'X'); return;
    case 'q': format_quoted(printer, text); return;
    default: print_bad_verb(printer, verb); return;
    }
}

static void print_address(struct printer *printer, const struct value *value, uint64_t address,
                          uint32_t verb)
{
    switch (verb) {
    case 'v':
        if (printer->format.is_go_syntax) {
            printer_add(printer, SLICE("("));
            printer_add_string(printer, value->type->name);
            printer_add(printer, SLICE(")("));
            if (address)
                format_address(printer, address, true);
            else
                printer_add(printer, SLICE("nil"));
            printer_add(printer, SLICE(")"));
        } else if (address) {
            format_address(printer, address, !printer->format.sharp);
        } else {
            format_string(printer, "<nil>");
        }
        return;
    case 'p': format_address(printer, address, !printer->format.sharp); return;
    case 'b':
    case 'o':
    case 'd':
    case 'x':
    case 'X': print_integer(printer, address, 0, verb); return;
    default: print_bad_verb(printer, verb); return;
    }
}

/* --- Values with parts --------------------------------------------------------------------- */

/* nil as an element, key or field, whatever the verb. */
static void print_nil_part(struct printer *printer, const struct type *place)
{
    if (printer->format.is_go_syntax) {
        printer_add_string(printer, place->name);
        printer_add(printer, SLICE("(nil)"));
    } else {
        printer_add(printer, SLICE("<nil>"));
    }
}

/* An element, key or field of a value; place: the type that it is declared with. */
static void print_part(struct printer *printer, const struct type *place, const struct value *part,
                       uint32_t verb)
{
    if (part->type)
        print_any(printer, part, verb, false);
    else
        print_nil_part(printer, place);
}

static void open_parts(struct printer *printer, const struct type *type, const char *opener)
{
    if (printer->format.is_go_syntax) {
        printer_add_string(printer, type->name);
        printer_add(printer, SLICE("{"));
    } else {
        printer_add_string(printer, opener);
    }
}

static void separate_parts(struct printer *printer, size_t i)
{
    if (i > 0)
        printer_add_string(printer, printer->format.is_go_syntax ? ", " : " ");
}

static void close_parts(struct printer *printer, const char *closer)
{
    printer_add_string(printer, printer->format.is_go_syntax ? "}" : closer);
}

static bool is_byte_list(const struct value *list)
{
    return list->type->elem == &type_uint8 &&
           (list->list.storage == STORED_BYTES || list->list.n == 0);
}

/* A list of bytes is a text to %s, %q and %x. As an argument itself, it prints its bytes as
 * numbers without looking at the verb's usual place in lists: []byte{0x68}. */
static bool print_bytes(struct printer *printer, const struct value *list, uint32_t verb,
                        bool is_top)
{
    const unsigned char *bytes = list->list.items;
    struct text text = { list->list.n ? list->list.items : "", list->list.n, NULL };

    if (verb == 's' || verb == 'q' || verb == 'x' || verb == 'X') {
        print_text(printer, &text, verb);
        return true;
    }
    if (!is_top || (verb != 'v' && verb != 'd'))
        return false;
    printer_add_string(printer, printer->format.is_go_syntax ? "[]byte{" : "[");
    for (size_t i = 0; i < list->list.n && !printer->has_failed; i++) {
        separate_parts(printer, i);
        if (printer->format.is_go_syntax)
            format_address(printer, bytes[i], true);
        else
            format_integer(printer, bytes[i], 10, 0);
    }
    close_parts(printer, "]");
    return true;
}

static void print_list(struct printer *printer, const struct value *list, uint32_t verb,
                       bool is_top)
{
    if (is_byte_list(list) && print_bytes(printer, list, verb, is_top))
        return;
    open_parts(printer, list->type, "[");
    for (size_t i = 0; i < list->list.n && !printer->has_failed; i++) {
        struct value element = value_list_get(list, i);

        separate_parts(printer, i);
        print_part(printer, list->type->elem, &element, verb);
    }
    close_parts(printer, "]");
}

static void print_map(struct printer *printer, const struct value *map, uint32_t verb)
{
    size_t n = value_map_len(map);

    open_parts(printer, map->type, "map[");
    for (size_t i = 0; i < n && !printer->has_failed; i++) {
        struct value key, value;

        value_map_at(map, i, &key, &value);
        separate_parts(printer, i);
        print_part(printer, map->type->key, &key, verb);
        printer_add(printer, SLICE(":"));
        print_part(printer, map->type->elem, &value, verb);
    }
    close_parts(printer, "]");
}

static void print_struct(struct printer *printer, const struct value *value, uint32_t verb)
{
    const struct type *type = value->type;

    open_parts(printer, type, "{");
    for (size_t i = 0; i < type->n_fields && !printer->has_failed; i++) {
        struct value part = value_field(value->object, &type->fields[i]);

        separate_parts(printer, i);
        if (printer->format.is_field_named || printer->format.is_go_syntax) {
            printer_add_string(printer, type->fields[i].name);
            printer_add(printer, SLICE(":"));
        }
        print_part(printer, type->fields[i].type, &part, verb);
    }
    close_parts(printer, "}");
}

/* A pointer shows what it points to only where it is not itself part of a value. */
static void print_pointer(struct printer *printer, const struct value *value, uint32_t verb,
                          bool is_top)
{
    if (is_top && value->object) {
        struct value target = { .type = value->type->elem, .object = value->object };

        printer_add(printer, SLICE("&"));
        print_any(printer, &target, verb, false);
    } else {
        print_address(printer, value, value->object ? ADDRESS : 0, verb);
    }
}

/* --- Times --------------------------------------------------------------------------------- */

/* Times and durations write themselves, for the verbs that want a text. */
static bool is_text_verb(const struct printer *printer, uint32_t verb)
{
    if (printer->is_reporting || printer->format.is_go_syntax)
        return false;
    return verb == 'v' || verb == 's' || verb == 'q' || verb == 'x' || verb == 'X';
}

static void print_moment(struct printer *printer, const struct buf *buf, uint32_t verb)
{
    struct text text = { buf->ptr, buf->len, NULL };

    print_text(printer, &text, verb);
}

static void print_duration(struct printer *printer, const struct value *value, uint32_t verb)
{
    CLEANUP(buf_fini) struct buf text = BUF_EMPTY;

    if (!is_text_verb(printer, verb)) {
        print_integer(printer, (uint64_t)value->integer, INTEGER_SIGNED, verb);
        return;
    }
    moment_add_duration(&text, value->integer);
    print_moment(printer, &text, verb);
}

/* What the peer's time is made of, which other verbs show. */
struct time_parts {
    uint64_t wall;   /* nanoseconds of the second */
    int64_t ext;     /* seconds since the year 1 */
    const void *loc; /* NULL: UTC */
};

static const struct type location_type = { .name = "time.Location", .kind = KIND_STRUCT };
static const struct type location_pointer_type = { .name = "*time.Location",
                                                   .kind = KIND_POINTER,
                                                   .elem = &location_type };
static const struct field time_fields[] = {
    { "wall", &type_uint64, STORED_NUMBERS, offsetof(struct time_parts, wall) },
    { "ext", &type_int64, STORED_NUMBERS, offsetof(struct time_parts, ext) },
    { "loc", &location_pointer_type, STORED_POINTERS, offsetof(struct time_parts, loc) },
};
static const struct type time_parts_type = { .name = "time.Time",
                                             .kind = KIND_STRUCT,
                                             .fields = time_fields,
                                             .n_fields = ARRAY_SIZE(time_fields),
                                             .size = sizeof(struct time_parts) };

static void print_time(struct printer *printer, const struct value *value, uint32_t verb)
{
    CLEANUP(buf_fini) struct buf text = BUF_EMPTY;

    if (is_text_verb(printer, verb)) {
        moment_add_default(&text, value->time);
        print_moment(printer, &text, verb);
    } else if (printer->format.is_go_syntax && !printer->is_reporting) {
        moment_add_go_syntax(&text, value->time);
        format_text(printer, &(struct text){ text.ptr, text.len, NULL });
    } else {
        struct time_parts parts = { (uint64_t)value->time.tv_nsec,
                                    value->time.tv_sec + MOMENT_UNIX_EPOCH, NULL };
        struct value shown = { .type = &time_parts_type, .object = &parts };

        print_struct(printer, &shown, verb);
    }
}

/* --- Any value ----------------------------------------------------------------------------- */

static void print_kind(struct printer *printer, const struct value *value, uint32_t verb,
                       bool is_top)
{
    switch (value->type->kind) {
    case KIND_ANY: assert(false); return; /* no value has this kind */
    case KIND_BOOL: print_bool(printer, value->boolean, verb); return;
    case KIND_INT: print_integer(printer, (uint64_t)value->integer, INTEGER_SIGNED, verb); return;
    case KIND_UINT: print_integer(printer, value->natural, 0, verb); return;
    case KIND_FLOAT: print_double(printer, value->real, verb); return;
    case KIND_COMPLEX: print_complex(printer, value, verb); return;
    case KIND_STRING: print_text(printer, &value->text, verb); return;
    case KIND_LIST: print_list(printer, value, verb, is_top); return;
    case KIND_MAP: print_map(printer, value, verb); return;
    case KIND_STRUCT: print_struct(printer, value, verb); return;
    case KIND_POINTER: print_pointer(printer, value, verb, is_top); return;
    case KIND_CHANNEL:
    case KIND_SCRATCH: print_address(printer, value, ADDRESS, verb); return;
    case KIND_TIME: print_time(printer, value, verb); return;
    case KIND_DURATION: print_duration(printer, value, verb); return;
    }
}

/* is_top: an argument itself, or what a wrong verb names, which is the innermost value. */
static void print_any(struct printer *printer, const struct value *value, uint32_t verb,
                      bool is_top)
{
    const struct value *culprit = printer->culprit;

    if (printer->has_failed)
        return;
    if (printer->depth > LIMIT_VALUE_DEPTH) {
        printer->has_failed = true;
        error_set(printer->err, ERROR_LIMIT, "a value is nested deeper than %u levels, the limit",
                  LIMIT_VALUE_DEPTH);
        return;
    }
    printer->culprit = value;
    printer->depth++;
    print_kind(printer, value, verb, is_top);
    printer->depth--;
    printer->culprit = culprit;
}

/* %p: the address of what has one. */
static void print_place(struct printer *printer, const struct value *value)
{
    switch (value->type->kind) {
    case KIND_LIST:
    case KIND_MAP:
    case KIND_CHANNEL:
    case KIND_SCRATCH: print_address(printer, value, ADDRESS, 'p'); return;
    case KIND_POINTER: print_address(printer, value, value->object ? ADDRESS : 0, 'p'); return;
    default: print_bad_verb(printer, 'p'); return;
    }
}

/* %w is for errors, and asked of the argument itself: wrong as a whole, not for each element. A
 * list of bytes is never asked. */
static bool is_wrapping(const struct value *value, uint32_t verb)
{
    return verb == 'w' && !(value->type->kind == KIND_LIST && is_byte_list(value));
}

void printer_add_value(struct printer *printer, const struct value *value, uint32_t verb)
{
    printer->culprit = value;
    if (!value->type && (verb == 'v' || verb == 'T'))
        format_string(printer, "<nil>");
    else if (!value->type || is_wrapping(value, verb))
        print_bad_verb(printer, verb);
    else if (verb == 'T')
        format_text(printer, &(struct text){ value->type->name, strlen(value->type->name), NULL });
    else if (verb == 'p')
        print_place(printer, value);
    else
        print_any(printer, value, verb, true);
    printer->culprit = NULL;
}
