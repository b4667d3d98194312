/* SPDX-License-Identifier: MIT */
/* Values: lists and fields of C structs, maps, texts with foreign spans. */
#include "base/buf.h"
#include "data/catalog.h"
#include "data/value.h"
#include "unit.h"

static struct value key_of(int i)
{
    switch (i) {
    case 0: return VALUE_NIL;
    case 1: return value_bool(false);
    case 2: return value_bool(true);
    case 3: return value_int(-3);
    case 4: return value_int64(12);
    case 5: return value_uint64(1);
    case 6: return value_float(-1.5);
    case 7: return value_string(SLICE("10"));
    case 8: return value_string(SLICE("9"));
    case 9: return value_string(SLICE("B"));
    default: return value_string(SLICE("\xc3\xa9"));
    }
}

#define N_KEYS 11

/* Whatever the order in which entries arrive, a map shows them in key order. */
static void test_map_order(void **state)
{
    CLEANUP(arena_fini) struct arena arena = ARENA_EMPTY;

    (void)state;
    for (unsigned stride = 1; stride < N_KEYS; stride++) { /* 11 is prime: each visits all keys */
        struct value put = value_map_new(&arena, &type_any_key_map);
        struct value_pair *pairs = ARENA_ARRAY(&arena, N_KEYS, struct value_pair);

        for (unsigned i = 0; i < N_KEYS; i++) {
            int at = (int)(i * stride % N_KEYS);

            value_map_put(&put, &arena, key_of(at), value_int(at));
            pairs[i] = (struct value_pair){ key_of(at), value_int(at) };
        }

        struct value built = value_map_from_pairs(&arena, &type_any_key_map, pairs, N_KEYS);

        assert_int_equal(value_map_len(&put), N_KEYS);
        assert_int_equal(value_map_len(&built), N_KEYS);
        for (size_t i = 0; i < N_KEYS; i++) {
            struct value key, from_put, from_built;

            value_map_at(&put, i, &key, &from_put);
            value_map_at(&built, i, &key, &from_built);
            assert_int_equal(from_put.integer, (int64_t)i);
            assert_int_equal(from_built.integer, (int64_t)i);
        }
    }
}

static void test_map_last_duplicate_wins(void **state)
{
    CLEANUP(arena_fini) struct arena arena = ARENA_EMPTY;
    static const char *const keys[] = { "b", "a", "b", "c", "a", "b" };
    struct value_pair *pairs = ARENA_ARRAY(&arena, ARRAY_SIZE(keys), struct value_pair);
    struct value found = VALUE_NIL;

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
        pairs[i] = (struct value_pair){ value_string(slice_from(keys[i])), value_int((int64_t)i) };

    struct value map = value_map_from_pairs(&arena, &type_any_map, pairs, ARRAY_SIZE(keys));

    assert_int_equal(value_map_len(&map), 3);
    assert_true(value_map_find_string(&map, SLICE("b"), &found) && found.integer == 5);
    assert_true(value_map_find_string(&map, SLICE("a"), &found) && found.integer == 4);
    assert_false(value_map_find_string(&map, SLICE("d"), &found));
}

static void test_map_changes(void **state)
{
    CLEANUP(arena_fini) struct arena arena = ARENA_EMPTY;
    struct value map = value_map_new(&arena, &type_any_map), found = VALUE_NIL;
    struct value key = value_string(SLICE("k"));

    (void)state;
    value_map_put(&map, &arena, key, value_int(1));
    value_map_put(&map, &arena, key, value_int(2));
    assert_int_equal(value_map_len(&map), 1);
    assert_true(value_map_find(&map, &key, &found) && found.integer == 2);
    value_map_remove(&map, &key);
    value_map_remove(&map, &key);
    assert_int_equal(value_map_len(&map), 0);
}

static void test_fields(void **state)
{
    static const struct slice tags[] = { { "a", 1 }, { "b", 1 } };
    static const struct pair meta[] = { { { "rack", 4 }, { "r1", 2 } },
                                        { { "zone", 4 }, { "", 0 } } };
    const struct service_instance instance = {
        .node = SLICE("n1"),
        .port = 80,
        .tags = { tags, 2 },
        .node_meta = { meta, 2 },
        .weights = { 3, 1 },
    };
    struct value pointer = { .type = &type_service_instance_ptr, .object = &instance };
    const struct type *type = pointer.type;
    struct value value, found = VALUE_NIL;

    (void)state;
    value = value_field(pointer.object, type_find_field(type, SLICE("Node")));
    assert_true(slice_is(value_slice(&value), "n1"));
    assert_ptr_equal(value.text.foreign, SPANS_ALL);
    value = value_field(pointer.object, type_find_field(type, SLICE("Port")));
    assert_ptr_equal(value.type, &type_int);
    assert_int_equal(value.integer, 80);
    value = value_field(pointer.object, type_find_field(type, SLICE("Tags")));
    assert_ptr_equal(value.type, &type_tags);
    value = value_list_get(&value, 1);
    assert_true(slice_is(value_slice(&value), "b") && text_is_foreign(&value.text));
    value = value_field(pointer.object, type_find_field(type, SLICE("NodeMeta")));
    assert_true(value_map_find_string(&value, SLICE("rack"), &found));
    assert_true(slice_is(value_slice(&found), "r1") && text_is_foreign(&found.text));
    assert_true(value_map_find_string(&value, SLICE("zone"), &found) && found.text.len == 0);
    assert_false(value_map_find_string(&value, SLICE("row"), &found));
    value = value_field(pointer.object, type_find_field(type, SLICE("Weights")));
    value = value_field(value.object, type_find_field(value.type, SLICE("Warning")));
    assert_int_equal(value.integer, 1);
    assert_null(type_find_field(type, SLICE("node")));
}

