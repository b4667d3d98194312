/* SPDX-License-Identifier: MIT */
/* A whole JSON text as a value of the template language. */
#include "base/limits.h"
#include "data/json.h"

static bool read_value(struct json_reader *reader, struct value *ret_value);

static bool read_array(struct json_reader *reader, struct value *ret_value)
{
    struct value *items = NULL;
    size_t n = 0, cap = 0;

    if (!json_enter_array(reader))
        return false;
    while (json_next_element(reader)) {
        struct value item;

        if (!read_value(reader, &item))
            return false;
        ARENA_GROW(reader->arena, items, n, cap);
        items[n++] = item;
    }
    *ret_value = value_list(&type_any_list, STORED_VALUES, items, n);
    return !reader->has_failed;
}

static bool read_object(struct json_reader *reader, struct value *ret_value)
{
    struct value_pair *pairs = NULL;
    size_t n = 0, cap = 0;
    struct slice name;

    if (!json_enter_object(reader))
        return false;
    while (json_next_member(reader, &name)) {
        struct value_pair pair = { .key = value_string(name) };

        if (!read_value(reader, &pair.value))
            return false;
        ARENA_GROW(reader->arena, pairs, n, cap);
        pairs[n++] = pair;
    }
    if (reader->has_failed)
        return false;
    *ret_value = value_map_from_pairs(reader->arena, &type_any_map, pairs, n);
    return true;
}

static bool read_value(struct json_reader *reader, struct value *ret_value)
{
    struct slice text;

    switch (json_peek(reader)) {
    case JSON_NULL: *ret_value = VALUE_NIL; return json_skip(reader);
    case JSON_BOOL:
        *ret_value = value_bool(false);
        return json_read_bool(reader, &ret_value->boolean);
    case JSON_NUMBER:
        *ret_value = value_float(0);
        return json_read_double(reader, &ret_value->real);
    case JSON_STRING:
        if (!json_read_string(reader, &text))
            return false;
        *ret_value = value_string(text);
        return true;
    case JSON_ARRAY: return read_array(reader, ret_value);
    case JSON_OBJECT: return read_object(reader, ret_value);
    case JSON_NONE: return json_skip(reader); /* says what is there instead */
    }
    return false;
}

bool json_parse_value(struct slice text, struct arena *arena, struct value *ret_value,
                      struct error *err)
{
    struct json_reader reader;
    struct value value;

    json_init(&reader, text, LIMIT_VALUE_DEPTH, arena, err);
    if (!read_value(&reader, &value) || !json_expect_end(&reader))
        return false;
    *ret_value = value;
    return true;
}
