/* SPDX-License-Identifier: MIT */
/* toYAML: a value as a YAML document in block style. */
#include <stdlib.h>

#include "base/base64.h"
#include "base/limits.h"
#include "base/memory.h"
#include "base/utf8.h"

#include "eval.h"
#include "function.h"
#include "key_order.h"
#include "moment.h"
#include "print.h"
#include "unicode.h"
#include "yaml_emitter.h"
#include "yaml_functions.h"
#include "yaml_scalar.h"

struct writer {
    struct yaml_emitter emitter;
    struct buf out, scratch; /* scratch: the scalar that is being written */
    unsigned depth;
    size_t n_sorted; /* entries of the maps that are open */
    struct error *err;
};

static void writer_fini(struct writer *writer)
{
    buf_fini(&writer->out);
    buf_fini(&writer->scratch);
}

/* --- Scalars ------------------------------------------------------------------------------- */

#define BASE64_LINE_BYTES 70

/* What is not UTF-8, in lines. */
static struct yaml_scalar binary_scalar(struct writer *writer, struct slice bytes)
{
    CLEANUP(buf_fini) struct buf code = BUF_EMPTY;

    base64_encode(bytes, &code);
    for (size_t at = 0; at < code.len; at += BASE64_LINE_BYTES) {
        buf_add(&writer->scratch, slice_sub(buf_slice(&code), at, at + BASE64_LINE_BYTES));
        if (code.len >= BASE64_LINE_BYTES)
            buf_add_byte(&writer->scratch, '\n');
    }
    return (struct yaml_scalar){
        .text = buf_slice(&writer->scratch),
        .style = code.len >= BASE64_LINE_BYTES ? SCALAR_LITERAL : SCALAR_PLAIN,
        .is_binary = true,
    };
}

/* In quotes what would read back as something else. */
static struct yaml_scalar string_scalar(struct writer *writer, struct slice text)
{
    struct yaml_scalar scalar = { .text = text, .style = SCALAR_PLAIN };
    struct value ignored;

    if (utf8_valid_len(text) != text.len)
        return binary_scalar(writer, text);
    if (slice_find_byte(text, '\n') != SLICE_NOT_FOUND)
        scalar.style = SCALAR_LITERAL;
    else if (scalar_resolve(text, true, &ignored) != SCALAR_STRING || scalar_is_base60(text))
        scalar.style = SCALAR_DOUBLE_QUOTED;
    return scalar;
}

static void add_double(struct buf *out, double number)
{
    if (number != number)
        buf_add_string(out, ".nan");
    else if (number - number != 0)
        buf_add_string(out, number < 0 ? "-.inf" : ".inf");
    else
        print_add_double(out, number, 'g', -1, 6);
}

/* False: a value of this kind is no scalar. */
static bool to_scalar(struct writer *writer, const struct value *value, struct yaml_scalar *ret)
{
    struct buf *out = &writer->scratch;

    buf_clear(out);
    switch (value_kind(value)) {
    case KIND_ANY: buf_add_string(out, "null"); break;
    case KIND_BOOL: buf_add_string(out, value->boolean ? "true" : "false"); break;
    case KIND_INT: buf_printf(out, "%jd", (intmax_t)value->integer); break;
    case KIND_UINT: buf_printf(out, "%ju", (uintmax_t)value->natural); break;
    case KIND_FLOAT: add_double(out, value->real); break;
    case KIND_TIME: moment_add_layout(out, MOMENT_RFC3339_NANO, value->time); break;
    case KIND_DURATION: moment_add_duration(out, value->integer); break;
    case KIND_STRING: *ret = string_scalar(writer, value_slice(value)); return true;
    case KIND_POINTER:
        if (value->object)
            return false;
        buf_add_string(out, "null");
        break;
    default: return false;
    }
    *ret = (struct yaml_scalar){ .text = buf_slice(out), .style = SCALAR_PLAIN };
    return true;
}

/* --- Collections --------------------------------------------------------------------------- */

/* Nested up to LIMIT_VALUE_DEPTH. */
static bool write_value(struct writer *writer, const struct value *value);

static bool write_key(struct writer *writer, const struct value *key)
{
    struct yaml_scalar scalar;

    if (!to_scalar(writer, key, &scalar))
        return function_error(writer->err, "a key of type %s cannot be written as YAML",
                              key->type->name);
    yaml_emit_key(&writer->emitter, &scalar);
    return true;
}

static bool write_list(struct writer *writer, const struct value *list)
{
    int indent = yaml_emit_open_list(&writer->emitter);

    for (size_t i = 0; i < list->list.n; i++) {
        struct value item = value_list_get(list, i);

        yaml_emit_item(&writer->emitter);
        if (!write_value(writer, &item))
            return false;
    }
    yaml_emit_close(&writer->emitter, indent);
    return true;
}

