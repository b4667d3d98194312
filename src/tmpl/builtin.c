/* SPDX-License-Identifier: MIT */
/* Go's own functions: section 9 of the language. */
#include <unictype.h>

#include "base/utf8.h"
#include "compare.h"
#include "eval.h"
#include "function.h"
#include "print.h"

/* --- Logic ---------------------------------------------------------------------------------- */

static bool call_and(struct eval *eval, const struct value *args, size_t n_args, struct value *ret,
                     struct error *err)
{
    (void)eval, (void)n_args, (void)err;
    *ret = value_bool(!value_is_true(&args[0]));
    return true;
}

static bool call_or(struct eval *eval, const struct value *args, size_t n_args, struct value *ret,
                    struct error *err)
{
    (void)eval, (void)n_args, (void)err;
    *ret = value_bool(value_is_true(&args[0]));
    return true;
}

static bool call_not(struct eval *eval, const struct value *args, size_t n_args, struct value *ret,
                     struct error *err)
{
    (void)eval, (void)n_args, (void)err;
    *ret = value_bool(!value_is_true(&args[0]));
    return true;
}

/* --- Lists, maps, strings -------------------------------------------------------------------- */

static bool call_len(struct eval *eval, const struct value *args, size_t n_args, struct value *ret,
                     struct error *err)
{
    (void)eval, (void)n_args;
    switch (value_kind(&args[0])) {
    case KIND_STRING: *ret = value_int((int64_t)args[0].text.len); return true;
    case KIND_LIST: *ret = value_int((int64_t)args[0].list.n); return true;
    case KIND_MAP: *ret = value_int((int64_t)value_map_len(&args[0])); return true;
    case KIND_CHANNEL: *ret = value_int(0); return true; /* nothing waits in it */
    default:
        return function_error(err, "a value of type %s has no length",
                              args[0].type ? args[0].type->name : "nil");
    }
}

/* An index or bound from 0 to max. */
static bool parse_index(const struct value *index, size_t max, size_t *ret_index, struct error *err)
{
    switch (value_kind(index)) {
    case KIND_INT:
        if (index->integer < 0 || (uint64_t)index->integer > max)
            return function_error(err, "index out of range: %lld", (long long)index->integer);
        *ret_index = (size_t)index->integer;
        return true;
    case KIND_UINT:
        if (index->natural > max)
            return function_error(err, "index out of range: %llu",
                                  (unsigned long long)index->natural);
        *ret_index = index->natural;
        return true;
    default:
        return function_error(err, "expected an integer as index, found a value of type %s",
                              index->type ? index->type->name : "nil");
    }
}

static bool index_list(const struct value *list, const struct value *index, struct value *ret,
                       struct error *err)
{
    size_t i;

    if (!parse_index(index, list->list.n, &i, err))
        return false;
    if (i == list->list.n)
        return function_error(err, "index out of range: %zu", i);
    *ret = value_list_get(list, i);
    return true;
}

static bool index_string(const struct value *string, const struct value *index, struct value *ret,
                         struct error *err)
{
    size_t i;

    if (!parse_index(index, string->text.len, &i, err))
        return false;
    if (i == string->text.len)
        return function_error(err, "index out of range: %zu", i);
    *ret = (struct value){ .type = &type_uint8, .natural = (unsigned char)string->text.ptr[i] };
    return true;
}

/* The key as the map's type has it: integers are converted to each other. */
static bool convert_key(const struct type *wanted, const struct value *key, struct value *ret,
                        struct error *err)
{
    enum kind kind = value_kind(key);

    *ret = *key;
    if (wanted->kind == KIND_ANY || key->type == wanted)
        return true;
    if ((kind != KIND_INT && kind != KIND_UINT) ||
        (wanted->kind != KIND_INT && wanted->kind != KIND_UINT))
        return function_error(err, "expected %s as key, found a value of type %s", wanted->name,
                              key->type ? key->type->name : "nil");
    ret->type = wanted; /* the bits are the same */
    return true;
}

static bool index_map(const struct value *map, const struct value *index, struct value *ret,
                      struct error *err)
{
    struct value key, found;

    if (!convert_key(map->type->key, index, &key, err))
        return false;
    *ret = value_map_find(map, &key, &found) ? found : value_zero(map->type->elem);
    return true;
}

static bool call_index(struct eval *eval, const struct value *args, size_t n_args,
                       struct value *ret, struct error *err)
{
    struct value item = args[0];

    (void)eval;
    if (!item.type)
        return function_error(err, "a nil value has no elements");
    for (size_t i = 1; i < n_args; i++) {
        bool is_good;
        struct value element;

        switch (value_kind(&item)) {
        case KIND_LIST: is_good = index_list(&item, &args[i], &element, err); break;
        case KIND_STRING: is_good = index_string(&item, &args[i], &element, err); break;
        case KIND_MAP: is_good = index_map(&item, &args[i], &element, err); break;
        default:
            return function_error(err, "a value of type %s has no elements",
                                  item.type ? item.type->name : "nil");
        }
        if (!is_good)
            return false;
        item = element;
    }
    *ret = item;
    return true;
}

