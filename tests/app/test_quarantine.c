/* SPDX-License-Identifier: MIT */
/* What a group is shown: services are lists of instances "IDversion", banned ones are those with a
 * '!' in their version. */
#include "app/quarantine.h"

#include <string.h>

#include "base/log.h"
#include "data/catalog.h"
#include "unit.h"

struct scene {
    struct store *store;
    struct quarantine *quarantine;
    struct dep_set asked;
    struct arena arena;
};

static int owner, other_owner; /* only their addresses count */

static const struct dep *dep_of(struct scene *scene, enum dep_kind kind, const char *name)
{
    struct dep dep = { .kind = kind, .name = slice_from(name) };

    dep_make_key(&dep, &scene->arena);
    return dep_set_add(&scene->asked, &dep);
}

static void begin(struct scene *scene)
{
    *scene = (struct scene){ .asked = DEP_SET_EMPTY, .arena = ARENA_EMPTY };
    scene->store = store_new();
    scene->quarantine = quarantine_new(scene->store, "edge", true);
}

static void end(struct scene *scene)
{
    quarantine_free(scene->quarantine);
    store_free(scene->store);
    dep_set_fini(&scene->asked);
    arena_fini(&scene->arena);
}

/* "a1 b2!": instances a and b, the first letter of each is its ID. */
static void say(struct scene *scene, const char *service, const char *instances)
{
    struct document *doc = document_new();
    struct slice all = arena_copy(&doc->arena, slice_from(instances)), one;
    struct service_instance *items = ARENA_ARRAY(&doc->arena, all.len + 1, struct service_instance);
    const void **objects = ARENA_ARRAY(&doc->arena, all.len + 1, const void *);
    size_t n = 0;

    while (all.len > 0 && slice_next(&all, ' ', &one)) {
        items[n] = (struct service_instance){ .id = slice_sub(one, 0, 1), .address = one };
        objects[n] = &items[n];
        n++;
    }
    doc->root = value_list(&type_service_instance_list, STORED_POINTERS, objects, n);
    doc->content_hash = slice_hash(slice_from(instances));
    store_put(scene->store, dep_of(scene, DEP_HEALTH_SERVICE, service), doc);
}

static void say_key(struct scene *scene, const char *key, const char *value)
{
    struct document *doc = value ? document_new() : NULL;

    if (doc) {
        doc->root = value_string(arena_copy(&doc->arena, slice_from(value)));
        doc->content_hash = slice_hash(slice_from(value));
    }
    store_put(scene->store, dep_of(scene, DEP_KV_GET, key), doc);
}

static void add_shown(const struct value *value, struct buf *out)
{
    if (value_is_string(value)) {
        buf_add(out, value_slice(value));
        return;
    }
    for (size_t i = 0; i < value->list.n; i++) {
        const struct service_instance *instance = value_list_get(value, i).object;

        buf_printf(out, "%s%.*s", i ? " " : "", SLICE_ARG(instance->address));
    }
}

static void show(struct scene *scene, enum dep_kind kind, const char *name, struct buf *out)
{
    struct answer_source answers = quarantine_answers(scene->quarantine);
    const struct value *value;

    buf_clear(out);
    switch (answers.get(answers.ctx, dep_of(scene, kind, name), &value)) {
    case ANSWER_READY: add_shown(value, out); return;
    case ANSWER_ABSENT: buf_add_string(out, "absent"); return;
    case ANSWER_PENDING: buf_add_string(out, "pending"); return;
    }
}

static void expect(struct scene *scene, const char *service, const char *want)
{
    CLEANUP(buf_fini) struct buf out = BUF_EMPTY;

    show(scene, DEP_HEALTH_SERVICE, service, &out);
    assert_string_equal(out.len ? out.ptr : "", want);
}

static void expect_key(struct scene *scene, const char *key, const char *want)
{
    CLEANUP(buf_fini) struct buf out = BUF_EMPTY;

    show(scene, DEP_KV_GET, key, &out);
    assert_string_equal(out.len ? out.ptr : "", want);
}

