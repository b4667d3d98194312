/* SPDX-License-Identifier: MIT */
/* Dependencies: copies that are shared, and sets of them. */
#include "data/dep.h"
#include "unit.h"

static struct dep make_dep(const char *name, struct arena *arena)
{
    struct dep dep = { .name = slice_from(name), .dc = slice_from("dc2") };

    dep_make_key(&dep, arena);
    return dep;
}

static void test_copies_are_shared(void **state)
{
    CLEANUP(arena_fini) struct arena arena = { 0 };
    struct dep dep = make_dep("web", &arena);
    struct dep *first = dep_copy(&dep), *other = dep_copy(&dep), *second = dep_copy(first);

    (void)state;
    assert_ptr_not_equal(first, &dep);
    assert_ptr_not_equal(first, other);
    assert_ptr_equal(first, second);
    dep_free(first);
    assert_string_equal(second->key.ptr, "health.service(web?dc=dc2)");
    assert_string_equal(second->name.ptr, "web");
    dep_free(second);
    dep_free(other);
    dep_free(NULL);
}

/* What was made from a copy by assignment may differ from it. */
static void test_an_assigned_struct_is_no_copy(void **state)
{
    CLEANUP(arena_fini) struct arena arena = { 0 };
    struct dep dep = make_dep("web", &arena);
    CLEANUP(dep_freep) struct dep *copy = dep_copy(&dep);
    struct dep guarded = *copy;

    (void)state;
    guarded.guard = GUARD_ON;

    CLEANUP(dep_freep) struct dep *other = dep_copy(&guarded);

    assert_ptr_not_equal(other, copy);
    assert_true(other->guard.is_on);
    assert_false(copy->guard.is_on);
    assert_ptr_not_equal(other->key.ptr, copy->key.ptr);
}

static void test_a_guard_is_a_set_s_own(void **state)
{
    CLEANUP(arena_fini) struct arena arena = { 0 };
    CLEANUP(dep_set_fini) struct dep_set a = DEP_SET_EMPTY, b = DEP_SET_EMPTY;
    struct dep dep = make_dep("web", &arena), guarded = dep;
    const struct dep *kept = dep_set_add(&a, &dep), *changed;

    (void)state;
    guarded.guard = GUARD_ON;
    assert_true(dep_set_add_all(&b, &a));
    assert_false(dep_set_add_all(&b, &a));
    assert_ptr_equal(dep_set_find(&b, dep.key), kept);
    assert_true(dep_set_equal(&a, &b));
    changed = dep_set_add(&b, &guarded);
    assert_ptr_not_equal(changed, kept);
    assert_true(changed->guard.is_on);
    assert_false(kept->guard.is_on);
    assert_false(dep_set_equal(&a, &b));
    assert_false(dep_set_add_all(&b, &a));
    assert_true(dep_set_add_all(&a, &b)); /* a stricter guard */
    assert_true(dep_set_equal(&a, &b));
    assert_int_equal(dep_set_count(&b), 1);
    assert_ptr_equal(dep_set_add(&b, &dep), changed); /* the strictest stays */
    assert_ptr_equal(dep_set_find(&b, dep.key), changed);
}

/* Nobody else has it: it is changed where it is. */
static void test_a_guard_of_a_lone_copy(void **state)
{
    CLEANUP(arena_fini) struct arena arena = { 0 };
    CLEANUP(dep_set_fini) struct dep_set set = DEP_SET_EMPTY;
    struct dep dep = make_dep("web", &arena), guarded = dep;
    const struct dep *own = dep_set_add(&set, &dep);

    (void)state;
    guarded.guard = GUARD_ON;
    assert_ptr_equal(dep_set_add(&set, &guarded), own);
    assert_true(own->guard.is_on);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_copies_are_shared),
        cmocka_unit_test(test_an_assigned_struct_is_no_copy),
        cmocka_unit_test(test_a_guard_is_a_set_s_own),
        cmocka_unit_test(test_a_guard_of_a_lone_copy),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