static bool call_slice(struct eval *eval, const struct value *args, size_t n_args,
                       struct value *ret, struct error *err)
{
    const struct value *item = &args[0];
    bool is_string = value_is_string(item);
    size_t bounds[3] = { 0, 0, 0 }, len;

    if (!is_string && value_kind(item) != KIND_LIST)
        return function_error(err, "a value of type %s cannot be sliced",
                              item->type ? item->type->name : "nil");
    if (n_args > 4 || (is_string && n_args > 3))
        return function_error(err, "too many bounds: %zu", n_args - 1);
    bounds[1] = len = is_string ? item->text.len : item->list.n;
    for (size_t i = 1; i < n_args; i++) {
        if (!parse_index(&args[i], len, &bounds[i - 1], err))
            return false;
    }
    if (bounds[0] > bounds[1] || (n_args == 4 && bounds[1] > bounds[2]))
        return function_error(err, "the bounds are not in order: %zu > %zu",
                              bounds[bounds[0] > bounds[1] ? 0 : 1],
                              bounds[bounds[0] > bounds[1] ? 1 : 2]);
    *ret = is_string ? value_text(text_sub(eval->arena, &item->text, bounds[0], bounds[1]))
                     : value_list_slice(item, bounds[0], bounds[1]);
    return true;
}

static bool call_call(struct eval *eval, const struct value *args, size_t n_args, struct value *ret,
                      struct error *err)
{
    (void)eval, (void)n_args, (void)ret;
    return function_error(err, "a value of type %s is no function",
                          args[0].type ? args[0].type->name : "nil");
}

/* --- Printing ------------------------------------------------------------------------------- */

static bool call_print(struct eval *eval, const struct value *args, size_t n_args,
                       struct value *ret, struct error *err)
{
    struct text_builder out;

    text_builder_init(&out, eval->arena);
    if (!print_all(&out, args, n_args, false, err))
        return false;
    *ret = value_text(text_builder_finish(&out));
    return true;
}

static bool call_println(struct eval *eval, const struct value *args, size_t n_args,
                         struct value *ret, struct error *err)
{
    struct text_builder out;

    text_builder_init(&out, eval->arena);
    if (!print_all(&out, args, n_args, true, err))
        return false;
    *ret = value_text(text_builder_finish(&out));
    return true;
}

static bool call_printf(struct eval *eval, const struct value *args, size_t n_args,
                        struct value *ret, struct error *err)
{
    struct text_builder out;

    text_builder_init(&out, eval->arena);
    if (!print_formatted(&out, &args[0].text, args + 1, n_args - 1, err))
        return false;
    *ret = value_text(text_builder_finish(&out));
    return true;
}

/* --- Escaping ------------------------------------------------------------------------------- */

/* The arguments as one text: nil is "<no value>" here, and a pointer what it points to. */
static bool join_args(struct eval *eval, const struct value *args, size_t n_args,
                      struct slice *ret_text, struct error *err)
{
    struct value *shown = ARENA_ARRAY(eval->arena, n_args, struct value);
    struct text_builder out;

    for (size_t i = 0; i < n_args; i++) {
        shown[i] = args[i];
        if (!args[i].type)
            shown[i] = value_string(SLICE("<no value>"));
        else if (args[i].type->kind == KIND_POINTER && args[i].object)
            shown[i].type = args[i].type->elem;
    }
    text_builder_init(&out, eval->arena);
    if (!print_all(&out, shown, n_args, false, err))
        return false;

    struct text text = text_builder_finish(&out);

    *ret_text = slice_of(text.ptr, text.len);
    return true;
}

typedef void (*escape_fn)(struct buf *out, struct slice text);

static bool call_escape(struct eval *eval, const struct value *args, size_t n_args,
                        escape_fn escape, struct value *ret, struct error *err)
{
    CLEANUP(buf_fini) struct buf out = BUF_EMPTY;
    struct slice text;

    if (!join_args(eval, args, n_args, &text, err) ||
        !eval_check_size(eval, text.len * 6, err)) /* \u0026 is the longest escape of a byte */
        return false;
    escape(&out, text);
    *ret = value_string(arena_copy(eval->arena, buf_slice(&out)));
    return true;
}

static void escape_html(struct buf *out, struct slice text)
{
    for (size_t i = 0; i < text.len; i++) {
        switch (text.ptr[i]) {
        case '"': buf_add(out, SLICE("&#34;")); break;
        case '\'': buf_add(out, SLICE("&#39;")); break;
        case '&': buf_add(out, SLICE("&amp;")); break;
        case '<': buf_add(out, SLICE("&lt;")); break;
        case '>': buf_add(out, SLICE("&gt;")); break;
        case '\0': buf_add_rune(out, 0xfffd); break;
        default: buf_add_byte(out, text.ptr[i]); break;
        }
    }
}

