/* SPDX-License-Identifier: MIT */
/* parseYAML: the first document of a text as a value. Anchors, merge keys and tags are resolved as
 * the peer's library does. */
#include "base/base64.h"
#include "base/limits.h"
#include "data/yaml.h"

#include "eval.h"
#include "function.h"
#include "yaml_functions.h"
#include "yaml_scalar.h"

struct decoder {
    struct eval *eval;
    bool is_foreign; /* the text, and so every string in it */
    struct error *err;
};

static bool fail_at(const struct decoder *decoder, const struct yaml_node *node, const char *what)
{
    return function_error(decoder->err, "YAML:%u:%u: %s", node->line, node->column, what);
}

/* --- Scalars ------------------------------------------------------------------------------- */

static bool decode_string(const struct decoder *decoder, struct slice text, struct value *ret)
{
    if (!eval_check_size(decoder->eval, text.len, decoder->err))
        return false;
    *ret = value_string_of(arena_copy(decoder->eval->arena, text), decoder->is_foreign);
    return true;
}

static bool decode_binary(const struct decoder *decoder, const struct yaml_node *node,
                          struct value *ret)
{
    CLEANUP(buf_fini) struct buf bytes = BUF_EMPTY;

    if (!base64_decode(node->text, &bytes))
        return fail_at(decoder, node, "this is not base64");
    return decode_string(decoder, buf_slice(&bytes), ret);
}

/* What the tags that mean a type want; other tags say nothing: the scalar is a text. */
static const struct {
    const char *tag;
    enum scalar_type type;
    const char *complaint;
} wanted_types[] = {
    { "!!null", SCALAR_NULL, "this is not null, as its tag says" },
    { "!!bool", SCALAR_BOOL, "this is no boolean, as its tag says" },
    { "!!int", SCALAR_INT, "this is no integer, as its tag says" },
    { "!!float", SCALAR_FLOAT, "this is no number, as its tag says" },
    { "!!timestamp", SCALAR_TIMESTAMP, "this is no timestamp, as its tag says" },
};

static bool decode_tagged(const struct decoder *decoder, const struct yaml_node *node,
                          struct value *ret)
{
    size_t i = 0;

    while (i < ARRAY_SIZE(wanted_types) && !slice_is(node->tag, wanted_types[i].tag))
        i++;
    if (i == ARRAY_SIZE(wanted_types))
        return slice_is(node->tag, "!!binary") ? decode_binary(decoder, node, ret)
                                               : decode_string(decoder, node->text, ret);

    enum scalar_type wanted = wanted_types[i].type;
    enum scalar_type type = scalar_resolve(node->text, wanted == SCALAR_TIMESTAMP, ret);

    if (wanted == SCALAR_FLOAT && type == SCALAR_INT && ret->type == &type_int)
        *ret = value_float((double)ret->integer);
    else if (type != wanted)
        return fail_at(decoder, node, wanted_types[i].complaint);
    return type != SCALAR_TIMESTAMP || decode_string(decoder, node->text, ret);
}

static bool decode_scalar(const struct decoder *decoder, const struct yaml_node *node,
                          struct value *ret)
{
    if (node->tag.len)
        return decode_tagged(decoder, node, ret);
    if (node->is_plain) {
        switch (scalar_resolve(node->text, false, ret)) {
        case SCALAR_NULL:
        case SCALAR_BOOL:
        case SCALAR_INT:
        case SCALAR_FLOAT: return true;
        case SCALAR_STRING:
        case SCALAR_TIMESTAMP: break;
        }
    }
    return decode_string(decoder, node->text, ret);
}

/* --- Collections --------------------------------------------------------------------------- */

/* The tree's depth is limited by yaml_parse(). What aliases share is decoded for each of them:
 * templates may change a map (mergeMap), and the peer's maps are not shared either. */
static bool decode(const struct decoder *decoder, const struct yaml_node *node, struct value *ret);

static bool decode_sequence(const struct decoder *decoder, const struct yaml_node *node,
                            struct value *ret)
{
    struct value *items;

    if (!eval_check_size(decoder->eval, node->n_items * sizeof(*items), decoder->err))
        return false;
    items = ARENA_ARRAY(decoder->eval->arena, node->n_items, struct value);
    for (size_t i = 0; i < node->n_items; i++) {
        if (!decode(decoder, node->items[i], &items[i]))
            return false;
    }
    *ret = value_list(&type_any_list, STORED_VALUES, items, node->n_items);
    return true;
}

static bool is_merge_key(const struct yaml_node *key)
{
    return key->kind == YAML_SCALAR && slice_is(key->text, "<<") &&
           (key->tag.len ? slice_is(key->tag, "!!merge") : key->is_plain);
}

