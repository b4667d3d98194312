/* SPDX-License-Identifier: MIT */
/* Values as JSON, byte for byte as Go's encoding/json writes them. */
#include "json_write.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "base/buf.h"
#include "base/limits.h"
#include "base/utf8.h"

#include "eval.h"
#include "function.h"
#include "moment.h"
#include "print.h"

struct json_writer {
    struct eval *eval;
    bool is_pretty, escapes_html;
    struct buf out;
    unsigned depth;
    bool is_foreign; /* a text with foreign bytes was written */
    struct error *err;
};

static bool write_value(struct json_writer *writer, const struct value *any);

/* Not beyond what a text may have. */
static bool check_size(struct json_writer *writer)
{
    return eval_check_size(writer->eval, writer->out.len, writer->err);
}

static bool refuse(struct json_writer *writer, const char *what)
{
    return function_error(writer->err, "JSON has no form for %s", what);
}

/* The bytes of a string that is about to be written. */
static struct slice take_text(struct json_writer *writer, const struct value *string)
{
    writer->is_foreign |= text_is_foreign(&string->text);
    return value_slice(string);
}

/* --- Strings and numbers ------------------------------------------------------------------- */

/* A character that does not stand for itself in a string. */
static void write_escape(struct buf *out, uint32_t rune)
{
    static const char letters[] = "\"\"\\\\\bb\ff\nn\rr\tt"; /* a byte, its letter */

    for (size_t i = 0; i < sizeof(letters) - 1; i += 2) {
        if (rune == (unsigned char)letters[i]) {
            buf_add_byte(out, '\\');
            buf_add_byte(out, letters[i + 1]);
            return;
        }
    }
    buf_printf(out, "\\u%04x", rune);
}

static bool is_escaped(const struct json_writer *writer, uint32_t rune)
{
    switch (rune) {
    case '"':
    case '\\':
    case 0x2028: /* JavaScript ends a line there */
    case 0x2029: return true;
    case '<':
    case '>':
    case '&': return writer->escapes_html;
    default: return rune < 0x20;
    }
}

static bool write_string(struct json_writer *writer, struct slice text)
{
    struct buf *out = &writer->out;
    size_t from = 0; /* what is before it is written */

    buf_add_byte(out, '"');
    for (size_t at = 0; at < text.len;) {
        uint32_t rune;
        size_t n = utf8_decode(slice_sub(text, at, text.len), &rune);
        bool is_invalid = n == 1 && rune == RUNE_REPLACEMENT;

        if (is_invalid || is_escaped(writer, rune)) {
            buf_add(out, slice_sub(text, from, at));
            write_escape(out, rune);
            from = at + n;
            if (!check_size(writer))
                return false;
        }
        at += n;
    }
    buf_add(out, slice_sub(text, from, text.len));
    buf_add_byte(out, '"');
    return true;
}

/* The fewest digits that read back; an exponent has no leading zero, unlike in Go's own text. */
static bool write_float(struct json_writer *writer, double number)
{
    struct buf *out = &writer->out;
    double size = fabs(number);

    if (!isfinite(number))
        return refuse(writer, isnan(number) ? "NaN" : "infinity");
    if (size == 0 || (size >= 1e-6 && size < 1e21)) {
        print_add_double(out, number, 'f', -1, 0);
        return true;
    }
    print_add_double(out, number, 'e', -1, 0);
    if (out->ptr[out->len - 2] == '0' && out->ptr[out->len - 3] == '-') {
        out->ptr[out->len - 2] = out->ptr[out->len - 1];
        out->len--;
    }
    return true;
}

/* --- Lists, maps, structs ------------------------------------------------------------------ */

/* A new line before an element, or before the end of what holds them. */
static void write_line(struct json_writer *writer)
{
    if (!writer->is_pretty)
        return;
    buf_add_byte(&writer->out, '\n');
    buf_add_repeated(&writer->out, ' ', 2 * (size_t)writer->depth);
}

