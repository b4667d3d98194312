/* SPDX-License-Identifier: MIT */
/* The values of the template language: types, lists, structs, truth. Maps are in value_map.c, texts
 * with their foreign spans in text.c. */
#include "data/value.h"

#include <assert.h>

const struct type type_any = { .name = "interface {}", .kind = KIND_ANY };
const struct type type_bool = { .name = "bool", .kind = KIND_BOOL };
const struct type type_int = { .name = "int", .kind = KIND_INT };
const struct type type_int64 = { .name = "int64", .kind = KIND_INT };
const struct type type_uint64 = { .name = "uint64", .kind = KIND_UINT };
const struct type type_uint8 = { .name = "uint8", .kind = KIND_UINT };
const struct type type_float64 = { .name = "float64", .kind = KIND_FLOAT };
const struct type type_complex128 = { .name = "complex128", .kind = KIND_COMPLEX };
const struct type type_string = { .name = "string", .kind = KIND_STRING };
const struct type type_string_list = { .name = "[]string",
                                       .kind = KIND_LIST,
                                       .elem = &type_string };
const struct type type_tags = { .name = "dependency.ServiceTags",
                                .kind = KIND_LIST,
                                .elem = &type_string };
const struct type type_any_list = { .name = "[]interface {}",
                                    .kind = KIND_LIST,
                                    .elem = &type_any };
const struct type type_bytes = { .name = "[]uint8", .kind = KIND_LIST, .elem = &type_uint8 };
const struct type type_string_map = {
    .name = "map[string]string", .kind = KIND_MAP, .key = &type_string, .elem = &type_string
};
const struct type type_any_map = {
    .name = "map[string]interface {}", .kind = KIND_MAP, .key = &type_string, .elem = &type_any
};
const struct type type_any_key_map = {
    .name = "map[interface {}]interface {}", .kind = KIND_MAP, .key = &type_any, .elem = &type_any
};
const struct type type_loop = { .name = "<-chan int64", .kind = KIND_CHANNEL, .elem = &type_int64 };
const struct type type_scratch = { .name = "*template.Scratch", .kind = KIND_SCRATCH };
const struct type type_time = { .name = "time.Time", .kind = KIND_TIME };
const struct type type_duration = { .name = "time.Duration", .kind = KIND_DURATION };

struct value value_list(const struct type *type, enum storage storage, const void *items, size_t n)
{
    assert(type->kind == KIND_LIST);
    return (struct value){ .type = type, .list = { items, n, storage } };
}

/* A number of the given kind from its form in a C struct or a packed list. */
static struct value value_load_number(const struct type *type, const void *place)
{
    struct value value = { .type = type };

    switch (type->kind) {
    case KIND_BOOL: value.boolean = *(const bool *)place; break;
    case KIND_UINT: value.natural = *(const uint64_t *)place; break;
    case KIND_FLOAT: value.real = *(const double *)place; break;
    default: value.integer = *(const int64_t *)place; break;
    }
    return value;
}

/* A value of a type from the place where a C struct or an array stores it. */
static struct value value_load(const struct type *type, enum storage storage, const void *place)
{
    switch (storage) {
    case STORED_VALUES: return *(const struct value *)place;
    case STORED_TEXTS: return (struct value){ .type = type, .text = *(const struct text *)place };
    case STORED_SLICES: return value_string(*(const struct slice *)place);
    case STORED_FOREIGN_SLICES: return value_foreign_string(*(const struct slice *)place);
    case STORED_OBJECTS: return (struct value){ .type = type, .object = place };
    case STORED_POINTERS:
        return (struct value){ .type = type, .object = *(const void *const *)place };
    case STORED_BYTES:
        return (struct value){ .type = type, .natural = *(const unsigned char *)place };
    case STORED_NUMBERS: return value_load_number(type, place);
    }
    return VALUE_NIL;
}

/* Bytes from one element of a list to the next. */
static size_t element_size(const struct type *elem, enum storage storage)
{
    switch (storage) {
    case STORED_VALUES: return sizeof(struct value);
    case STORED_TEXTS: return sizeof(struct text);
    case STORED_SLICES:
    case STORED_FOREIGN_SLICES: return sizeof(struct slice);
    case STORED_OBJECTS: return elem->kind == KIND_POINTER ? elem->elem->size : elem->size;
    case STORED_POINTERS: return sizeof(void *);
    case STORED_BYTES: return 1;
    case STORED_NUMBERS: return elem->kind == KIND_BOOL ? sizeof(bool) : sizeof(int64_t);
    }
    return 0;
}

struct value value_list_get(const struct value *list, size_t i)
{
    const struct type *elem = list->type->elem;
    enum storage storage = list->list.storage;

    assert(list->type->kind == KIND_LIST && i < list->list.n);
    return value_load(elem, storage,
                      (const char *)list->list.items + i * element_size(elem, storage));
}

struct value value_list_slice(const struct value *list, size_t from, size_t to)
{
    size_t size = element_size(list->type->elem, list->list.storage);

    assert(list->type->kind == KIND_LIST && from <= to && to <= list->list.n);
    return value_list(
        list->type, list->list.storage,
        size && from ? (const char *)list->list.items + from * size : list->list.items, to - from);
}

const struct field *type_find_field(const struct type *type, struct slice name)
{
    if (type->kind == KIND_POINTER)
        type = type->elem;
    for (size_t i = 0; i < type->n_fields; i++) {
        if (slice_is(name, type->fields[i].name))
            return &type->fields[i];
    }
    return NULL;
}

struct value value_field(const void *object, const struct field *field)
{
    const void *place = (const char *)object + field->offset;

    if (field->type->kind == KIND_LIST) {
        const struct array *array = place;

        return value_list(field->type, field->storage, array->items, array->n);
    }
    if (field->type->kind == KIND_MAP) {
        const struct array *array = place;
        struct value map = { .type = field->type };

        map.map.pairs = array->items;
        map.map.n = array->n;
        map.map.storage = field->storage;
        return map;
    }
    return value_load(field->type, field->storage, place);
}

bool value_is_true(const struct value *value)
{
    if (!value->type)
        return false;
    switch (value->type->kind) {
    case KIND_ANY: return false;
    case KIND_BOOL: return value->boolean;
    case KIND_INT:
    case KIND_DURATION: return value->integer != 0;
    case KIND_UINT: return value->natural != 0;
    case KIND_FLOAT: return value->real != 0;
    case KIND_COMPLEX: return value->complex.real != 0 || value->complex.imaginary != 0;
    case KIND_STRING: return value->text.len != 0;
    case KIND_LIST: return value->list.n != 0;
    case KIND_MAP: return value_map_len(value) != 0;
    case KIND_POINTER: return value->object != NULL;
    case KIND_STRUCT:
    case KIND_CHANNEL:
    case KIND_SCRATCH:
    case KIND_TIME: return true;
    }
    return false;
}

bool value_is_string(const struct value *value)
{
    return value->type && value->type->kind == KIND_STRING;
}

struct value value_zero(const struct type *type)
{
    switch (type->kind) {
    case KIND_ANY: return VALUE_NIL;
    case KIND_STRING: return value_string(SLICE_EMPTY);
    case KIND_LIST: return value_list(type, STORED_VALUES, NULL, 0);
    case KIND_MAP: {
        struct value map = { .type = type };

        map.map.storage = STORED_SLICES; /* no entries and no object: empty, not changeable */
        return map;
    }
    default: return (struct value){ .type = type };
    }
}