/* The mappings that a merge key's value names: *ret_items are n of them. */
static bool find_merged(const struct decoder *decoder, struct yaml_node **value,
                        struct yaml_node ***ret_items, size_t *ret_n)
{
    bool is_list = (*value)->kind == YAML_SEQUENCE;

    *ret_items = is_list ? (*value)->items : value;
    *ret_n = is_list ? (*value)->n_items : 1;
    for (size_t i = 0; i < *ret_n; i++) {
        if ((*ret_items)[i]->kind != YAML_MAPPING)
            return fail_at(decoder, *value, "'<<' merges a mapping or a list of mappings only");
    }
    return true;
}

/* The entries of a mapping, those that it merges included. */
static bool count_entries(const struct decoder *decoder, const struct yaml_node *mapping,
                          size_t *n_entries)
{
    for (size_t i = 0; i < mapping->n_items; i += 2) {
        struct yaml_node **merged;
        size_t n_merged;

        if (!is_merge_key(mapping->items[i])) {
            ++*n_entries;
            continue;
        }
        if (!find_merged(decoder, &mapping->items[i + 1], &merged, &n_merged))
            return false;
        while (n_merged > 0) {
            if (!count_entries(decoder, merged[--n_merged], n_entries))
                return false;
        }
    }
    return true;
}

/* Adds the entries of a mapping in the order in which they take effect: of those with the same key
 * the last one counts. Of a list of merged mappings the first one does, so it is added last. */
static bool add_entries(const struct decoder *decoder, const struct yaml_node *mapping,
                        struct value_pair *pairs, size_t *n_pairs)
{
    for (size_t i = 0; i < mapping->n_items; i += 2) {
        const struct yaml_node *key = mapping->items[i];
        struct value_pair *pair = &pairs[*n_pairs];
        struct yaml_node **merged;
        size_t n_merged;

        if (is_merge_key(key)) {
            if (!find_merged(decoder, &mapping->items[i + 1], &merged, &n_merged))
                return false;
            while (n_merged > 0) {
                if (!add_entries(decoder, merged[--n_merged], pairs, n_pairs))
                    return false;
            }
            continue;
        }
        if (key->kind != YAML_SCALAR)
            return fail_at(decoder, key, "a list or a mapping cannot be a key");
        if (!decode(decoder, key, &pair->key) ||
            !decode(decoder, mapping->items[i + 1], &pair->value))
            return false;
        ++*n_pairs;
    }
    return true;
}

static bool decode_mapping(const struct decoder *decoder, const struct yaml_node *node,
                           struct value *ret)
{
    struct arena *arena = decoder->eval->arena;
    size_t n_entries = 0, n_pairs = 0;

    /* Twice: a map is sorted with a second array. */
    if (!count_entries(decoder, node, &n_entries) ||
        !eval_check_size(decoder->eval, 2 * n_entries * sizeof(struct value_pair), decoder->err))
        return false;

    struct value_pair *pairs = ARENA_ARRAY(arena, n_entries, struct value_pair);

    if (!add_entries(decoder, node, pairs, &n_pairs))
        return false;
    *ret = value_map_from_pairs(arena, &type_any_key_map, pairs, n_pairs);
    return true;
}

static bool decode(const struct decoder *decoder, const struct yaml_node *node, struct value *ret)
{
    switch (node->kind) {
    case YAML_SCALAR: return decode_scalar(decoder, node, ret);
    case YAML_SEQUENCE: return decode_sequence(decoder, node, ret);
    case YAML_MAPPING: return decode_mapping(decoder, node, ret);
    }
    return false;
}

/* ------------------------------------------------------------------------------------------- */

#define BYTES_A_STEP 4 /* that are read for one step of the render */

bool call_parse_yaml(struct eval *eval, const struct value *args, size_t n_args, struct value *ret,
                     struct error *err)
{
    CLEANUP(arena_fini) struct arena tree = ARENA_EMPTY;
    const struct decoder decoder = { eval, text_is_foreign(&args[0].text), err };
    struct error problem = ERROR_EMPTY;
    struct yaml_node *root;

    (void)n_args;
    if (args[0].text.len == 0) {
        *ret = value_map_new(eval->arena, &type_any_map);
        return true;
    }
    if (!eval_charge(eval, args[0].text.len / BYTES_A_STEP, err))
        return false;
    if (!yaml_parse("YAML", value_slice(&args[0]), &tree, &root, &problem))
        return error_set(err, problem.code == ERROR_LIMIT ? ERROR_LIMIT : ERROR_EXECUTE, "%s",
                         problem.text);
    if (!root) {
        *ret = VALUE_NIL;
        return true;
    }
    return decode(&decoder, root, ret);
}
