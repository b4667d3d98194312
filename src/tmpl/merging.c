/* SPDX-License-Identifier: MIT */
/* mergeMap and explode: maps out of maps and keys. */
#include "base/limits.h"
#include "data/catalog.h"

#include "collection.h"
#include "eval.h"
#include "function.h"

/* --- mergeMap ------------------------------------------------------------------------------ */

/* The rules are those of the library that the peer uses, its corner cases included: a list of src
 * replaces (override) or fills a gap (plain), never appends; a scalar that is empty still
 * overrides; nil overrides and never fills. */
struct merge {
    struct eval *eval;
    bool is_override;
    unsigned depth;
};

static bool merge_maps(struct merge *merge, const struct value *dst, const struct value *src,
                       struct error *err);

/* Maps of Consul's cannot be changed, and neither can the empty one that stands for an absent map.
 */
static bool is_changeable(const struct value *map)
{
    return map->map.storage == STORED_VALUES;
}

/* Whether dst can hold all that src holds. */
static bool is_mergeable(const struct value *dst, const struct value *src)
{
    const struct type *to = dst->type, *from = src->type;

    if (value_map_len(src) == 0)
        return true;
    return is_changeable(dst) && (to->elem->kind == KIND_ANY || to->elem == from->elem) &&
           (to->key->kind == KIND_ANY || to->key->kind == from->key->kind);
}

/* Two maps below the same key. */
static bool merge_nested(struct merge *merge, const struct value *dst, const struct value *src,
                         struct error *err)
{
    if (!is_mergeable(dst, src))
        return function_error(err, "cannot merge %s into %s", src->type->name, dst->type->name);
    if (merge->depth == LIMIT_VALUE_DEPTH)
        return error_set(err, ERROR_LIMIT, "the maps nest deeper than %d", LIMIT_VALUE_DEPTH);
    merge->depth++;

    bool is_merged = merge_maps(merge, dst, src, err);

    merge->depth--;
    return is_merged;
}

/* One entry of src. */
static bool merge_entry(struct merge *merge, const struct value *dst, struct value key,
                        const struct value *src, struct error *err)
{
    struct value old = VALUE_NIL;
    bool is_there = value_map_find(dst, &key, &old);

    if (value_kind(src) == KIND_MAP && value_kind(&old) == KIND_MAP &&
        (is_changeable(&old) || value_is_true(&old))) {
        if (!merge_nested(merge, &old, src, err))
            return false;
        if (value_is_true(&old)) /* it may have been empty before */
            return true;
    }

    bool is_gap = !is_there || !value_is_true(&old);

    if (merge->is_override || (src->type && is_gap))
        value_map_put(dst, merge->eval->arena, key, *src);
    return true;
}

static bool merge_maps(struct merge *merge, const struct value *dst, const struct value *src,
                       struct error *err)
{
    for (size_t i = 0; i < value_map_len(src); i++) {
        struct value key, value;

        /* Maps that share parts could otherwise be walked for ever without growing. */
        if (!eval_charge(merge->eval, 1, err))
            return false;
        value_map_at(src, i, &key, &value);
        if (!merge_entry(merge, dst, key, &value, err))
            return false;
    }
    return true;
}

static bool call_merge(struct eval *eval, const struct value *args, bool is_override,
                       struct value *ret, struct error *err)
{
    struct merge merge = { eval, is_override, 1 };
    struct value dst = args[0];

    if (!dst.type || !is_changeable(&dst))
        dst = value_map_new(eval->arena, &type_any_map);
    if (args[1].type && !merge_maps(&merge, &dst, &args[1], err))
        return false;
    *ret = dst;
    return true;
}

bool call_merge_map(struct eval *eval, const struct value *args, size_t n_args, struct value *ret,
                    struct error *err)
{
    (void)n_args;
    return call_merge(eval, args, false, ret, err);
}

bool call_merge_map_with_override(struct eval *eval, const struct value *args, size_t n_args,
                                  struct value *ret, struct error *err)
{
    (void)n_args;
    return call_merge(eval, args, true, ret, err);
}

/* --- explode ------------------------------------------------------------------------------- */

/* The map below dst for the next part of a key; made where there is none. */
static bool enter_folder(struct eval *eval, struct value *dst, struct value part, struct error *err)
{
    struct value folder;

    if (!value_map_find(dst, &part, &folder)) {
        folder = value_map_new(eval->arena, &type_any_map);
        value_map_put(dst, eval->arena, part, folder);
    }
    if (folder.type != &type_any_map)
        return function_error(err, "'%.*s' is both a value and a folder",
                              SLICE_ARG(slice_sub(value_slice(&part), 0, 64)));
    *dst = folder;
    return true;
}

/* Puts a value where its key, split at '/', says. An empty last part leaves only its folder. */
static bool explode_key(struct eval *eval, struct value dst, const struct text *key,
                        struct value value, struct error *err)
{
    struct slice bytes = slice_of(key->ptr, key->len);
    unsigned depth = 1;
    size_t at = 0, slash;

    while ((slash = slice_find_byte(slice_sub(bytes, at, bytes.len), '/')) != SLICE_NOT_FOUND) {
        struct text part = text_sub(eval->arena, key, at, at + slash);

        if (++depth > LIMIT_VALUE_DEPTH)
            return error_set(err, ERROR_LIMIT, "a key nests deeper than %d", LIMIT_VALUE_DEPTH);
        if (!enter_folder(eval, &dst, value_text(part), err))
            return false;
        at += slash + 1;
    }
    if (at < bytes.len)
        value_map_put(&dst, eval->arena, value_text(text_sub(eval->arena, key, at, bytes.len)),
                      value);
    return true;
}

bool call_explode(struct eval *eval, const struct value *args, size_t n_args, struct value *ret,
                  struct error *err)
{
    struct value map = value_map_new(eval->arena, &type_any_map);

    (void)n_args;
    for (size_t i = 0; args[0].type && i < args[0].list.n; i++) {
        const struct kv_pair *pair = value_list_get(&args[0], i).object;
        struct text key = { pair->key.ptr, pair->key.len, NULL };

        if (!explode_key(eval, map, &key, value_string(pair->value), err))
            return false;
    }
    *ret = map;
    return true;
}

bool call_explode_map(struct eval *eval, const struct value *args, size_t n_args, struct value *ret,
                      struct error *err)
{
    struct value map = value_map_new(eval->arena, &type_any_map);

    (void)n_args;
    for (size_t i = 0; args[0].type && i < value_map_len(&args[0]); i++) {
        struct value key, value;

        value_map_at(&args[0], i, &key, &value);
        if (!explode_key(eval, map, &key.text, value, err))
            return false;
    }
    *ret = map;
    return true;
}
