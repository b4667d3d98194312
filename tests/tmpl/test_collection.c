/* SPDX-License-Identifier: MIT */
/* Functions on lists and maps. */
#include "data/catalog.h"
#include "tmpl/support.h"

static const struct support_case cases[] = {
    /* in, contains */
    { "in a list", "in", { "S:a,b", "t:b" }, "bool(true)", NULL },
    { "not in a list", "in", { "S:a,b", "t:c" }, "bool(false)", NULL },
    { "in an empty list", "in", { "S:", "t:" }, "bool(false)", NULL },
    { "in tags", "in", { "T:<a>,<b>", "t:a" }, "bool(true)", NULL },
    { "in a string", "in", { "t:hay", "t:ay" }, "bool(true)", NULL },
    { "nothing is in every string", "in", { "t:x", "t:" }, "bool(true)", NULL },
    { "a number in a string", "in", { "t:5", "i:5" }, "bool(false)", NULL },
    { "in a map", "in", { "j:{\"a\":1}", "t:a" }, "bool(false)", NULL },
    { "in a number", "in", { "i:5", "i:5" }, "bool(false)", NULL },
    { "in nil", "in", { "nil", "t:a" }, "bool(false)", NULL },
    { "a float", "in", { "j:[1.5,\"x\"]", "f:1.5" }, "bool(true)", NULL },
    { "an int is no float", "in", { "j:[1,2]", "i:1" }, "bool(false)", NULL },
    { "NaN is not NaN", "in", { "j:[1]", "f:nan" }, "bool(false)", NULL },
    { "bools never match", "in", { "j:[true]", "b:true" }, "bool(false)", NULL },
    { "nil never matches", "in", { "j:[null]", "nil" }, "bool(false)", NULL },
    { "nil among strings", "in", { "S:a", "nil" }, NULL, "cannot look for nil among strings" },
    { "nil in a string", "in", { "t:a", "nil" }, NULL, "cannot look for nil among strings" },
    { "nil in no strings", "in", { "S:", "nil" }, "bool(false)", NULL },
    { "found before nil matters", "in", { "j:[1,\"a\"]", "f:1" }, "bool(true)", NULL },
    { "contains swaps", "contains", { "t:oba", "t:foobar" }, "bool(true)", NULL },

    { "all", "containsAll", { "j:[\"a\",\"b\"]", "S:a,b,c" }, "bool(true)", NULL },
    { "not all", "containsAll", { "j:[\"a\",\"z\"]", "S:a,b,c" }, "bool(false)", NULL },
    { "all of none", "containsAll", { "j:[]", "S:a" }, "bool(true)", NULL },
    { "all of nil", "containsAll", { "nil", "S:a" }, "bool(true)", NULL },
    { "any", "containsAny", { "j:[\"z\",\"b\"]", "S:a,b" }, "bool(true)", NULL },
    { "not any", "containsAny", { "j:[\"y\",\"z\"]", "S:a,b" }, "bool(false)", NULL },
    { "any of none", "containsAny", { "j:[]", "S:a" }, "bool(false)", NULL },
    { "none", "containsNone", { "j:[\"y\",\"z\"]", "S:a,b" }, "bool(true)", NULL },
    { "not none", "containsNone", { "j:[\"y\",\"a\"]", "S:a,b" }, "bool(false)", NULL },
    { "none of none", "containsNone", { "j:[]", "S:a" }, "bool(true)", NULL },
    { "not all, one missing", "containsNotAll", { "j:[\"a\",\"z\"]", "S:a" }, "bool(true)", NULL },
    { "not all, none missing", "containsNotAll", { "j:[\"a\"]", "S:a" }, "bool(false)", NULL },
    { "not all of none", "containsNotAll", { "j:[]", "S:a" }, "bool(false)", NULL },
    { "all in a string", "containsAll", { "j:[\"a\",\"b\"]", "t:cab" }, "bool(true)", NULL },

    /* explodeMap */
    { "explodeMap",
      "explodeMap",
      { "j:{\"a/b/c\":1,\"a/d\":\"x\",\"e\":true}" },
      "map[string]interface {}{a: map[string]interface {}{b: map[string]interface {}{c: "
      "float64(1)}, d: x}, e: bool(true)}",
      NULL },
    { "explodeMap: empty parts",
      "explodeMap",
      { "j:{\"a//b\":1,\"/c\":2,\"d/\":3,\"\":4}" },
      "map[string]interface {}{: map[string]interface {}{c: float64(2)}, a: map[string]interface "
      "{}{: map[string]interface {}{b: float64(1)}}, d: map[string]interface {}{}}",
      NULL },
    { "explodeMap: a value and a folder",
      "explodeMap",
      { "j:{\"a\":1,\"a/b\":2}" },
      NULL,
      "'a' is both a value and a folder" },
    { "explodeMap: null is a value, too",
      "explodeMap",
      { "j:{\"a\":null,\"a/b\":2}" },
      NULL,
      "'a' is both a value and a folder" },
    { "explodeMap: a map as a value is a folder",
      "explodeMap",
      { "j:{\"a\":{\"x\":1},\"a/b\":2}" },
      "map[string]interface {}{a: map[string]interface {}{b: float64(2), x: float64(1)}}",
      NULL },
    { "explodeMap of nothing", "explodeMap", { "j:{}" }, "map[string]interface {}{}", NULL },
    { "explodeMap of nil", "explodeMap", { "nil" }, "map[string]interface {}{}", NULL },

    /* mergeMap: what dst has stays, gaps are filled */
    { "merge",
      "mergeMap",
      { "j:{\"a\":1,\"b\":{\"x\":1,\"y\":2}}", "j:{\"a\":9,\"b\":{\"y\":8,\"z\":3},\"c\":\"n\"}" },
      "map[string]interface {}{a: float64(1), b: map[string]interface {}{x: float64(1), y: "
      "float64(2), z: float64(3)}, c: n}",
      NULL },
    { "merge fills what is empty",
      "mergeMap",
      { "j:{\"a\":0,\"b\":\"\",\"c\":false,\"d\":null,\"e\":[],\"f\":{}}",
        "j:{\"a\":1,\"b\":\"x\",\"c\":true,\"d\":2,\"e\":[3],\"f\":{\"g\":4}}" },
      "map[string]interface {}{a: float64(1), b: x, c: bool(true), d: float64(2), e: []interface "
      "{}{float64(3)}, f: map[string]interface {}{g: float64(4)}}",
      NULL },
    { "merge keeps lists",
      "mergeMap",
      { "j:{\"a\":[1]}", "j:{\"a\":[2,3],\"b\":[4]}" },
      "map[string]interface {}{a: []interface {}{float64(1)}, b: []interface {}{float64(4)}}",
      NULL },
    { "merge keeps another kind",
      "mergeMap",
      { "j:{\"a\":\"s\",\"b\":{\"x\":1}}", "j:{\"a\":{\"x\":1},\"b\":\"s\"}" },
      "map[string]interface {}{a: s, b: map[string]interface {}{x: float64(1)}}",
      NULL },
    { "merge never fills with null",
      "mergeMap",
      { "j:{\"b\":0}", "j:{\"a\":null,\"b\":null}" },
      "map[string]interface {}{b: float64(0)}",
      NULL },
    { "merge into nil",
      "mergeMap",
      { "nil", "j:{\"a\":1}" },
      "map[string]interface {}{a: "
      "float64(1)}",
      NULL },
    { "merge of nil",
      "mergeMap",
      { "j:{\"a\":1}", "nil" },
      "map[string]interface {}{a: "
      "float64(1)}",
      NULL },

    /* mergeMapWithOverride: what src has wins */
    { "override",
      "mergeMapWithOverride",
      { "j:{\"a\":1,\"b\":{\"x\":1,\"y\":2},\"d\":5}",
        "j:{\"a\":9,\"b\":{\"y\":8,\"z\":3},\"c\":\"n\"}" },
      "map[string]interface {}{a: float64(9), b: map[string]interface {}{x: float64(1), y: "
      "float64(8), z: float64(3)}, c: n, d: float64(5)}",
      NULL },
    { "override by what is empty",
      "mergeMapWithOverride",
      { "j:{\"a\":1,\"b\":\"x\",\"c\":true,\"d\":2,\"e\":[3],\"f\":{\"g\":4}}",
        "j:{\"a\":0,\"b\":\"\",\"c\":false,\"d\":null,\"e\":[],\"f\":{}}" },
      "map[string]interface {}{a: float64(0), b: , c: bool(false), d: nil, e: []interface {}{}, "
      "f: map[string]interface {}{g: float64(4)}}",
      NULL },
    { "override by another kind",
      "mergeMapWithOverride",
      { "j:{\"a\":\"s\",\"b\":{\"x\":1},\"c\":[1]}", "j:{\"a\":{\"x\":1},\"b\":\"s\",\"c\":{}}" },
      "map[string]interface {}{a: map[string]interface {}{x: float64(1)}, b: s, c: "
      "map[string]interface {}{}}",
      NULL },

    /* splitToMap */
    { "splitToMap",
      "splitToMap",
      { "t:,", "t:=", "t: a=1,b=2=3,c,=4,a=5 " },
      "map[string]string{: 4, a: 5, b: 2=3}",
      NULL },
    { "splitToMap of nothing", "splitToMap", { "t:,", "t:=", "t: " }, "map[string]string{}", NULL },
    { "splitToMap: empty separators",
      "splitToMap",
      { "t:", "t:", "t:ab" },
      "map[string]string{: b}",
      NULL },
    { "splitToMap keeps spans",
      "splitToMap",
      { "s:,", "s:=", "s:a=<1,b=2>" },
      "map[string]string{a: <1>, <b>: <2>}",
      NULL },
};

