/* SPDX-License-Identifier: MIT */
/* toTOML: a map or a struct as a TOML document, laid out as the peer's library does. */
#include "base/limits.h"

#include "eval.h"
#include "function.h"
#include "moment.h"
#include "toml_text.h"
#include "unicode.h"
#include "yaml_functions.h"

/* A table's name, from the innermost part outwards. */
struct path {
    const struct path *parent;
    struct slice part;
    unsigned depth; /* parts, this one included */
};

struct writer {
    struct eval *eval;
    struct buf out;
    unsigned depth;
    struct error *err;
};

static void writer_fini(struct writer *writer)
{
    buf_fini(&writer->out);
}

static bool check_output(const struct writer *writer)
{
    return writer->out.len <= LIMIT_OUTPUT_BYTES ||
           error_set(writer->err, ERROR_LIMIT, "the TOML is longer than %u MB, the limit",
                     LIMIT_OUTPUT_BYTES >> 20);
}

/* --- Kinds --------------------------------------------------------------------------------- */

/* A nil pointer is none. */
static bool is_table(const struct value *value)
{
    switch (value_kind(value)) {
    case KIND_MAP:
    case KIND_STRUCT: return true;
    case KIND_POINTER: return value->object != NULL;
    default: return false;
    }
}

/* How a value is written: tables of their own come last. */
enum form { FORM_NONE, FORM_VALUE, FORM_TABLE, FORM_TABLES };

static bool find_form(struct writer *writer, const struct value *value, enum form *ret_form);

/* Nil has no form in TOML, and so a list that holds it, however deep, cannot be written. */
static bool find_list_form(struct writer *writer, const struct value *list, enum form *ret_form)
{
    bool is_tables = list->list.n > 0;

    if (!eval_charge(writer->eval, list->list.n, writer->err))
        return false;
    for (size_t i = 0; i < list->list.n; i++) {
        struct value item = value_list_get(list, i);
        enum form form;

        if (!find_form(writer, &item, &form))
            return false;
        if (form == FORM_NONE)
            return function_error(writer->err, "a list with nil in it cannot be written as TOML");
        is_tables &= form == FORM_TABLE;
    }
    *ret_form = is_tables ? FORM_TABLES : FORM_VALUE;
    return true;
}

static bool find_form(struct writer *writer, const struct value *value, enum form *ret_form)
{
    *ret_form = FORM_VALUE;
    switch (value_kind(value)) {
    case KIND_ANY: *ret_form = FORM_NONE; return true;
    case KIND_BOOL:
    case KIND_INT:
    case KIND_UINT:
    case KIND_FLOAT:
    case KIND_STRING:
    case KIND_TIME:
    case KIND_DURATION: return true;
    case KIND_MAP:
    case KIND_STRUCT:
    case KIND_POINTER: *ret_form = is_table(value) ? FORM_TABLE : FORM_NONE; return true;
    case KIND_LIST: break;
    default:
        return function_error(writer->err, "a value of type %s cannot be written as TOML",
                              value->type->name);
    }
    if (writer->depth == LIMIT_VALUE_DEPTH)
        return error_set(writer->err, ERROR_LIMIT, "the value nests deeper than %d",
                         LIMIT_VALUE_DEPTH);
    writer->depth++;

    bool is_good = find_list_form(writer, value, ret_form);

    writer->depth--;
    return is_good;
}

/* --- Lines --------------------------------------------------------------------------------- */

#define INDENT_STEP ((size_t)2)

static void add_indent(struct buf *out, const struct path *path)
{
    buf_add_repeated(out, ' ', INDENT_STEP * (path->depth - 1));
}

/* [a.b] or [[a.b]] in a line of its own. */
static void add_header(struct buf *out, const struct path *path, const char *open,
                       const char *close)
{
    const struct path *parts[LIMIT_VALUE_DEPTH + 1];

    for (const struct path *part = path; part; part = part->parent)
        parts[part->depth - 1] = part;
    add_indent(out, path);
    buf_add_string(out, open);
    for (unsigned i = 0; i < path->depth && out->len <= LIMIT_OUTPUT_BYTES; i++) {
        buf_add_string(out, i ? "." : "");
        toml_add_key(out, parts[i]->part);
    }
    buf_add_string(out, close);
    buf_add_byte(out, '\n');
}

/* --- Entries of a table -------------------------------------------------------------------- */

/* A map or a struct. */
struct table {
    struct value map;
    const struct type *type; /* the struct's; NULL: it is a map */
    const void *object;
    size_t n;
};

