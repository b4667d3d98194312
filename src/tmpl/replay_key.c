/* SPDX-License-Identifier: MIT */
/* Values as bytes: the same bytes for equal values only. */
#include "replay_key.h"

#include "base/memory.h"

#define MAX_KEY_BYTES 1024

struct key {
    struct buf *out;
    size_t end; /* it may become that long */
};

static bool add_value(struct key *key, const struct value *value);

static bool add_bytes(struct key *key, const void *bytes, size_t n)
{
    if (n > key->end - key->out->len)
        return false;
    buf_add(key->out, slice_of(bytes, n));
    return true;
}

/* Seven bits a byte: most are short lengths. */
static bool add_number(struct key *key, uint64_t number)
{
    unsigned char bytes[10];
    size_t n = 0;

    for (; number > 0x7f; number >>= 7)
        bytes[n++] = (unsigned char)(number | 0x80);
    bytes[n++] = (unsigned char)number;
    return add_bytes(key, bytes, n);
}

static bool add_text(struct key *key, const struct text *text)
{
    bool is_mixed = text->foreign && text->foreign != SPANS_ALL;

    return !is_mixed && add_number(key, (uint64_t)text->len << 1 | (text->foreign != NULL)) &&
           add_bytes(key, text->ptr, text->len);
}

/* Of an item of a struct or list, the type is that of its place, if that has one. */
static bool add_item(struct key *key, const struct type *type, const struct value *item)
{
    return (type != &type_any || add_bytes(key, &item->type, sizeof(item->type))) &&
           add_value(key, item);
}

static bool add_list(struct key *key, const struct value *list)
{
    if (!add_number(key, list->list.n))
        return false;
    for (size_t i = 0; i < list->list.n; i++) {
        struct value item = value_list_get(list, i);

        if (!add_item(key, list->type->elem, &item))
            return false;
    }
    return true;
}

static bool add_map(struct key *key, const struct value *map)
{
    size_t n = value_map_len(map);

    if (map->map.storage == STORED_VALUES || !add_number(key, n))
        return false;
    for (size_t i = 0; i < n; i++) {
        struct value name, item;

        value_map_at(map, i, &name, &item);
        if (!add_item(key, map->type->key, &name) || !add_item(key, map->type->elem, &item))
            return false;
    }
    return true;
}

static bool add_object(struct key *key, const struct value *value)
{
    const struct type *type = value->type->kind == KIND_POINTER ? value->type->elem : value->type;

    if (!add_bytes(key, value->object ? "o" : "-", 1))
        return false;
    for (size_t i = 0; value->object && i < type->n_fields; i++) {
        struct value item = value_field(value->object, &type->fields[i]);

        if (!add_item(key, type->fields[i].type, &item))
            return false;
    }
    return true;
}

static bool add_value(struct key *key, const struct value *value)
{
    switch (value_kind(value)) {
    case KIND_ANY: return true; /* nothing, of which the type tells the kinds apart */
    case KIND_BOOL: return add_number(key, value->boolean);
    case KIND_INT:
    case KIND_UINT:
    case KIND_DURATION: return add_number(key, value->natural);
    case KIND_FLOAT: return add_bytes(key, &value->real, sizeof(value->real));
    case KIND_STRING: return add_text(key, &value->text);
    case KIND_LIST: return add_list(key, value);
    case KIND_MAP: return add_map(key, value);
    case KIND_STRUCT:
    case KIND_POINTER: return add_object(key, value);
    case KIND_COMPLEX:
    case KIND_CHANNEL:
    case KIND_SCRATCH:
    case KIND_TIME: return false;
    }
    return false;
}

bool replay_add_key(struct buf *out, const struct value *value)
{
    struct key key = { out, out->len + MAX_KEY_BYTES };

    return add_bytes(&key, &value->type, sizeof(value->type)) && add_value(&key, value);
}
