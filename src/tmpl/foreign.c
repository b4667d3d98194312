/* SPDX-License-Identifier: MIT */
/* Which results of functions are foreign, and the two functions by which a template says what may
 * become of a foreign text: raw, words. */
#include "foreign.h"

#include <string.h>

#include "base/limits.h"
#include "eval.h"
#include "function.h"

static bool is_storage_foreign(enum storage storage, const struct type *elem);

/* Whether a C struct of the catalogue holds foreign text: those of KV and certificates hold none.
 */
static bool is_struct_foreign(const struct type *type)
{
    if (type->kind == KIND_POINTER)
        type = type->elem;
    for (size_t i = 0; i < type->n_fields; i++) {
        const struct field *field = &type->fields[i];

        if (is_storage_foreign(field->storage, field->type))
            return true;
    }
    return false;
}

static bool is_storage_foreign(enum storage storage, const struct type *elem)
{
    switch (storage) {
    case STORED_FOREIGN_SLICES: return true;
    case STORED_OBJECTS:
    case STORED_POINTERS:
        while (elem->elem)
            elem = elem->elem;
        return is_struct_foreign(elem);
    case STORED_VALUES:
    case STORED_TEXTS:
    case STORED_SLICES:
    case STORED_BYTES:
    case STORED_NUMBERS: return false;
    }
    return false;
}

/* How much of a value may be looked at: sharing makes small maps endless. */
struct search {
    unsigned depth, n_values;
};

#define SEARCH_VALUES 100000

static bool is_foreign(const struct value *value, struct search *search);

static bool is_list_foreign(const struct value *list, struct search *search)
{
    if (list->list.n == 0)
        return false;
    if (list->list.storage != STORED_VALUES && list->list.storage != STORED_TEXTS)
        return is_storage_foreign(list->list.storage, list->type->elem);
    for (size_t i = 0; i < list->list.n; i++) {
        struct value element = value_list_get(list, i);

        if (is_foreign(&element, search))
            return true;
    }
    return false;
}

static bool is_map_foreign(const struct value *map, struct search *search)
{
    size_t n = value_map_len(map);

    if (n == 0)
        return false;
    if (map->map.storage != STORED_VALUES)
        return is_storage_foreign(map->map.storage, map->type->elem);
    for (size_t i = 0; i < n; i++) {
        struct value key, value;

        value_map_at(map, i, &key, &value);
        if (is_foreign(&key, search) || is_foreign(&value, search))
            return true;
    }
    return false;
}

/* Any byte of Consul's catalogue in it; what is too deep or too large to search counts as such. */
static bool is_foreign(const struct value *value, struct search *search)
{
    bool is_found;

    if (search->depth == LIMIT_VALUE_DEPTH || search->n_values == SEARCH_VALUES)
        return true;
    search->n_values++;
    search->depth++;
    switch (value_kind(value)) {
    case KIND_STRING: is_found = text_is_foreign(&value->text); break;
    case KIND_LIST: is_found = is_list_foreign(value, search); break;
    case KIND_MAP: is_found = is_map_foreign(value, search); break;
    case KIND_STRUCT:
    case KIND_POINTER: is_found = is_struct_foreign(value->type); break;
    default: is_found = false; break;
    }
    search->depth--;
    return is_found;
}

void foreign_mark(const struct function *function, const struct value *args, size_t n_args,
                  struct value *result)
{
    if (function->flags & (FUNCTION_KEEPS_SPANS | FUNCTION_RESULT_OWN) ||
        !value_is_string(result) || result->text.foreign == SPANS_ALL)
        return;

    struct search search = { 0, 0 };

    for (size_t i = 0; i < n_args; i++) {
        if (is_foreign(&args[i], &search)) {
            result->text.foreign = SPANS_ALL;
            return;
        }
    }
}

void foreign_note_culprit(struct render *render, const struct value *args, size_t n_args)
{
    for (size_t i = 0; i < n_args && render->culprit.len == 0; i++) {
        struct span span;
        size_t next = 0;

        if (value_is_string(&args[i]) && text_next_span(&args[i].text, &next, &span))
            render->culprit = slice_of(args[i].text.ptr + span.from, span.to - span.from);
    }
}

/* --- What the template allows --------------------------------------------------------------- */

/* Trusted by the operator: from here on it counts as his own. */
static bool call_raw(struct eval *eval, const struct value *args, size_t n_args, struct value *ret,
                     struct error *err)
{
    (void)eval;
    (void)n_args;
    (void)err;
    *ret = value_string(value_slice(&args[0]));
    return true;
}

static bool is_word_byte(char byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
           (byte >= '0' && byte <= '9') || (byte && strchr("-_.:/,+@%= ", byte));
}

/* Any number of plain words, which no configuration reads as anything else. */
static bool call_words(struct eval *eval, const struct value *args, size_t n_args,
                       struct value *ret, struct error *err)
{
    struct slice text = value_slice(&args[0]);

    (void)eval;
    (void)n_args;
    for (size_t i = 0; i < text.len; i++) {
        if (!is_word_byte(text.ptr[i]))
            return function_error(err,
                                  "expected letters, digits, spaces and -_.:/,+@%%= only, found a "
                                  "byte %#04x",
                                  (unsigned char)text.ptr[i]);
    }
    *ret = value_string(text);
    return true;
}

#define STRING     &type_string
#define RESULT_OWN FUNCTION_RESULT_OWN

static const struct function rows[] = {
    { "raw", call_raw, { STRING }, STRING, 1, 1, RESULT_OWN },
    { "words", call_words, { STRING }, STRING, 1, 1, RESULT_OWN },
};

const struct function_group functions_foreign = { rows, ARRAY_SIZE(rows) };
