/* SPDX-License-Identifier: MIT */
/* Answers that list things with a name, taken apart. */
#include "data/elements.h"

#include <stdlib.h>
#include <string.h>

#include "data/catalog.h"

/* --- What is listed ------------------------------------------------------------------------ */

#define MAX_NAMES 2

/* A kind of list, and what an element of it is called by. */
struct listing {
    const struct type *type;
    const char *words[MAX_NAMES]; /* for people, before each name, which they see in quotes */
    size_t at[MAX_NAMES];         /* of the names, struct slice, in the C struct */
    size_t n_names;
};

static const struct listing listings[] = {
    { &type_service_instance_list,
      { "instance", " on node" },
      { offsetof(struct service_instance, id), offsetof(struct service_instance, node) },
      2 },
    { &type_service_name_list, { "service" }, { offsetof(struct service_name, name) }, 1 },
    { &type_catalog_node_list, { "node" }, { offsetof(struct catalog_node, node) }, 1 },
    { &type_kv_pair_list, { "key" }, { offsetof(struct kv_pair, path) }, 1 },
};

static const struct listing *listing_of(const struct document *doc)
{
    for (size_t i = 0; doc && i < ARRAY_SIZE(listings); i++) {
        if (doc->root.type == listings[i].type)
            return &listings[i];
    }
    return NULL;
}

static struct slice listing_name(const struct listing *listing, const void *object, size_t i)
{
    struct slice name;

    memcpy(&name, (const char *)object + listing->at[i], sizeof(name));
    return name;
}

bool elements_are_listed(const struct document *doc)
{
    return listing_of(doc) != NULL;
}

bool elements_are_instances(const struct document *doc)
{
    return doc && doc->root.type == &type_service_instance_list;
}

/* --- Contents ------------------------------------------------------------------------------- */

static uint64_t mix(uint64_t hash, uint64_t word)
{
    hash = (hash ^ word) * 0x9e3779b97f4a7c15u;
    return hash ^ (hash >> 32);
}

static uint64_t hash_value(uint64_t hash, const struct value *value);

/* What a check prints changes all the time and makes no new answer (data/store.h). */
static bool is_seen(const struct type *type, const struct field *field)
{
    return type != &type_health_check || field->offset != offsetof(struct health_check, output);
}

static uint64_t hash_object(uint64_t hash, const struct type *type, const void *object)
{
    if (type->kind == KIND_POINTER)
        type = type->elem;
    for (size_t i = 0; object && i < type->n_fields; i++) {
        struct value field = value_field(object, &type->fields[i]);

        if (is_seen(type, &type->fields[i]))
            hash = hash_value(hash, &field);
    }
    return hash;
}

/* The types of a document nest as its C structs do: only a few levels. */
static uint64_t hash_value(uint64_t hash, const struct value *value)
{
    struct value key, item;

    switch (value_kind(value)) {
    case KIND_STRING: return mix(mix(hash, value->text.len), slice_hash(value_slice(value)));
    case KIND_BOOL: return mix(hash, value->boolean);
    case KIND_INT:
    case KIND_UINT: return mix(hash, value->natural);
    case KIND_LIST:
        hash = mix(hash, value->list.n);
        for (size_t i = 0; i < value->list.n; i++) {
            item = value_list_get(value, i);
            hash = hash_value(hash, &item);
        }
        return hash;
    case KIND_MAP:
        hash = mix(hash, value_map_len(value));
        for (size_t i = 0; i < value_map_len(value); i++) {
            value_map_at(value, i, &key, &item);
            hash = hash_value(hash_value(hash, &key), &item);
        }
        return hash;
    case KIND_STRUCT:
    case KIND_POINTER: return hash_object(hash, value->type, value->object);
    default: return hash; /* no such field in an element */
    }
}

static struct element element_of(const struct listing *listing, const struct value *value)
{
    struct element element = { .object = value->object };

    for (size_t i = 0; i < listing->n_names; i++)
        element.identity =
            mix(element.identity, slice_hash(listing_name(listing, value->object, i)));
    element.content = hash_object(0, value->type, value->object);
    return element;
}

static int compare_numbers(uint64_t a, uint64_t b)
{
    return (a > b) - (a < b);
}

static int compare_elements(const struct element *a, const struct element *b)
{
    int order = compare_numbers(a->identity, b->identity);

    return order ? order : compare_numbers(a->content, b->content);
}