/* A character beyond ASCII: itself if it can be seen, else its escape. Returns its length. */
static size_t escape_js_rune(struct buf *out, struct slice text)
{
    uint32_t rune;
    size_t n = utf8_decode(text, &rune); /* an invalid byte is U+FFFD, which can be seen */

    if (uc_is_general_category_withtable(rune, UC_CATEGORY_MASK_L | UC_CATEGORY_MASK_M |
                                                   UC_CATEGORY_MASK_N | UC_CATEGORY_MASK_P |
                                                   UC_CATEGORY_MASK_S))
        buf_add(out, slice_sub(text, 0, n));
    else
        buf_printf(out, "\\u%04X", (unsigned)rune);
    return n;
}

static void escape_js(struct buf *out, struct slice text)
{
    for (size_t i = 0; i < text.len;) {
        unsigned char byte = (unsigned char)text.ptr[i];

        if (byte >= 0x80) {
            i += escape_js_rune(out, slice_sub(text, i, text.len));
            continue;
        }
        if (byte == '\\' || byte == '\'' || byte == '"')
            buf_printf(out, "\\%c", byte);
        else if (byte < ' ' || byte == '<' || byte == '>' || byte == '&' || byte == '=')
            buf_printf(out, "\\u%04X", byte);
        else
            buf_add_byte(out, (char)byte);
        i++;
    }
}

static void escape_url(struct buf *out, struct slice text)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char byte = (unsigned char)text.ptr[i];

        if ((byte >= '0' && byte <= '9') || ((byte | 0x20) >= 'a' && (byte | 0x20) <= 'z') ||
            byte == '-' || byte == '_' || byte == '.' || byte == '~')
            buf_add_byte(out, (char)byte);
        else if (byte == ' ')
            buf_add_byte(out, '+');
        else
            buf_printf(out, "%%%02X", byte);
    }
}

static bool call_html(struct eval *eval, const struct value *args, size_t n_args, struct value *ret,
                      struct error *err)
{
    return call_escape(eval, args, n_args, escape_html, ret, err);
}

static bool call_js(struct eval *eval, const struct value *args, size_t n_args, struct value *ret,
                    struct error *err)
{
    return call_escape(eval, args, n_args, escape_js, ret, err);
}

static bool call_urlquery(struct eval *eval, const struct value *args, size_t n_args,
                          struct value *ret, struct error *err)
{
    return call_escape(eval, args, n_args, escape_url, ret, err);
}

/* --- The table ------------------------------------------------------------------------------ */

#define ANY       \
    {             \
        &type_any \
    }
#define VARIADIC FUNCTION_VARIADIC

static const struct function items[] = {
    { "and", call_and, ANY, &type_any, 1, VARIADIC, FUNCTION_LAZY | FUNCTION_KEEPS_SPANS },
    { "call", call_call, ANY, &type_any, 1, VARIADIC, 0 },
    { "eq", compare_eq, ANY, &type_bool, 1, VARIADIC, 0 },
    { "ge", compare_ge, ANY, &type_bool, 2, 2, 0 },
    { "gt", compare_gt, ANY, &type_bool, 2, 2, 0 },
    { "html", call_html, ANY, &type_string, 0, VARIADIC, 0 },
    { "index", call_index, ANY, &type_any, 1, VARIADIC, FUNCTION_KEEPS_SPANS },
    { "js", call_js, ANY, &type_string, 0, VARIADIC, 0 },
    { "le", compare_le, ANY, &type_bool, 2, 2, 0 },
    { "len", call_len, ANY, &type_int, 1, 1, 0 },
    { "lt", compare_lt, ANY, &type_bool, 2, 2, 0 },
    { "ne", compare_ne, ANY, &type_bool, 2, 2, 0 },
    { "not", call_not, ANY, &type_bool, 1, 1, 0 },
    { "or", call_or, ANY, &type_any, 1, VARIADIC, FUNCTION_LAZY | FUNCTION_KEEPS_SPANS },
    { "print", call_print, ANY, &type_string, 0, VARIADIC, FUNCTION_KEEPS_SPANS },
    { "printf",
      call_printf,
      { &type_string, &type_any },
      &type_string,
      1,
      VARIADIC,
      FUNCTION_KEEPS_SPANS },
    { "println", call_println, ANY, &type_string, 0, VARIADIC, FUNCTION_KEEPS_SPANS },
    { "slice", call_slice, ANY, &type_any, 1, VARIADIC, FUNCTION_KEEPS_SPANS },
    { "urlquery", call_urlquery, ANY, &type_string, 0, VARIADIC, 0 },
};

const struct function_group functions_builtin = { items, ARRAY_SIZE(items) };