static void accept(struct scene *scene)
{
    if (!quarantine_offer_changes(scene->quarantine, dep_set_count(&scene->asked)))
        quarantine_offer(scene->quarantine, &scene->asked, dep_set_count(&scene->asked));
    quarantine_accept(scene->quarantine);
}

static bool blame(struct scene *scene, const char *text)
{
    return quarantine_blame(scene->quarantine, &scene->asked, slice_from(text), &owner, "bad");
}

/* What is shown of each service, in turn, for one that was accepted, says something else, and has
 * what holds a '!' banned. */
static const struct {
    const char *name;
    const char *accepted; /* NULL: nothing was */
    const char *latest;
    bool is_fresh;
    const char *want; /* NULL: nothing is banned, it would go too far */
} rows[] = {
    { "a new instance", "a1 b1", "a1 b1 c!", false, "a1 b1" },
    { "a changed one is left out", "a1 b1 c1", "a1 b1 c!", false, "a1 b1" },
    { "what is gone goes", "a1 b1 c1", "a1 d!", false, "a1" },
    { "what is new and good comes", "a1 b1", "a1 b1 c1 d!", false, "a1 b1 c1" },
    { "half may go", "a1 b1", "a1 b!", false, "a1" },
    { "more than half falls back", "a1 b1 c1", "a! b! c1", false, "a1 b1 c1" },
    { "without what is gone", "a1 b1 c1 d1", "a! b! c!", false, "a1 b1 c1" },
    { "never to zero", "a1", "a!", false, "a1" },
    { "not even when all others are gone", "a1 b1", "c!", false, "a1 b1" },
    { "many new ones that are bad", "a1", "a1 b! c! d! e!", false, "a1" },
    { "nothing accepted yet", NULL, "a1 b1 c!", false, "a1 b1" },
    { "nothing accepted, more than half", NULL, "a! b! c1", false, NULL },
    { "nothing runs yet", NULL, "a! b! c1", true, "c1" },
    { "nothing runs, nothing is good", NULL, "a!", true, "" },
};

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct scene scene;

        print_message("%s\n", rows[i].name);
        begin(&scene);
        if (rows[i].accepted) {
            say(&scene, "web", rows[i].accepted);
            accept(&scene);
        }
        quarantine_set_fresh(scene.quarantine, rows[i].is_fresh);
        say(&scene, "web", rows[i].latest);
        expect(&scene, "web", rows[i].latest);
        assert_int_equal(blame(&scene, "!"), rows[i].want != NULL);
        expect(&scene, "web", rows[i].want ? rows[i].want : rows[i].latest);
        end(&scene);
    }
}

static void test_one_after_the_other(void **state)
{
    struct scene scene;

    (void)state;
    begin(&scene);
    say(&scene, "web", "a1 b1 c1");
    accept(&scene);
    say(&scene, "web", "a! b1 c1");
    assert_true(blame(&scene, "a!"));
    expect(&scene, "web", "b1 c1");
    accept(&scene);
    say(&scene, "web", "a! b! c1");
    assert_true(blame(&scene, "b!"));
    expect(&scene, "web", "b1 c1"); /* one of three would be less than half of what ran */
    accept(&scene);
    say(&scene, "web", "a! b2 c1");
    expect(&scene, "web", "b2 c1");
    accept(&scene);
    assert_int_equal(quarantine_count(scene.quarantine), 1); /* b! is history */
    say(&scene, "web", "a2 b2 c1");
    expect(&scene, "web", "a2 b2 c1");
    accept(&scene);
    assert_int_equal(quarantine_count(scene.quarantine), 0);
    end(&scene);
}

static void test_owners(void **state)
{
    struct scene scene;

    (void)state;
    begin(&scene);
    say(&scene, "web", "a1 b1 c1 d!");
    accept(&scene);
    assert_true(blame(&scene, "!"));
    assert_false(blame(&scene, "!")); /* it is banned already */
    quarantine_lift(scene.quarantine, &other_owner);
    expect(&scene, "web", "a1 b1 c1");
    quarantine_lift(scene.quarantine, &owner);
    expect(&scene, "web", "a1 b1 c1 d!");
    quarantine_lift(scene.quarantine, NULL);
    expect(&scene, "web", "a1 b1 c1");
    assert_false(quarantine_release(scene.quarantine, &other_owner));
    assert_true(quarantine_release(scene.quarantine, &owner));
    expect(&scene, "web", "a1 b1 c1 d!");
    end(&scene);
}