static void test_truth(void **state)
{
    CLEANUP(arena_fini) struct arena arena = ARENA_EMPTY;
    struct value map = value_map_new(&arena, &type_any_map);
    struct value empty_map = value_map_new(&arena, &type_any_map);
    static const struct value items[1] = { { .type = NULL } };

    (void)state;
    value_map_put(&map, &arena, value_string(SLICE("a")), value_int(0));

    const struct {
        const char *name;
        struct value value;
        bool want;
    } cases[] = {
        { "nil", VALUE_NIL, false },
        { "false", value_bool(false), false },
        { "0", value_int(0), false },
        { "-0.0", value_float(-0.0), false },
        { "\"\"", value_string(SLICE("")), false },
        { "\"0\"", value_string(SLICE("0")), true },
        { "an empty list", value_list(&type_any_list, STORED_VALUES, NULL, 0), false },
        { "a list of nil", value_list(&type_any_list, STORED_VALUES, items, 1), true },
        { "a map", map, true },
        { "an empty map", empty_map, false },
        { "a nil pointer", { .type = &type_catalog_node_ptr, .object = NULL }, false },
        { "a pointer", { .type = &type_catalog_node_ptr, .object = items }, true },
        { "an absent map", value_zero(&type_string_map), false },
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        if (value_is_true(&cases[i].value) != cases[i].want)
            fail_msg("%s", cases[i].name);
    }
}

/* A text as "own[foreign]own". */
static void show_spans(const struct text *text, struct buf *out)
{
    for (size_t i = 0; i <= text->len; i++) {
        for (size_t k = 0; text->foreign && text->foreign != SPANS_ALL && k < text->foreign->n;
             k++) {
            if (text->foreign->items[k].to == i)
                buf_add_byte(out, ']');
            if (text->foreign->items[k].from == i)
                buf_add_byte(out, '[');
        }
        if (i < text->len)
            buf_add_byte(out, text->ptr[i]);
    }
    if (text->foreign == SPANS_ALL)
        buf_add_string(out, " (all)");
}

static void assert_spans(const struct text *text, const char *want)
{
    CLEANUP(buf_fini) struct buf shown = BUF_EMPTY;

    show_spans(text, &shown);
    assert_string_equal(buf_slice(&shown).ptr, want);
}

static void test_spans(void **state)
{
    CLEANUP(arena_fini) struct arena arena = ARENA_EMPTY;
    struct text_builder builder;
    struct text text, again, sub;

    (void)state;
    text_builder_init(&builder, &arena);
    text_builder_add(&builder, SLICE("ab"));
    text_builder_add_foreign(&builder, SLICE("cd"));
    text_builder_add_foreign(&builder, SLICE("ef")); /* joins the span before */
    text_builder_add_foreign(&builder, SLICE(""));
    text_builder_add(&builder, SLICE("gh"));
    text_builder_add_foreign(&builder, SLICE("i"));
    text = text_builder_finish(&builder);
    assert_spans(&text, "ab[cdef]gh[i]");

    text_builder_add(&builder, SLICE("-"));
    text_builder_add_text(&builder, &text);
    again = text_builder_finish(&builder);
    assert_spans(&again, "-ab[cdef]gh[i]");

    sub = text_sub(&arena, &text, 3, 7);
    assert_spans(&sub, "[def]g");
    sub = text_sub(&arena, &text, 3, 5);
    assert_spans(&sub, "de (all)");
    sub = text_sub(&arena, &text, 6, 8);
    assert_spans(&sub, "gh");
    assert_null(sub.foreign);

    text_builder_add_foreign(&builder, SLICE("all"));
    text = text_builder_finish(&builder);
    assert_ptr_equal(text.foreign, SPANS_ALL);
    sub = text_sub(&arena, &text, 0, 2);
    assert_ptr_equal(sub.foreign, SPANS_ALL);
    sub = text_sub(&arena, &text, 2, 2);
    assert_ptr_equal(sub.foreign, SPANS_ALL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_map_order),   cmocka_unit_test(test_map_last_duplicate_wins),
        cmocka_unit_test(test_map_changes), cmocka_unit_test(test_fields),
        cmocka_unit_test(test_truth),       cmocka_unit_test(test_spans),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