static int compare_pairs(const void *a, const void *b)
{
    const struct value_pair *pair_a = a, *pair_b = b;

    return key_order_compare(&pair_a->key, &pair_b->key);
}

static bool write_pairs(struct writer *writer, const struct value_pair *pairs, size_t n)
{
    int indent = yaml_emit_open_mapping(&writer->emitter);

    for (size_t i = 0; i < n; i++) {
        if (!write_key(writer, &pairs[i].key) || !write_value(writer, &pairs[i].value))
            return false;
    }
    yaml_emit_close(&writer->emitter, indent);
    return true;
}

/* The entries are copied to be sorted. A map that contains itself is met again and again before
 * the depth ends that, hence the limit on all copies together. */
static bool write_map(struct writer *writer, const struct value *map)
{
    size_t n = value_map_len(map);
    struct value_pair *pairs;

    if (n > LIMIT_RENDER_BYTES / sizeof(*pairs) - writer->n_sorted)
        return error_set(writer->err, ERROR_LIMIT, "the maps take more than %u MB, the limit",
                         LIMIT_RENDER_BYTES >> 20);
    writer->n_sorted += n;
    pairs = memory_resize_array(NULL, n, sizeof(*pairs));
    for (size_t i = 0; i < n; i++)
        value_map_at(map, i, &pairs[i].key, &pairs[i].value);
    qsort(pairs, n, sizeof(*pairs), compare_pairs);

    bool is_good = write_pairs(writer, pairs, n);

    free(pairs);
    writer->n_sorted -= n;
    return is_good;
}

/* The keys are the fields' names in small letters. */
static bool write_struct(struct writer *writer, const struct type *type, const void *object)
{
    int indent = yaml_emit_open_mapping(&writer->emitter);

    for (size_t i = 0; i < type->n_fields; i++) {
        CLEANUP(buf_fini) struct buf name = BUF_EMPTY;
        struct value key, value = value_field(object, &type->fields[i]);

        for (const char *c = type->fields[i].name; *c; c++)
            buf_add_byte(&name, *c >= 'A' && *c <= 'Z' ? (char)(*c - 'A' + 'a') : *c);
        key = value_string(buf_slice(&name));
        if (!write_key(writer, &key) || !write_value(writer, &value))
            return false;
    }
    yaml_emit_close(&writer->emitter, indent);
    return true;
}

static bool write_collection(struct writer *writer, const struct value *value)
{
    switch (value_kind(value)) {
    case KIND_LIST:
        if (value->list.n)
            return write_list(writer, value);
        yaml_emit_empty(&writer->emitter, "[]");
        return true;
    case KIND_MAP:
        if (value_map_len(value))
            return write_map(writer, value);
        yaml_emit_empty(&writer->emitter, "{}");
        return true;
    case KIND_STRUCT: return write_struct(writer, value->type, value->object);
    case KIND_POINTER: return write_struct(writer, value->type->elem, value->object);
    default:
        return function_error(writer->err, "a value of type %s cannot be written as YAML",
                              value->type->name);
    }
}

static bool write_value(struct writer *writer, const struct value *value)
{
    struct yaml_scalar scalar;

    if (yaml_emitter_is_full(&writer->emitter))
        return error_set(writer->err, ERROR_LIMIT, "the YAML is longer than %u MB, the limit",
                         LIMIT_OUTPUT_BYTES >> 20);
    if (to_scalar(writer, value, &scalar)) {
        yaml_emit_scalar(&writer->emitter, &scalar);
        return true;
    }
    if (writer->depth == LIMIT_VALUE_DEPTH)
        return error_set(writer->err, ERROR_LIMIT, "the value nests deeper than %d",
                         LIMIT_VALUE_DEPTH);
    writer->depth++;

    bool is_good = write_collection(writer, value);

    writer->depth--;
    return is_good;
}

/* ------------------------------------------------------------------------------------------- */

bool call_to_yaml(struct eval *eval, const struct value *args, size_t n_args, struct value *ret,
                  struct error *err)
{
    CLEANUP(writer_fini)
    struct writer writer = { .out = BUF_EMPTY, .scratch = BUF_EMPTY, .err = err };

    (void)n_args;
    yaml_emitter_init(&writer.emitter, &writer.out);
    if (!write_value(&writer, &args[0]) || !eval_check_size(eval, writer.out.len, err))
        return false;

    struct text text = { writer.out.ptr, writer.out.len, NULL };

    text = text_trim_space(eval->arena, &text);
    *ret = value_string(arena_copy(eval->arena, slice_of(text.ptr, text.len)));
    return true;
}