static void test_switched_off(void **state)
{
    struct scene scene;

    (void)state;
    begin(&scene);
    quarantine_free(scene.quarantine);
    scene.quarantine = quarantine_new(scene.store, "edge", false);
    say(&scene, "web", "a1 b1");
    accept(&scene);
    say(&scene, "web", "a1 b1 c!");
    assert_false(blame(&scene, "!"));
    assert_false(quarantine_begin_search(scene.quarantine, &scene.asked, 12));
    end(&scene);
}

/* A trial is refused when something with a '!' is shown. */
static enum quarantine_verdict search(struct scene *scene)
{
    struct buf web = BUF_EMPTY, db = BUF_EMPTY, key = BUF_EMPTY;

    assert_true(quarantine_begin_search(scene->quarantine, &scene->asked, 12));
    while (quarantine_is_searching(scene->quarantine)) {
        quarantine_show_trial(scene->quarantine, true);
        show(scene, DEP_HEALTH_SERVICE, "web", &web);
        show(scene, DEP_HEALTH_SERVICE, "db", &db);
        show(scene, DEP_KV_GET, "key", &key);
        quarantine_show_trial(scene->quarantine, false);
        buf_add(&web, buf_slice(&db));
        buf_add(&web, buf_slice(&key));
        quarantine_judge_trial(scene->quarantine,
                               slice_find_byte(buf_slice(&web), '!') == SLICE_NOT_FOUND);
    }
    buf_fini(&web);
    buf_fini(&db);
    buf_fini(&key);
    return quarantine_end_search(scene->quarantine, &owner, "refused");
}

static void test_search(void **state)
{
    struct scene scene;

    (void)state;
    begin(&scene);
    say(&scene, "web", "a1 b1");
    say(&scene, "db", "d1");
    say_key(&scene, "key", "good");
    accept(&scene);
    say(&scene, "web", "a1 b1 c1 e! f1");
    say(&scene, "db", "d1 g1");
    say_key(&scene, "key", "bad!");
    assert_int_equal(search(&scene), QUARANTINE_FOUND);
    expect(&scene, "web", "a1 b1 c1 f1");
    expect(&scene, "db", "d1 g1");
    expect_key(&scene, "key", "good");
    assert_int_equal(quarantine_count(scene.quarantine), 2);
    say_key(&scene, "key", "better");
    expect_key(&scene, "key", "better");
    end(&scene);
}

static void test_search_key_that_comes_and_goes(void **state)
{
    struct scene scene;

    (void)state;
    begin(&scene);
    say(&scene, "web", "a1");
    say(&scene, "db", "d1");
    say_key(&scene, "key", NULL);
    accept(&scene);
    say_key(&scene, "key", "bad!");
    assert_int_equal(search(&scene), QUARANTINE_FOUND);
    expect_key(&scene, "key", "absent");
    end(&scene);
}

static void test_search_for_nothing(void **state)
{
    struct scene scene;

    (void)state;
    begin(&scene);
    say(&scene, "web", "a1");
    say(&scene, "db", "d1");
    say_key(&scene, "key", "x");
    accept(&scene);
    assert_false(quarantine_begin_search(scene.quarantine, &scene.asked, 12)); /* no change */
    say(&scene, "db", ""); /* what goes is not held up */
    assert_false(quarantine_begin_search(scene.quarantine, &scene.asked, 12));
    say(&scene, "db", "d1");
    say(&scene, "web", "a1 b1");
    assert_int_equal(search(&scene), QUARANTINE_NOT_REPEATED);
    expect(&scene, "web", "a1 b1");
    accept(&scene);
    say_key(&scene, "key", "runs!"); /* was accepted once, and is refused now */
    accept(&scene);
    say(&scene, "web", "a1 b1 c1");
    assert_int_equal(search(&scene), QUARANTINE_NO_CULPRIT);
    expect(&scene, "web", "a1 b1 c1");
    end(&scene);
}

