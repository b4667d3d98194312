/* SPDX-License-Identifier: MIT */
/* Functions on lists and maps: the table, searching, splitToMap. */
#include "collection.h"

#include "data/catalog.h"

#include "eval.h"
#include "function.h"
#include "scratch.h"
#include "split.h"
#include "unicode.h"

/* --- Searching ----------------------------------------------------------------------------- */

/* Whether an element of a list is the value looked for. Numbers of one family compare by value;
 * other kinds are never found. */
static bool is_same(const struct value *element, const struct value *wanted)
{
    enum kind kind = value_kind(element);

    if (kind != value_kind(wanted))
        return false;
    switch (kind) {
    case KIND_INT: return element->integer == wanted->integer;
    case KIND_FLOAT: return element->real == wanted->real;
    case KIND_STRING: return slice_equal(value_slice(element), value_slice(wanted));
    default: return false;
    }
}

/* Looking for nil among strings is an error in the peer, too. */
static bool check_wanted(const struct value *among, const struct value *wanted, struct error *err)
{
    if (value_is_string(among) && !wanted->type)
        return function_error(err, "cannot look for nil among strings");
    return true;
}

#define BYTES_A_STEP 256 /* that are searched for one step of the render */

/* What is neither a list nor a string contains nothing. */
static bool find_in(struct eval *eval, const struct value *haystack, const struct value *wanted,
                    bool *ret_is_found, struct error *err)
{
    *ret_is_found = false;
    if (!check_wanted(haystack, wanted, err))
        return false;
    if (value_is_string(haystack)) {
        if (!eval_charge(eval, haystack->text.len / BYTES_A_STEP, err))
            return false;
        *ret_is_found = value_is_string(wanted) &&
                        slice_find(value_slice(haystack), value_slice(wanted)) != SLICE_NOT_FOUND;
        return true;
    }
    if (value_kind(haystack) != KIND_LIST)
        return true;
    if (!eval_charge(eval, haystack->list.n * sizeof(struct value) / BYTES_A_STEP, err))
        return false;
    for (size_t i = 0; i < haystack->list.n && !*ret_is_found; i++) {
        struct value element = value_list_get(haystack, i);

        if (!check_wanted(&element, wanted, err))
            return false;
        *ret_is_found = is_same(&element, wanted);
    }
    return true;
}

static bool call_in(struct eval *eval, const struct value *args, size_t n_args, struct value *ret,
                    struct error *err)
{
    bool is_found;

    (void)n_args;
    if (!find_in(eval, &args[0], &args[1], &is_found, err))
        return false;
    *ret = value_bool(is_found);
    return true;
}

static bool call_contains(struct eval *eval, const struct value *args, size_t n_args,
                          struct value *ret, struct error *err)
{
    bool is_found;

    (void)n_args;
    if (!find_in(eval, &args[1], &args[0], &is_found, err))
        return false;
    *ret = value_bool(is_found);
    return true;
}

/* The first wanted value that is found (or not, as deciding_find says) decides: the result is then
 * `decided`, else its opposite. */
static bool contains_some(struct eval *eval, const struct value *args, bool deciding_find,
                          bool decided, struct value *ret, struct error *err)
{
    size_t n = args[0].type ? args[0].list.n : 0; /* nil is an empty list */

    *ret = value_bool(!decided);
    for (size_t i = 0; i < n; i++) {
        struct value wanted = value_list_get(&args[0], i);
        bool is_found;

        if (!find_in(eval, &args[1], &wanted, &is_found, err))
            return false;
        if (is_found == deciding_find) {
            *ret = value_bool(decided);
            return true;
        }
    }
    return true;
}

static bool call_contains_all(struct eval *eval, const struct value *args, size_t n_args,
                              struct value *ret, struct error *err)
{
    (void)n_args;
    return contains_some(eval, args, false, false, ret, err);
}

static bool call_contains_any(struct eval *eval, const struct value *args, size_t n_args,
                              struct value *ret, struct error *err)
{
    (void)n_args;
    return contains_some(eval, args, true, true, ret, err);
}

static bool call_contains_none(struct eval *eval, const struct value *args, size_t n_args,
                               struct value *ret, struct error *err)
{
    (void)n_args;
    return contains_some(eval, args, true, false, ret, err);
}

static bool call_contains_not_all(struct eval *eval, const struct value *args, size_t n_args,
                                  struct value *ret, struct error *err)
{
    (void)n_args;
    return contains_some(eval, args, false, true, ret, err);
}

/* --- splitToMap ---------------------------------------------------------------------------- */

static bool call_split_to_map(struct eval *eval, const struct value *args, size_t n_args,
                              struct value *ret, struct error *err)
{
    struct text text = text_trim_space(eval->arena, &args[2].text), *items = NULL;
    struct slice separator = value_slice(&args[1]);
    size_t n_items = 0, n = 0;

    (void)n_args;
    if (text.len && !split_text(eval, &text, value_slice(&args[0]), &items, &n_items, err))
        return false;
    if (!eval_check_size(eval, n_items * sizeof(struct value_pair), err))
        return false;

    struct value_pair *pairs = ARENA_ARRAY(eval->arena, n_items, struct value_pair);

    for (size_t i = 0; i < n_items; i++) {
        const struct text *item = &items[i];
        size_t at = slice_find(slice_of(item->ptr, item->len), separator);

        if (at == SLICE_NOT_FOUND)
            continue;
        pairs[n++] = (struct value_pair){
            value_text(text_sub(eval->arena, item, 0, at)),
            value_text(text_sub(eval->arena, item, at + separator.len, item->len)),
        };
    }
    *ret = value_map_from_pairs(eval->arena, &type_string_map, pairs, n);
    return true;
}

#define ANY    &type_any
#define ANYS   &type_any_list
#define BOOL   &type_bool
#define MAP    &type_any_map
#define STRING &type_string

static const struct function rows[] = {
    { "byKey", call_by_key, { &type_kv_pair_list }, &type_pair_map_map, 1, 1, 0 },
    { "byMeta",
      call_by_meta,
      { STRING, &type_service_instance_list },
      &type_instance_map,
      2,
      2,
      0 },
    { "byPort", call_by_port, { ANY }, &type_port_map, 1, 1, 0 },
    { "byTag", call_by_tag, { ANY }, &type_any_list_map, 1, 1, 0 },
    { "contains", call_contains, { ANY }, BOOL, 2, 2, 0 },
    { "containsAll", call_contains_all, { ANYS, ANY }, BOOL, 2, 2, 0 },
    { "containsAny", call_contains_any, { ANYS, ANY }, BOOL, 2, 2, 0 },
    { "containsNone", call_contains_none, { ANYS, ANY }, BOOL, 2, 2, 0 },
    { "containsNotAll", call_contains_not_all, { ANYS, ANY }, BOOL, 2, 2, 0 },
    { "explode", call_explode, { &type_kv_pair_list }, MAP, 1, 1, 0 },
    { "explodeMap", call_explode_map, { MAP }, MAP, 1, 1, 0 },
    { "in", call_in, { ANY }, BOOL, 2, 2, 0 },
    { "mergeMap", call_merge_map, { MAP }, MAP, 2, 2, 0 },
    { "mergeMapWithOverride", call_merge_map_with_override, { MAP }, MAP, 2, 2, 0 },
    { "scratch", call_scratch, { NULL }, &type_scratch, 0, 0, FUNCTION_UNREPEATABLE },
    { "splitToMap", call_split_to_map, { STRING }, &type_string_map, 3, 3, 0 },
};

const struct function_group functions_collection = { rows, ARRAY_SIZE(rows) };