static bool write_open(struct json_writer *writer, char bracket)
{
    buf_add_byte(&writer->out, bracket);
    if (writer->depth == LIMIT_VALUE_DEPTH)
        return error_set(writer->err, ERROR_LIMIT, "the value nests deeper than %d",
                         LIMIT_VALUE_DEPTH);
    writer->depth++;
    return true;
}

static void write_close(struct json_writer *writer, char bracket, bool is_empty)
{
    writer->depth--;
    if (!is_empty)
        write_line(writer);
    buf_add_byte(&writer->out, bracket);
}

static void write_separator(struct json_writer *writer, bool is_first)
{
    if (!is_first)
        buf_add_byte(&writer->out, ',');
    write_line(writer);
}

static bool write_member(struct json_writer *writer, bool is_first, struct slice name,
                         const struct value *value)
{
    write_separator(writer, is_first);
    if (!write_string(writer, name))
        return false;
    buf_add_string(&writer->out, writer->is_pretty ? ": " : ":");
    return write_value(writer, value);
}

static bool write_list(struct json_writer *writer, const struct value *list)
{
    if (!write_open(writer, '['))
        return false;
    for (size_t i = 0; i < list->list.n; i++) {
        struct value element = value_list_get(list, i);

        write_separator(writer, i == 0);
        if (!write_value(writer, &element))
            return false;
    }
    write_close(writer, ']', list->list.n == 0);
    return true;
}

/* []byte is text in Base64. */
static bool write_bytes(struct json_writer *writer, const struct value *bytes)
{
    CLEANUP(buf_fini) struct buf plain = BUF_EMPTY;

    for (size_t i = 0; i < bytes->list.n; i++)
        buf_add_byte(&plain, (char)value_list_get(bytes, i).natural);
    buf_add_byte(&writer->out, '"');
    base64_encode(buf_slice(&plain), &writer->out);
    buf_add_byte(&writer->out, '"');
    return true;
}

static bool write_text_map(struct json_writer *writer, const struct value *map)
{
    size_t n = value_map_len(map);

    if (!write_open(writer, '{'))
        return false;
    for (size_t i = 0; i < n; i++) {
        struct value key, value;

        value_map_at(map, i, &key, &value);
        if (!write_member(writer, i == 0, take_text(writer, &key), &value))
            return false;
    }
    write_close(writer, '}', n == 0);
    return true;
}

struct number_member {
    char name[24];
    struct value value;
};

static int compare_number_members(const void *a, const void *b)
{
    return strcmp(((const struct number_member *)a)->name, ((const struct number_member *)b)->name);
}

/* Keys that are numbers become texts, and are sorted as such. */
static bool write_number_map(struct json_writer *writer, const struct value *map)
{
    size_t n = value_map_len(map);

    if (!eval_check_size(writer->eval, n * sizeof(struct number_member), writer->err) ||
        !write_open(writer, '{'))
        return false;

    struct number_member *members = ARENA_ARRAY(writer->eval->arena, n, struct number_member);

    for (size_t i = 0; i < n; i++) {
        struct value key;

        value_map_at(map, i, &key, &members[i].value);
        snprintf(members[i].name, sizeof(members[i].name), "%jd", (intmax_t)key.integer);
    }
    if (n)
        qsort(members, n, sizeof(*members), compare_number_members);
    for (size_t i = 0; i < n; i++) {
        if (!write_member(writer, i == 0, slice_from(members[i].name), &members[i].value))
            return false;
    }
    write_close(writer, '}', n == 0);
    return true;
}

static bool write_map(struct json_writer *writer, const struct value *map)
{
    switch (map->type->key->kind) {
    case KIND_STRING: return write_text_map(writer, map);
    case KIND_INT: return write_number_map(writer, map);
    default: return refuse(writer, map->type->name);
    }
}