static void test_cases(void **state)
{
    (void)state;
    support_run(&functions_collection, cases, ARRAY_SIZE(cases));
}

/* --- Things of Consul's -------------------------------------------------------------------- */

#define ARRAY_OF(items)            \
    {                              \
        (items), ARRAY_SIZE(items) \
    }

static const struct slice blue_prod[] = { { "blue", 4 }, { "prod", 4 } };
static const struct slice prod[] = { { "prod", 4 } };
static const struct pair meta_a[] = { { { "v", 1 }, { "1.2/\xc3\xa9", 6 } },
                                      { { "w", 1 }, { "-7", 2 } } };
static const struct pair meta_b[] = { { { "v", 1 }, { "", 0 } }, { { "w", 1 }, { "123456", 6 } } };

/* Shows a map of lists of instances by their ids. */
static void show_groups(struct buf *out, const struct value *groups)
{
    buf_add_string(out, groups->type->name);
    for (size_t i = 0; i < value_map_len(groups); i++) {
        struct value key, members;

        value_map_at(groups, i, &key, &members);
        buf_add_string(out, " ");
        support_show(out, &key);
        buf_add_string(out, ":");
        assert_ptr_equal(members.type, groups->type->elem);
        for (size_t j = 0; j < members.list.n; j++) {
            struct value member = value_list_get(&members, j);
            struct value id = value_field(member.object, type_find_field(member.type, SLICE("ID")));

            buf_printf(out, "%.*s", SLICE_ARG(value_slice(&id)));
        }
    }
}