static bool open_table(struct writer *writer, const struct value *value, struct table *ret)
{
    *ret = (struct table){ .map = *value };
    if (value->type->kind == KIND_MAP) {
        if (value->type->key->kind != KIND_STRING)
            return function_error(writer->err,
                                  "a %s cannot be written as TOML: its keys must be strings",
                                  value->type->name);
        ret->n = value_map_len(value);
    } else {
        ret->type = value->type->kind == KIND_POINTER ? value->type->elem : value->type;
        ret->object = value->object;
        ret->n = ret->type->n_fields;
    }
    if (writer->depth == LIMIT_VALUE_DEPTH)
        return error_set(writer->err, ERROR_LIMIT, "the value nests deeper than %d",
                         LIMIT_VALUE_DEPTH);
    return eval_charge(writer->eval, ret->n, writer->err) && check_output(writer);
}

static struct slice table_at(const struct table *table, size_t i, struct value *ret_value)
{
    struct value key;

    if (table->type) {
        *ret_value = value_field(table->object, &table->type->fields[i]);
        return slice_from(table->type->fields[i].name);
    }
    value_map_at(&table->map, i, &key, ret_value);
    return value_slice(&key);
}

/* --- Values in one line -------------------------------------------------------------------- */

static bool write_element(struct writer *writer, const struct value *value);

static bool write_inline_list(struct writer *writer, const struct value *list)
{
    buf_add_byte(&writer->out, '[');
    for (size_t i = 0; i < list->list.n; i++) {
        struct value item = value_list_get(list, i);

        buf_add_string(&writer->out, i ? ", " : "");
        if (!write_element(writer, &item))
            return false;
    }
    buf_add_byte(&writer->out, ']');
    return true;
}

/* Which entries an inline table has: those that are tables themselves come last. */
struct inline_entries {
    size_t n_tables;
    size_t last_table;
    size_t last_direct; /* of the others, nil included */
};

static bool find_inline_entries(struct writer *writer, const struct table *table,
                                struct inline_entries *ret)
{
    *ret = (struct inline_entries){ 0 };
    for (size_t i = 0; i < table->n; i++) {
        struct value value;
        enum form form;

        table_at(table, i, &value);
        if (!find_form(writer, &value, &form))
            return false;
        if (form == FORM_TABLE || form == FORM_TABLES) {
            ret->n_tables++;
            ret->last_table = i;
        } else {
            ret->last_direct = i;
        }
    }
    return true;
}

/* A comma behind an entry. The library looks at what comes next, not at what is left out of it: a
 * nil entry at the end leaves a comma before the brace, and the commas of a struct follow its
 * fields' order, not the order in which they are written. */
static bool has_comma(const struct table *table, const struct inline_entries *entries,
                      bool is_table_entry, size_t i)
{
    if (table->type)
        return i + 1 != table->n;
    return is_table_entry ? i != entries->last_table
                          : entries->n_tables || i != entries->last_direct;
}

static bool write_inline_entries(struct writer *writer, const struct table *table,
                                 const struct inline_entries *entries, bool are_tables)
{
    for (size_t i = 0; i < table->n; i++) {
        struct value value;
        struct slice key = table_at(table, i, &value);
        enum form form;

        if (!find_form(writer, &value, &form))
            return false;
        if (form == FORM_NONE || (form != FORM_VALUE) != are_tables)
            continue;
        toml_add_key(&writer->out, key);
        buf_add_string(&writer->out, " = ");
        if (!write_element(writer, &value))
            return false;
        if (has_comma(table, entries, are_tables, i))
            buf_add_string(&writer->out, ", ");
    }
    return true;
}

static bool write_inline_table(struct writer *writer, const struct value *value)
{
    struct inline_entries entries;
    struct table table;

    if (!open_table(writer, value, &table) || !find_inline_entries(writer, &table, &entries))
        return false;
    buf_add_byte(&writer->out, '{');
    if (!write_inline_entries(writer, &table, &entries, false) ||
        !write_inline_entries(writer, &table, &entries, true))
        return false;
    buf_add_byte(&writer->out, '}');
    return true;
}

