/* SPDX-License-Identifier: MIT */
/* The scratch: a store of named values, one for each rendering. */
#include "scratch.h"

#include "eval.h"
#include "function.h"

/* The map of the values, in the state of the rendering's only value of KIND_SCRATCH. */
static struct value *scratch_values(struct eval *eval)
{
    if (!eval->scratch.type) {
        struct value *values = ARENA_NEW(eval->arena, struct value);

        *values = value_map_new(eval->arena, &type_any_map);
        eval->scratch = (struct value){ .type = &type_scratch, .state = values };
    }
    return eval->scratch.state;
}

bool call_scratch(struct eval *eval, const struct value *args, size_t n_args, struct value *ret,
                  struct error *err)
{
    (void)args;
    (void)n_args;
    (void)err;
    scratch_values(eval);
    *ret = eval->scratch;
    return true;
}

static bool call_key(struct eval *eval, const struct value *args, size_t n_args, struct value *ret,
                     struct error *err)
{
    struct value ignored;

    (void)n_args;
    (void)err;
    *ret = value_bool(value_map_find(scratch_values(eval), &args[0], &ignored));
    return true;
}

static bool call_get(struct eval *eval, const struct value *args, size_t n_args, struct value *ret,
                     struct error *err)
{
    (void)n_args;
    (void)err;
    *ret = VALUE_NIL;
    value_map_find(scratch_values(eval), &args[0], ret);
    return true;
}

static bool call_set(struct eval *eval, const struct value *args, size_t n_args, struct value *ret,
                     struct error *err)
{
    (void)n_args;
    (void)err;
    value_map_put(scratch_values(eval), eval->arena, args[0], args[1]);
    *ret = value_string(SLICE_EMPTY);
    return true;
}

static bool call_set_x(struct eval *eval, const struct value *args, size_t n_args,
                       struct value *ret, struct error *err)
{
    struct value old;

    if (!value_map_find(scratch_values(eval), &args[0], &old))
        return call_set(eval, args, n_args, ret, err);
    *ret = value_string(SLICE_EMPTY);
    return true;
}

/* Only a map[string]interface {} can be added to: one that MapSet made, or parseJSON or explode. */
static bool map_set(struct eval *eval, const struct value *args, bool is_override,
                    struct value *ret, struct error *err)
{
    const struct value *values = scratch_values(eval);
    struct value map, old;

    if (!value_map_find(values, &args[0], &map)) {
        map = value_map_new(eval->arena, &type_any_map);
        value_map_put(values, eval->arena, args[0], map);
    }
    if (map.type != &type_any_map || map.map.storage != STORED_VALUES)
        return function_error(err, "'%.*s' holds no map but %s",
                              SLICE_ARG(slice_sub(value_slice(&args[0]), 0, 64)),
                              map.type ? map.type->name : "nil");
    if (is_override || !value_map_find(&map, &args[1], &old))
        value_map_put(&map, eval->arena, args[1], args[2]);
    *ret = value_string(SLICE_EMPTY);
    return true;
}

static bool call_map_set(struct eval *eval, const struct value *args, size_t n_args,
                         struct value *ret, struct error *err)
{
    (void)n_args;
    return map_set(eval, args, true, ret, err);
}

static bool call_map_set_x(struct eval *eval, const struct value *args, size_t n_args,
                           struct value *ret, struct error *err)
{
    (void)n_args;
    return map_set(eval, args, false, ret, err);
}

static bool call_map_values(struct eval *eval, const struct value *args, size_t n_args,
                            struct value *ret, struct error *err)
{
    struct value map = VALUE_NIL, key;
    size_t n = 0;

    (void)n_args;
    value_map_find(scratch_values(eval), &args[0], &map);
    if (map.type == &type_any_map)
        n = value_map_len(&map);
    if (!eval_check_size(eval, n * sizeof(struct value), err))
        return false;

    struct value *items = ARENA_ARRAY(eval->arena, n, struct value);

    for (size_t i = 0; i < n; i++)
        value_map_at(&map, i, &key, &items[i]);
    *ret = value_list(&type_any_list, STORED_VALUES, items, n);
    return true;
}

#define STRING &type_string
#define ANY    &type_any

static const struct function methods[] = {
    { "Get", call_get, { STRING }, ANY, 1, 1, FUNCTION_KEEPS_SPANS },
    { "Key", call_key, { STRING }, &type_bool, 1, 1, 0 },
    { "MapSet", call_map_set, { STRING, STRING, ANY }, STRING, 3, 3, FUNCTION_RESULT_OWN },
    { "MapSetX", call_map_set_x, { STRING, STRING, ANY }, STRING, 3, 3, FUNCTION_RESULT_OWN },
    { "MapValues", call_map_values, { STRING }, &type_any_list, 1, 1, 0 },
    { "Set", call_set, { STRING, ANY }, STRING, 2, 2, FUNCTION_RESULT_OWN },
    { "SetX", call_set_x, { STRING, ANY }, STRING, 2, 2, FUNCTION_RESULT_OWN },
};

const struct function *scratch_find_method(struct slice name)
{
    for (size_t i = 0; i < ARRAY_SIZE(methods); i++) {
        if (slice_is(name, methods[i].name))
            return &methods[i];
    }
    return NULL;
}