static struct value instances(struct arena *arena)
{
    static const struct service_instance a = {
        .id = { "a", 1 }, .port = 80, .tags = ARRAY_OF(blue_prod), .service_meta = ARRAY_OF(meta_a)
    };
    static const struct service_instance b = {
        .id = { "b", 1 }, .port = 443, .tags = ARRAY_OF(prod), .service_meta = ARRAY_OF(meta_b)
    };
    static const struct service_instance c = { .id = { "c", 1 }, .port = 80 };
    const struct service_instance **items = ARENA_ARRAY(arena, 3, const struct service_instance *);

    items[0] = &a, items[1] = &b, items[2] = &c;
    return value_list(&type_service_instance_list, STORED_POINTERS, items, 3);
}

static const struct {
    const char *name, *function, *argument;
    const char *want, *want_error;
} group_cases[] = {
    { "byTag", "byTag", NULL, "map[string][]interface {} <blue>:a <prod>:ab", NULL },
    { "byPort", "byPort", NULL, "map[int][]interface {} int(80):ac int(443):b", NULL },
    { "byMeta", "byMeta", "t:v", "map[string][]*dependency.HealthService <1_2__>:a <_no_v_>:bc",
      NULL },
    { "byMeta: numbers", "byMeta", "t:w|int",
      "map[string][]*dependency.HealthService <-0007>:a <00000>:c <123456>:b", NULL },
    { "byMeta: two", "byMeta", "t:w,no such",
      "map[string][]*dependency.HealthService <-7__no_no_such_>:a <123456__no_no_such_>:b "
      "<_no_w___no_no_such_>:c",
      NULL },
    { "byMeta: none", "byMeta", "t:", "map[string][]*dependency.HealthService <_no__>:abc", NULL },
    { "byMeta: no number", "byMeta", "t:v|int", NULL,
      "the metadata 'v' of an instance is no integer" },
};