/* Neither nil nor of a kind that find_form() refuses. */
static bool write_element(struct writer *writer, const struct value *value)
{
    struct buf *out = &writer->out;

    if (!check_output(writer))
        return false;
    switch (value_kind(value)) {
    case KIND_STRING: toml_add_quoted(out, value_slice(value)); return true;
    case KIND_BOOL: buf_add_string(out, value->boolean ? "true" : "false"); return true;
    case KIND_INT: buf_printf(out, "%jd", (intmax_t)value->integer); return true;
    case KIND_UINT: buf_printf(out, "%ju", (uintmax_t)value->natural); return true;
    case KIND_FLOAT: toml_add_double(out, value->real); return true;
    case KIND_TIME: moment_add_layout(out, MOMENT_RFC3339_NANO, value->time); return true;
    case KIND_DURATION: toml_add_duration(out, value->integer); return true;
    default: break;
    }
    if (writer->depth == LIMIT_VALUE_DEPTH)
        return error_set(writer->err, ERROR_LIMIT, "the value nests deeper than %d",
                         LIMIT_VALUE_DEPTH);
    writer->depth++;

    bool is_good = value_kind(value) == KIND_LIST ? write_inline_list(writer, value)
                                                  : write_inline_table(writer, value);

    writer->depth--;
    return is_good;
}

/* --- Tables -------------------------------------------------------------------------------- */

static bool write_entries(struct writer *writer, const struct path *path,
                          const struct value *value);

static void add_blank_line(struct buf *out)
{
    if (out->len)
        buf_add_byte(out, '\n');
}

static bool write_table(struct writer *writer, const struct path *path, const struct value *value)
{
    if (path->depth == 1)
        add_blank_line(&writer->out);
    add_header(&writer->out, path, "[", "]");
    return write_entries(writer, path, value);
}

static bool write_tables(struct writer *writer, const struct path *path, const struct value *list)
{
    for (size_t i = 0; i < list->list.n; i++) {
        struct value item = value_list_get(list, i);

        add_blank_line(&writer->out);
        add_header(&writer->out, path, "[[", "]]");
        if (!write_entries(writer, path, &item))
            return false;
    }
    return true;
}

static bool write_entry(struct writer *writer, const struct path *path, const struct value *value,
                        enum form form)
{
    switch (form) {
    case FORM_NONE: return true;
    case FORM_TABLE: return write_table(writer, path, value);
    case FORM_TABLES: return write_tables(writer, path, value);
    case FORM_VALUE: break;
    }
    add_indent(&writer->out, path);
    toml_add_key(&writer->out, path->part);
    buf_add_string(&writer->out, " = ");
    if (!write_element(writer, value))
        return false;
    buf_add_byte(&writer->out, '\n');
    return true;
}

/* The entries of one kind of a table; nil ones are left out. */
static bool write_some(struct writer *writer, const struct path *path, const struct table *table,
                       bool are_tables)
{
    for (size_t i = 0; i < table->n; i++) {
        struct path entry = { .parent = path, .depth = path ? path->depth + 1 : 1 };
        struct value value;
        enum form form;

        entry.part = table_at(table, i, &value);
        if (!check_output(writer) || !find_form(writer, &value, &form))
            return false;
        if ((form == FORM_TABLE || form == FORM_TABLES) == are_tables &&
            !write_entry(writer, &entry, &value, form))
            return false;
    }
    return true;
}

/* What has no header of its own comes first, or it would belong to the header before it. */
static bool write_entries(struct writer *writer, const struct path *path, const struct value *value)
{
    struct table table;

    if (!open_table(writer, value, &table))
        return false;
    writer->depth++;

    bool is_good =
        write_some(writer, path, &table, false) && write_some(writer, path, &table, true);

    writer->depth--;
    return is_good;
}

/* ------------------------------------------------------------------------------------------- */

static bool write_document(struct writer *writer, const struct value *value)
{
    enum form form;

    if (!find_form(writer, value, &form))
        return false;
    switch (form) {
    case FORM_TABLE: return write_entries(writer, NULL, value);
    case FORM_VALUE: return write_element(writer, value);
    case FORM_NONE: return function_error(writer->err, "nil cannot be written as TOML");
    case FORM_TABLES: break;
    }
    return function_error(writer->err, "a list of tables needs a name to be written as TOML");
}

bool call_to_toml(struct eval *eval, const struct value *args, size_t n_args, struct value *ret,
                  struct error *err)
{
    CLEANUP(writer_fini) struct writer writer = { .eval = eval, .out = BUF_EMPTY, .err = err };

    (void)n_args;
    if (!write_document(&writer, &args[0]) || !eval_check_size(eval, writer.out.len, err))
        return false;

    struct slice out = buf_slice(&writer.out);
    struct text text = { out.ptr, out.len, NULL };

    text = text_trim_space(eval->arena, &text);
    *ret = value_string(arena_copy(eval->arena, slice_of(text.ptr, text.len)));
    return true;
}