/* Answers that come during a search are for later. */
static void test_search_among_changing_answers(void **state)
{
    struct scene scene;

    (void)state;
    begin(&scene);
    say(&scene, "web", "a1");
    accept(&scene);
    say(&scene, "web", "a1 b1 c!");
    assert_true(quarantine_begin_search(scene.quarantine, &scene.asked, 12));
    say(&scene, "web", "a1 b1 c! d!");
    expect(&scene, "web", "a1 b1 c! d!");
    quarantine_show_trial(scene.quarantine, true);
    expect(&scene, "web", "a1 b1 c!");
    quarantine_judge_trial(scene.quarantine, false);
    expect(&scene, "web", "a1");
    quarantine_show_trial(scene.quarantine, false);
    expect(&scene, "web", "a1 b1 c! d!");
    quarantine_stop_search(scene.quarantine);
    end(&scene);
}

static void test_description(void **state)
{
    CLEANUP(buf_fini) struct buf out = BUF_EMPTY;
    struct scene scene;

    (void)state;
    begin(&scene);
    quarantine_describe(scene.quarantine, &out);
    assert_int_equal(out.len, 0);
    say(&scene, "web", "a1 b1 c1 d1 e! f!");
    assert_true(blame(&scene, "!"));
    quarantine_describe(scene.quarantine, &out);
    assert_string_equal(out.ptr, "; left out of 'edge': instance 'e' on node '' of "
                                 "health.service(web) (bad) and 1 more");
    end(&scene);
}

/* Offers what has changed since the last accepted texts, if that is all there is to know. */
static bool offer_changes(struct scene *scene)
{
    return quarantine_offer_changes(scene->quarantine, dep_set_count(&scene->asked));
}

static void test_offers_of_changes(void **state)
{
    struct scene scene;

    (void)state;
    begin(&scene);
    say(&scene, "web", "a1 b1 c1");
    say_key(&scene, "name", "x");
    assert_false(offer_changes(&scene)); /* nothing was accepted yet */
    accept(&scene);
    say_key(&scene, "name", "y");
    assert_true(offer_changes(&scene));
    quarantine_drop_offer(scene.quarantine);
    say(&scene, "web", "a1 b2 c1");
    assert_true(offer_changes(&scene)); /* both, as the first was dropped */
    quarantine_accept(scene.quarantine);
    say(&scene, "web", "a1 b3! c1");
    assert_true(blame(&scene, "b3!"));
    expect(&scene, "web", "a1 c1");
    assert_false(offer_changes(&scene)); /* something is left out */
    accept(&scene);
    say(&scene, "web", "a1 b3 c1");
    assert_false(offer_changes(&scene)); /* the ban is not looked at yet */
    accept(&scene);
    assert_false(offer_changes(&scene)); /* that was offered while there was one */
    accept(&scene);
    assert_true(offer_changes(&scene));
    quarantine_accept(scene.quarantine);
    for (size_t i = 0; i < STORE_RECENT; i++)
        say_key(&scene, "name", i % 2 ? "v" : "w");
    assert_true(offer_changes(&scene));
    say_key(&scene, "name", "w");
    assert_false(offer_changes(&scene)); /* too many */
    accept(&scene);
    say(&scene, "api", "a1");
    assert_false(offer_changes(&scene)); /* another question */
    dep_of(&scene, DEP_KV_GET, "unanswered");
    accept(&scene);
    assert_false(offer_changes(&scene)); /* there may be an answer now */
    end(&scene);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_offers_of_changes),
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_one_after_the_other),
        cmocka_unit_test(test_owners),
        cmocka_unit_test(test_switched_off),
        cmocka_unit_test(test_search),
        cmocka_unit_test(test_search_key_that_comes_and_goes),
        cmocka_unit_test(test_search_for_nothing),
        cmocka_unit_test(test_search_among_changing_answers),
        cmocka_unit_test(test_description),
    };

    log_set_level(LOG_LEVEL_ERR);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