static void test_groups(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(group_cases); i++) {
        CLEANUP(buf_fini) struct buf shown = BUF_EMPTY;
        struct support support;
        struct value args[2], ret;
        size_t n_args = 0;

        support_init(&support);
        if (group_cases[i].argument)
            args[n_args++] = support_value(&support.arena, slice_from(group_cases[i].argument));
        args[n_args++] = instances(&support.arena);
        if (support_call(&support, support_find(&functions_collection, group_cases[i].function),
                         args, n_args, &ret))
            show_groups(&shown, &ret);
        if (!slice_is(buf_slice(&shown), group_cases[i].want ? group_cases[i].want : "") ||
            !slice_is(slice_from(support.err.text),
                      group_cases[i].want_error ? group_cases[i].want_error : ""))
            fail_msg("%s: '%.*s', error '%s'", group_cases[i].name, SLICE_ARG(buf_slice(&shown)),
                     support.err.text);
        support_fini(&support);
    }
}

static const struct support_case no_service_cases[] = {
    { "byTag of nil", "byTag", { "nil" }, "map[string][]interface {}{}", NULL },
    { "byPort of nil", "byPort", { "nil" }, "map[int][]interface {}{}", NULL },
    { "byMeta of nil",
      "byMeta",
      { "t:v", "nil" },
      "map[string][]*dependency.HealthService{}",
      NULL },
    { "byKey of nil", "byKey", { "nil" }, "map[string]map[string]*dependency.KeyPair{}", NULL },
    { "explode of nil", "explode", { "nil" }, "map[string]interface {}{}", NULL },
    { "byTag of strings", "byTag", { "S:a" }, NULL, "wants services, not []string" },
    { "byPort of strings",
      "byPort",
      { "S:a" },
      NULL,
      "wants what 'service' returns, not []string" },
};

static void test_no_services(void **state)
{
    (void)state;
    support_run(&functions_collection, no_service_cases, ARRAY_SIZE(no_service_cases));
}

static void test_tags_of_service_names(void **state)
{
    static const struct service_name web = { { "web", 3 }, ARRAY_OF(blue_prod) };
    const struct service_name *names[] = { &web };
    CLEANUP(buf_fini) struct buf shown = BUF_EMPTY;
    struct support support;
    struct value arg = value_list(&type_service_name_list, STORED_POINTERS, names, 1), ret;

    (void)state;
    support_init(&support);
    assert_true(
        support_call(&support, support_find(&functions_collection, "byTag"), &arg, 1, &ret));
    support_show(&shown, &ret);
    assert_string_equal(shown.ptr, "map[string][]interface {}{<blue>: []interface "
                                   "{}{*dependency.CatalogSnippet}, <prod>: []interface "
                                   "{}{*dependency.CatalogSnippet}}");
    support_fini(&support);
}

#define KV(path_text, value_text)                                                     \
    {                                                                                 \
        .path = SLICE(path_text), .key = SLICE(path_text), .value = SLICE(value_text) \
    }

static void test_pairs(void **state)
{
    const struct kv_pair pairs[] = {
        KV("one", "1"),    KV("redis/a/b", "3"), KV("redis/a/c", "4"),
        KV("redis/x", ""), KV("web/", "-"),
    };
    const struct kv_pair *items[] = { &pairs[0], &pairs[1], &pairs[2], &pairs[3], &pairs[4] };
    CLEANUP(buf_fini) struct buf shown = BUF_EMPTY;
    struct support support;
    struct value arg = value_list(&type_kv_pair_list, STORED_POINTERS, items, ARRAY_SIZE(items));
    struct value exploded, by_key, group, found;

    (void)state;
    support_init(&support);
    assert_true(
        support_call(&support, support_find(&functions_collection, "explode"), &arg, 1, &exploded));
    support_show(&shown, &exploded);
    assert_string_equal(shown.ptr, "map[string]interface {}{one: 1, redis: map[string]interface "
                                   "{}{a: map[string]interface {}{b: 3, c: 4}, x: }, web: "
                                   "map[string]interface {}{}}");

    assert_true(
        support_call(&support, support_find(&functions_collection, "byKey"), &arg, 1, &by_key));
    assert_int_equal(value_map_len(&by_key), 1);
    assert_true(value_map_find_string(&by_key, SLICE("redis"), &group));
    assert_int_equal(value_map_len(&group), 3);
    assert_true(value_map_find_string(&group, SLICE("a/b"), &found));

    const struct kv_pair *pair = found.object;

    assert_true(slice_is(pair->key, "a/b") && slice_is(pair->path, "redis/a/b") &&
                slice_is(pair->value, "3"));
    support_fini(&support);
}

