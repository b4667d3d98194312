/* SPDX-License-Identifier: MIT */
/* Questions, sets of them, and the store of answers. */
#include "data/dep.h"
#include "data/store.h"
#include "unit.h"

static void test_keys(void **state)
{
    static const struct {
        const char *name;
        struct dep dep;
        const char *want;
    } cases[] = {
        { "a service",
          { .kind = DEP_HEALTH_SERVICE, .name = SLICE("web") },
          "health.service(web)" },
        { "with options",
          { .kind = DEP_HEALTH_SERVICE,
            .name = SLICE("web"),
            .near = SLICE("_agent"),
            .dc = SLICE("dc2"),
            .peer = SLICE("p") },
          "health.service(web?dc=dc2&near=_agent&peer=p)" },
        { "a flag",
          { .kind = DEP_CATALOG_DATACENTERS, .has_flag = true },
          "catalog.datacenters(?ignore-failing)" },
        { "no name", { .kind = DEP_CATALOG_NODE }, "catalog.node()" },
        { "a key that looks like options",
          { .kind = DEP_KV_GET, .name = SLICE("a?dc=x&b)%") },
          "kv.get(a%3Fdc%3Dx%26b%29%25)" },
        { "a newline", { .kind = DEP_KV_LIST, .name = SLICE("a\nb") }, "kv.list(a%0Ab)" },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        CLEANUP(arena_fini) struct arena arena = ARENA_EMPTY;
        struct dep dep = cases[i].dep;

        dep_make_key(&dep, &arena);
        if (!slice_is(dep.key, cases[i].want))
            fail_msg("%s: got %.*s", cases[i].name, SLICE_ARG(dep.key));
    }
}

static struct dep make_dep(struct arena *arena, const char *name)
{
    struct dep dep = { .kind = DEP_KV_GET, .name = slice_from(name) };

    dep_make_key(&dep, arena);
    return dep;
}

static void test_sets(void **state)
{
    CLEANUP(arena_fini) struct arena arena = ARENA_EMPTY;
    CLEANUP(dep_set_fini) struct dep_set set = DEP_SET_EMPTY, other = DEP_SET_EMPTY;
    struct dep a = make_dep(&arena, "a"), b = make_dep(&arena, "b");

    (void)state;
    assert_ptr_equal(dep_set_add(&set, &a), dep_set_add(&set, &a));
    dep_set_add(&set, &b);
    dep_set_add(&other, &a);
    assert_int_equal(dep_set_count(&set), 2);
    assert_false(dep_set_equal(&set, &other));
    dep_set_add_all(&other, &set);
    assert_true(dep_set_equal(&set, &other));
    assert_true(dep_set_has(&other, b.key));

    struct dep_set taken = dep_set_take(&other);

    assert_int_equal(dep_set_count(&other), 0);
    assert_int_equal(dep_set_count(&taken), 2);
    dep_set_fini(&taken);
}

static struct document *make_document(uint64_t hash)
{
    struct document *doc = document_new();

    doc->root = value_int((int64_t)hash);
    doc->content_hash = hash;
    return doc;
}

static void test_store(void **state)
{
    CLEANUP(arena_fini) struct arena arena = ARENA_EMPTY;
    CLEANUP(store_freep) struct store *store = store_new();
    CLEANUP(dep_set_fini) struct dep_set wanted = DEP_SET_EMPTY;
    struct dep a = make_dep(&arena, "a"), b = make_dep(&arena, "b");
    const struct value *value = NULL;

    (void)state;
    assert_int_equal(store_get(store, &a, &value), ANSWER_PENDING);
    assert_true(store_put(store, &a, make_document(1)));
    assert_int_equal(store_get(store, &a, &value), ANSWER_READY);
    assert_int_equal(value->integer, 1);
    assert_false(store_put(store, &a, make_document(1))); /* the same content is no news */
    assert_true(store_put(store, &a, NULL));
    assert_int_equal(store_get(store, &a, &value), ANSWER_ABSENT);
    assert_false(store_put(store, &a, NULL));
    assert_true(store_put(store, &b, NULL)); /* the first answer is news, even "absent" */

    uint64_t clock = store_clock(store);

    dep_set_add(&wanted, &b);
    store_keep_only(store, &wanted);
    assert_true(store_has_changed(store, &a, clock));
    assert_false(store_has_changed(store, &b, clock));
    assert_int_equal(store_get(store, &a, &value), ANSWER_PENDING);
    assert_int_equal(store_get(store, &b, &value), ANSWER_ABSENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_keys),
        cmocka_unit_test(test_sets),
        cmocka_unit_test(test_store),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