static int compare_places(const void *a, const void *b)
{
    return compare_elements(*(const struct element *const *)a, *(const struct element *const *)b);
}

struct elements elements_of(const struct document *doc, struct arena *arena)
{
    const struct listing *listing = listing_of(doc);
    size_t n = listing ? doc->root.list.n : 0;
    struct element *items = ARENA_ARRAY(arena, n, struct element);
    const struct element **sorted = ARENA_ARRAY(arena, n, const struct element *);

    for (size_t i = 0; i < n; i++) {
        struct value value = value_list_get(&doc->root, i);

        items[i] = element_of(listing, &value);
        sorted[i] = &items[i];
    }
    if (n > 0)
        qsort(sorted, n, sizeof(*sorted), compare_places);
    return (struct elements){ items, sorted, n };
}

/* The first one that is not before `like`; n if all are. */
static size_t search(const struct elements *elements, const struct element *like)
{
    size_t from = 0, to = elements->n;

    while (from < to) {
        size_t middle = from + (to - from) / 2;

        if (compare_elements(elements->sorted[middle], like) < 0)
            from = middle + 1;
        else
            to = middle;
    }
    return from;
}

const struct element *elements_find(const struct elements *elements, uint64_t identity)
{
    size_t at = search(elements, &(struct element){ .identity = identity, .content = 0 });

    return at < elements->n && elements->sorted[at]->identity == identity ? elements->sorted[at]
                                                                          : NULL;
}

bool elements_have(const struct elements *elements, const struct element *like)
{
    size_t at = search(elements, like);

    return at < elements->n && compare_elements(elements->sorted[at], like) == 0;
}

/* --- Fewer of them --------------------------------------------------------------------------- */

struct document *elements_join(struct document *doc, struct document *other,
                               const void *const *objects, size_t n)
{
    struct document *joined = document_new();
    const void **items = ARENA_ARRAY(&joined->arena, n, const void *);

    joined->content_hash = mix(doc->content_hash, n);
    for (size_t i = 0; i < n; i++) {
        items[i] = objects[i];
        joined->content_hash = hash_object(joined->content_hash, doc->root.type->elem, objects[i]);
    }
    joined->root = value_list(doc->root.type, STORED_POINTERS, items, n);
    joined->sources[0] = document_ref(doc);
    joined->sources[1] = other ? document_ref(other) : NULL;
    return joined;
}

/* --- What is in them ------------------------------------------------------------------------- */

static bool value_holds(const struct value *value, struct slice text)
{
    const struct type *type = value->type;
    struct value key, item;

    switch (value_kind(value)) {
    case KIND_STRING:
        return text_is_foreign(&value->text) &&
               slice_find(value_slice(value), text) != SLICE_NOT_FOUND;
    case KIND_LIST:
        for (size_t i = 0; i < value->list.n; i++) {
            item = value_list_get(value, i);
            if (value_holds(&item, text))
                return true;
        }
        return false;
    case KIND_MAP:
        for (size_t i = 0; i < value_map_len(value); i++) {
            value_map_at(value, i, &key, &item);
            if (value_holds(&key, text) || value_holds(&item, text))
                return true;
        }
        return false;
    case KIND_POINTER: type = type->elem; break;
    case KIND_STRUCT: break;
    default: return false;
    }
    for (size_t i = 0; value->object && i < type->n_fields; i++) {
        item = value_field(value->object, &type->fields[i]);
        if (value_holds(&item, text))
            return true;
    }
    return false;
}

bool element_holds(const struct document *doc, const void *object, struct slice text)
{
    struct value value = { .type = doc->root.type->elem, .object = object };

    return text.len > 0 && value_holds(&value, text);
}

#define NAME_SHOWN 64

/* Names of a hostile catalogue must not write lines of a log. */
static void add_name(struct buf *out, struct slice name)
{
    char shown[NAME_SHOWN];
    size_t len = name.len < NAME_SHOWN ? name.len : NAME_SHOWN;

    for (size_t i = 0; i < len; i++)
        shown[i] = (unsigned char)name.ptr[i] < ' ' || name.ptr[i] == 0x7f ? '.' : name.ptr[i];
    buf_printf(out, " '%.*s'", (int)len, shown);
}

void element_describe(const struct document *doc, const void *object, struct buf *out)
{
    const struct listing *listing = listing_of(doc);

    for (size_t i = 0; i < listing->n_names; i++) {
        buf_add_string(out, listing->words[i]);
        add_name(out, listing_name(listing, object, i));
    }
}