/* --- Limits -------------------------------------------------------------------------------- */

static void test_deep_keys(void **state)
{
    struct support support;
    struct value map, ret;

    (void)state;
    support_init(&support);
    map = value_map_new(&support.arena, &type_any_map);

    char *key = arena_alloc(&support.arena, LIMIT_VALUE_DEPTH);

    memset(key, '/', LIMIT_VALUE_DEPTH);
    value_map_put(&map, &support.arena, value_string(slice_of(key, LIMIT_VALUE_DEPTH - 1)),
                  value_int(1));
    assert_true(
        support_call(&support, support_find(&functions_collection, "explodeMap"), &map, 1, &ret));
    value_map_put(&map, &support.arena, value_string(slice_of(key, LIMIT_VALUE_DEPTH)),
                  value_int(1));
    assert_false(
        support_call(&support, support_find(&functions_collection, "explodeMap"), &map, 1, &ret));
    assert_int_equal(support.err.code, ERROR_LIMIT);
    assert_string_equal(support.err.text, "a key nests deeper than 200");
    support_fini(&support);
}

/* A map that contains itself can be made with scratch; merging it ends. */
static void test_endless_maps(void **state)
{
    struct support support;
    struct value maps[2], ret;

    (void)state;
    support_init(&support);
    for (size_t i = 0; i < 2; i++) {
        maps[i] = value_map_new(&support.arena, &type_any_map);
        value_map_put(&maps[i], &support.arena, value_string(SLICE("self")), maps[i]);
    }
    assert_false(
        support_call(&support, support_find(&functions_collection, "mergeMap"), maps, 2, &ret));
    assert_string_equal(support.err.text, "the maps nest deeper than 200");

    /* Two ways down at each level, 2^150 in all. */
    struct value bottom[2] = { value_map_new(&support.arena, &type_any_map),
                               value_map_new(&support.arena, &type_any_map) };

    support.err = ERROR_EMPTY;
    value_map_put(&bottom[0], &support.arena, value_string(SLICE("x")), value_int(1));
    value_map_put(&bottom[1], &support.arena, value_string(SLICE("x")), value_int(1));
    for (size_t depth = 0; depth < 150; depth++) {
        for (size_t i = 0; i < 2; i++) {
            struct value up = value_map_new(&support.arena, &type_any_map);

            value_map_put(&up, &support.arena, value_string(SLICE("l")), bottom[i]);
            value_map_put(&up, &support.arena, value_string(SLICE("r")), bottom[i]);
            bottom[i] = up;
        }
    }
    support.eval.n_steps = LIMIT_RENDER_STEPS - 100000;
    assert_false(
        support_call(&support, support_find(&functions_collection, "mergeMap"), bottom, 2, &ret));
    assert_int_equal(support.err.code, ERROR_LIMIT);
    support_fini(&support);
}

/* The second argument's maps become part of the first, which is changed and returned. */
static void test_merge_is_in_place(void **state)
{
    struct support support;
    struct value args[2], ret, ignored;

    (void)state;
    support_init(&support);
    args[0] = support_value(&support.arena, SLICE("j:{}"));
    args[1] = support_value(&support.arena, SLICE("j:{\"a\":{\"b\":1}}"));
    assert_true(
        support_call(&support, support_find(&functions_collection, "mergeMap"), args, 2, &ret));
    assert_true(value_map_find_string(&args[0], SLICE("a"), &ignored));
    support_fini(&support);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cases),        cmocka_unit_test(test_groups),
        cmocka_unit_test(test_no_services),  cmocka_unit_test(test_tags_of_service_names),
        cmocka_unit_test(test_pairs),        cmocka_unit_test(test_deep_keys),
        cmocka_unit_test(test_endless_maps), cmocka_unit_test(test_merge_is_in_place),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