static bool write_struct(struct json_writer *writer, const struct value *value)
{
    const struct type *type = value->type;

    if (!write_open(writer, '{'))
        return false;
    for (size_t i = 0; i < type->n_fields; i++) {
        struct value field = value_field(value->object, &type->fields[i]);

        if (!write_member(writer, i == 0, slice_from(type->fields[i].name), &field))
            return false;
    }
    write_close(writer, '}', type->n_fields == 0);
    return true;
}

static void write_time(struct json_writer *writer, struct timespec time)
{
    buf_add_byte(&writer->out, '"');
    moment_add_layout(&writer->out, MOMENT_RFC3339_NANO, time);
    buf_add_byte(&writer->out, '"');
}

/* What a pointer points to; nil for a null pointer. */
static struct value follow(const struct value *value)
{
    if (value_kind(value) != KIND_POINTER)
        return *value;
    if (!value->object)
        return VALUE_NIL;
    return (struct value){ .type = value->type->elem, .object = value->object };
}

static bool write_value(struct json_writer *writer, const struct value *any)
{
    struct value value = follow(any);
    struct buf *out = &writer->out;

    if (!check_size(writer))
        return false;
    if (!value.type) {
        buf_add_string(out, "null");
        return true;
    }
    switch (value.type->kind) {
    case KIND_BOOL: buf_add_string(out, value.boolean ? "true" : "false"); return true;
    case KIND_INT:
    case KIND_DURATION: buf_printf(out, "%jd", (intmax_t)value.integer); return true;
    case KIND_UINT: buf_printf(out, "%ju", (uintmax_t)value.natural); return true;
    case KIND_FLOAT: return write_float(writer, value.real);
    case KIND_STRING: return write_string(writer, take_text(writer, &value));
    case KIND_LIST:
        return value.type->elem == &type_uint8 ? write_bytes(writer, &value)
                                               : write_list(writer, &value);
    case KIND_MAP: return write_map(writer, &value);
    case KIND_STRUCT: return write_struct(writer, &value);
    case KIND_TIME: write_time(writer, value.time); return true;
    case KIND_ANY:
    case KIND_COMPLEX:
    case KIND_POINTER:
    case KIND_CHANNEL:
    case KIND_SCRATCH: break;
    }
    return refuse(writer, value.type->name);
}

static void writer_fini(struct json_writer *writer)
{
    buf_fini(&writer->out);
}

static bool call_write(struct eval *eval, const struct value *value, bool is_pretty,
                       bool escapes_html, struct value *ret, struct error *err)
{
    CLEANUP(writer_fini)
    struct json_writer writer = { .eval = eval,
                                  .is_pretty = is_pretty,
                                  .escapes_html = escapes_html,
                                  .out = BUF_EMPTY,
                                  .err = err };

    if (!write_value(&writer, value) || !check_size(&writer))
        return false;
    *ret = value_string_of(arena_copy(eval->arena, buf_slice(&writer.out)), writer.is_foreign);
    return true;
}

bool call_to_json(struct eval *eval, const struct value *args, size_t n_args, struct value *ret,
                  struct error *err)
{
    (void)n_args;
    return call_write(eval, &args[0], false, true, ret, err);
}

bool call_to_json_pretty(struct eval *eval, const struct value *args, size_t n_args,
                         struct value *ret, struct error *err)
{
    (void)n_args;
    return call_write(eval, &args[0], true, true, ret, err);
}

bool call_to_unescaped_json(struct eval *eval, const struct value *args, size_t n_args,
                            struct value *ret, struct error *err)
{
    (void)n_args;
    return call_write(eval, &args[0], false, false, ret, err);
}

bool call_to_unescaped_json_pretty(struct eval *eval, const struct value *args, size_t n_args,
                                   struct value *ret, struct error *err)
{
    (void)n_args;
    return call_write(eval, &args[0], true, false, ret, err);
}
