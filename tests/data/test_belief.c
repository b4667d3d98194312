/* SPDX-License-Identifier: MIT */
/* What is shown while it is not sure that what is missing has gone. */
#include "data/belief.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/memory.h"
#include "data/catalog.h"
#include "unit.h"

/* One instance for each letter; a capital one is the same with another address, and behind a '!'
 * it fails its checks, behind a '~' it is in maintenance. */
static struct document *make_answer(struct slice letters)
{
    struct document *doc = document_new();
    const struct service_instance **items =
        ARENA_ARRAY(&doc->arena, letters.len + 1, const struct service_instance *);

    size_t n = 0;

    for (size_t i = 0; i < letters.len; i++) {
        struct service_instance *instance = ARENA_ARRAY(&doc->arena, 1, struct service_instance);
        enum instance_status status = letters.ptr[i] == '!'   ? INSTANCE_CRITICAL
                                      : letters.ptr[i] == '~' ? INSTANCE_MAINTENANCE
                                                              : INSTANCE_PASSING;

        i += status != INSTANCE_PASSING;

        char id = (char)tolower(letters.ptr[i]);

        *instance = (struct service_instance){ .node = SLICE("node") };
        instance->id = arena_copy(&doc->arena, slice_of(&id, 1));
        instance->address = arena_copy(&doc->arena, slice_sub(letters, i, i + 1));
        instance->status = status;
        items[n++] = instance;
    }
    doc->root = value_list(&type_service_instance_list, STORED_OBJECTS, items, n);
    doc->content_hash = slice_hash(letters);
    return doc;
}

static void add_shown(struct buf *out, const struct document *doc)
{
    if (!doc) {
        buf_add_string(out, "none ");
        return;
    }

    const struct service_instance *const *items = doc->root.list.items;

    for (size_t i = 0; i < doc->root.list.n; i++)
        buf_printf(out, "%s%.*s",
                   items[i]->status == INSTANCE_PASSING    ? ""
                   : items[i]->status == INSTANCE_CRITICAL ? "!"
                                                           : "~",
                   SLICE_ARG(items[i]->address));
    buf_add_byte(out, ' ');
}

static bool is_away;

static bool is_answered(void *ctx, const struct dep *dep)
{
    (void)ctx;
    (void)dep;
    return !is_away;
}

static bool is_silent(void *ctx, const struct dep *dep)
{
    (void)ctx;
    (void)dep;
    return false;
}

/* "10?ab": at 10 ms, in doubt, a and b; "10:ab" without doubt; "10." time has come to 10 ms, and
 * what is settled by then is shown as "=ab". */
static void play(struct belief *belief, const struct dep *dep, struct slice script, struct buf *out)
{
    struct slice word;

    while (slice_next(&script, ' ', &word) && word.len > 0) {
        size_t at = 0;
        uint64_t now = 0;
        const struct dep *settled;
        struct document *doc;
        struct belief_hold hold;

        while (isdigit((unsigned char)word.ptr[at]))
            now = now * 10 + (uint64_t)(word.ptr[at++] - '0');
        if (word.ptr[at] != '.') {
            doc = belief_take(belief, dep, make_answer(slice_sub(word, at + 1, word.len)),
                              word.ptr[at] == '?', now, &hold);
            add_shown(out, doc);
            document_unref(doc);
            continue;
        }
        while (belief_settle(belief, now, is_answered, NULL, &settled, &doc)) {
            assert_true(slice_equal(settled->key, dep->key));
            buf_add_byte(out, '=');
            add_shown(out, doc);
            document_unref(doc);
        }
    }
}

static struct dep web_dep(struct arena *arena)
{
    struct dep dep = { .kind = DEP_HEALTH_SERVICE, .name = SLICE("web") };

    dep_make_key(&dep, arena);
    return dep;
}

static void test_what_is_shown(void **state)
{
    static const struct {
        const char *name, *script, *want;
        uint64_t want_due_ms;
    } cases[] = {
        { "without doubt all is believed", "0:abc 1:ab 2: 3:c", "abc ab  c ", UINT64_MAX },
        { "the first answer, even in doubt", "0?ab", "ab ", UINT64_MAX },
        { "removals wait", "0:abc 10?a", "abc abc ", 110 },
        { "all of them do", "0:abc 10?", "abc abc ", 110 },
        { "additions and other addresses do not", "0:bc 10?aB", "bc aBc ", 110 },
        { "what comes back is not missing", "0:abc 10?a 20?ab 30?abc 200.", "abc abc abc abc ",
          UINT64_MAX },
        { "what does not goes when it has settled", "0:abc 10?a 109. 110.", "abc abc =a ",
          UINT64_MAX },
        { "each change begins the wait anew", "0:abc 10?a 100?ab 110. 199. 200.",
          "abc abc abc =ab ", UINT64_MAX },
        { "a held list is held without doubt, too", "0:abc 10?a 20:b 119. 120.", "abc abc abc =b ",
          UINT64_MAX },
        { "what was added meanwhile may go", "0:ab 10?bc 20?b", "ab abc ab ", 120 },
        { "after it has settled all is as before", "0:ab 10?a 110. 120: ", "ab ab =a  ",
          UINT64_MAX },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        CLEANUP(arena_fini) struct arena arena = ARENA_EMPTY;
        CLEANUP(belief_freep) struct belief *belief = belief_new(100);
        CLEANUP(buf_fini) struct buf out = BUF_EMPTY;
        struct dep dep = web_dep(&arena);

        play(belief, &dep, slice_from(cases[i].script), &out);
        if (!slice_is(buf_slice(&out), cases[i].want))
            fail_msg("%s: want '%s', got '%s'", cases[i].name, cases[i].want, out.ptr);
        if (belief_due_ms(belief) != cases[i].want_due_ms)
            fail_msg("%s: due at %zu", cases[i].name, (size_t)belief_due_ms(belief));
    }
}

/* Changes that never end do not keep what is gone for ever. */
static void test_the_longest_wait(void **state)
{
    CLEANUP(arena_fini) struct arena arena = ARENA_EMPTY;
    CLEANUP(belief_freep) struct belief *belief = belief_new(50000);
    CLEANUP(buf_fini) struct buf out = BUF_EMPTY;
    struct dep dep = web_dep(&arena);

    (void)state;
    play(belief, &dep, SLICE("0:ab 1000?a 40000?A 60999. 61000."), &out);
    assert_string_equal(out.ptr, "ab ab Ab =A ");
}

/* Consul is away again: that it says nothing else proves nothing. */
static void test_silence_is_not_stability(void **state)
{
    CLEANUP(arena_fini) struct arena arena = ARENA_EMPTY;
    CLEANUP(belief_freep) struct belief *belief = belief_new(100);
    CLEANUP(buf_fini) struct buf out = BUF_EMPTY;
    struct dep dep = web_dep(&arena);

    (void)state;
    is_away = true;
    play(belief, &dep, SLICE("0:ab 10?a 110. 210. 300000."), &out);
    assert_string_equal(out.ptr, "ab ab ");
    is_away = false;
    play(belief, &dep, SLICE("300099. 300100."), &out);
    assert_string_equal(out.ptr, "ab ab =a ");
}

static void test_switched_off_and_forgotten(void **state)
{
    CLEANUP(arena_fini) struct arena arena = ARENA_EMPTY;
    CLEANUP(belief_freep) struct belief *belief = belief_new(0);
    CLEANUP(buf_fini) struct buf out = BUF_EMPTY;
    CLEANUP(dep_set_fini) struct dep_set none = DEP_SET_EMPTY;
    struct dep dep = web_dep(&arena);

    (void)state;
    play(belief, &dep, SLICE("0:ab 1?a"), &out);
    assert_string_equal(out.ptr, "ab a ");
    belief_set_settle(belief, 100);
    play(belief, &dep, SLICE("2?b"), &out);
    assert_string_equal(out.ptr, "ab a ab ");
    belief_follow(belief, &none);
    assert_true(belief_due_ms(belief) == UINT64_MAX);
    play(belief, &dep, SLICE("3?c"), &out);
    assert_string_equal(out.ptr, "ab a ab c ");
}

/* A merged answer outlives the belief and the answers that it was made of. */
static void test_what_is_shown_is_kept_alive(void **state)
{
    CLEANUP(arena_fini) struct arena arena = ARENA_EMPTY;
    CLEANUP(buf_fini) struct buf out = BUF_EMPTY;
    struct belief *belief = belief_new(100);
    struct dep dep = web_dep(&arena);
    struct document *merged;
    struct belief_hold hold;

    (void)state;
    document_unref(belief_take(belief, &dep, make_answer(SLICE("ab")), false, 0, &hold));
    merged = belief_take(belief, &dep, make_answer(SLICE("c")), true, 1, &hold);
    assert_int_equal(hold.n_held, 2);
    belief_free(belief);
    add_shown(&out, merged);
    assert_string_equal(out.ptr, "abc ");
    document_unref(merged);
}

/* Keys, files and what does not exist are shown as they are. */
static void test_other_answers(void **state)
{
    CLEANUP(arena_fini) struct arena arena = ARENA_EMPTY;
    CLEANUP(belief_freep) struct belief *belief = belief_new(100);
    struct document *doc = document_new();
    struct dep dep = web_dep(&arena);
    struct belief_hold hold;

    (void)state;
    assert_ptr_equal(belief_take(belief, &dep, doc, true, 0, &hold), doc);
    assert_null(belief_take(belief, &dep, NULL, true, 1, &hold));
    assert_int_equal(hold.n_held, 0);
    document_unref(doc);
}

static void guard_question(struct belief *belief, const struct dep *dep, const char *settings)
{
    CLEANUP(dep_set_fini) struct dep_set wanted = DEP_SET_EMPTY;
    struct dep guarded = *dep;
    struct error err;

    assert_true(guard_parse(slice_from(settings), &guarded.guard, &err));
    dep_set_add(&wanted, &guarded);
    belief_follow(belief, &wanted);
}

static void test_guards(void **state)
{
    static const struct {
        const char *name, *guard, *script, *want;
    } cases[] = {
        { "a tolerable loss", "on", "0:abcdef 1:abc 2:ab", "abcdef abc ab " },
        { "too much of it", "on", "0:abcdefgh 1:ab", "abcdefgh abcdefgh " },
        { "enough is back: the rest is gone", "on", "0:abcdefgh 1:ab 2:abcd",
          "abcdefgh abcdefgh abcd " },
        { "and what was there before is still the measure", "on", "0:abcdefgh 1:ab 2:abcd 3:abc",
          "abcdefgh abcdefgh abcd abcd " },
        { "what is new passes", "on", "0:abcdefgh 1:ABx", "abcdefgh ABcdefghx " },
        { "and goes as it came", "on", "0:abcdefgh 1:abx 2:ab", "abcdefgh abcdefghx abcdefgh " },
        { "replacing all of them is no shrinking", "on", "0:abcdef 1:ghijkl", "abcdef ghijkl " },
        { "the last one", "on", "0:a 1:", "a a " },
        { "until time is over", "on", "0:a 1: 600000. 600001.", "a a = " },
        { "which begins with the first loss", "on", "0:abcdefgh 1:ab 500000:b 600001.",
          "abcdefgh abcdefgh abcdefgh =b " },
        { "after it less is the measure", "on", "0:abcdefgh 1:ab 600001. 600002:a",
          "abcdefgh abcdefgh =ab a " },
        { "for ever", "hold=forever", "0:a 1: 99999999999.", "a a " },
        { "not at all", "hold=0s", "0:a 1: 1.", "a a = " },
        { "slow bleeding", "on", "0:abcdefgh 100:abcdef 200:abcde 300:abcd 400:abc 401:ab",
          "abcdefgh abcdef abcde abcd abcd abcd " },
        { "failing is as good as gone", "on", "0:ab 1:!a!B", "ab aB " },
        { "some may fail", "on", "0:ab 1:!aB", "ab !aB " },
        { "maintenance is wanted", "on", "0:ab 1:~a~b", "ab ~a~b " },
        { "what failed before may go", "on", "0:a!b!c 1:a", "a!b!c a " },
        { "doubt and guard: the longer counts", "hold=50ms", "0:a 10? 60. 109. 110.", "a a = " },
        { "doubt alone", "on", "0:ab 10?a 110.", "ab ab =a " },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        CLEANUP(arena_fini) struct arena arena = ARENA_EMPTY;
        CLEANUP(belief_freep) struct belief *belief = belief_new(100);
        CLEANUP(buf_fini) struct buf out = BUF_EMPTY;
        struct dep dep = web_dep(&arena);

        guard_question(belief, &dep, cases[i].guard);
        play(belief, &dep, slice_from(cases[i].script), &out);
        if (!slice_is(buf_slice(&out), cases[i].want))
            fail_msg("%s: want '%s', got '%s'", cases[i].name, cases[i].want, out.ptr);
    }
}

/* An order by distance is not ours: what is missing stands behind. */
static void test_other_orders(void **state)
{
    CLEANUP(arena_fini) struct arena arena = ARENA_EMPTY;
    CLEANUP(belief_freep) struct belief *belief = belief_new(100);
    CLEANUP(buf_fini) struct buf out = BUF_EMPTY;
    struct dep dep = web_dep(&arena);

    (void)state;
    play(belief, &dep, SLICE("0:cab 1?xb"), &out);
    assert_string_equal(out.ptr, "cab xbca ");
}

/* What is said of a hold, and that one question's does not concern another. */
static void test_what_is_said(void **state)
{
    CLEANUP(arena_fini) struct arena arena = ARENA_EMPTY;
    CLEANUP(belief_freep) struct belief *belief = belief_new(100);
    CLEANUP(buf_fini) struct buf out = BUF_EMPTY;
    struct dep web = web_dep(&arena), api = { .kind = DEP_HEALTH_SERVICE, .name = SLICE("api") };
    struct belief_hold hold;
    size_t i = 0;

    (void)state;
    dep_make_key(&api, &arena);
    guard_question(belief, &web, "on");
    play(belief, &web, SLICE("0:abcdefgh 5:ab"), &out);
    play(belief, &api, SLICE("0:abcdefgh 5:ab"), &out);
    assert_string_equal(out.ptr, "abcdefgh abcdefgh abcdefgh ab ");
    assert_true(belief_next_hold(belief, &i, 10, &hold));
    assert_true(slice_equal(hold.dep->key, web.key));
    assert_true(hold.is_guarded && !hold.is_settling);
    assert_int_equal(hold.n_held, 6);
    assert_int_equal(hold.n_before, 8);
    assert_int_equal(hold.n_now, 2);
    assert_int_equal(hold.held_ms, 5);
    assert_int_equal(hold.due_ms, 600005);
    assert_int_equal(belief_due_ms(belief), 600005);
    assert_false(belief_next_hold(belief, &i, 10, &hold));
    guard_question(belief, &web, "off");
    assert_int_equal(belief_due_ms(belief), 0);
    play(belief, &web, SLICE("11."), &out);
    assert_string_equal(out.ptr, "abcdefgh abcdefgh abcdefgh ab =ab ");
}

static bool is_named(void *ctx, const struct dep *dep)
{
    return slice_is(dep->name, ctx);
}

static void test_release(void **state)
{
    CLEANUP(arena_fini) struct arena arena = ARENA_EMPTY;
    CLEANUP(belief_freep) struct belief *belief = belief_new(100);
    CLEANUP(buf_fini) struct buf out = BUF_EMPTY;
    struct dep web = web_dep(&arena);
    const struct dep *dep;
    struct document *doc;
    char api_name[] = "api", web_name[] = "web";

    (void)state;
    guard_question(belief, &web, "hold=forever");
    play(belief, &web, SLICE("0:abc 5:"), &out);
    assert_false(belief_release(belief, 6, is_named, api_name, &dep, &doc));
    assert_true(belief_release(belief, 6, is_named, web_name, &dep, &doc));
    assert_true(slice_equal(dep->key, web.key));
    assert_int_equal(doc->root.list.n, 0);
    document_unref(doc);
    assert_false(belief_release(belief, 6, is_named, web_name, &dep, &doc));
    assert_true(belief_due_ms(belief) == UINT64_MAX);
    play(belief, &web, SLICE("7:a 8:"), &out);
    assert_string_equal(out.ptr, "abc abc a a ");
}

/* A new start is no way round: what was believed before is the measure. */
static void test_remembered(void **state)
{
    CLEANUP(arena_fini) struct arena arena = ARENA_EMPTY;
    CLEANUP(belief_freep) struct belief *belief = belief_new(100);
    CLEANUP(buf_fini) struct buf out = BUF_EMPTY;
    struct document *doc = make_answer(SLICE("abcdefgh"));
    struct dep web = web_dep(&arena);

    (void)state;
    guard_question(belief, &web, "on");
    assert_false(belief_knows(belief, &web));
    belief_remember(belief, &web, doc, &BELIEF_MEMORY_NONE, 0);
    assert_true(belief_knows(belief, &web));
    document_unref(doc);
    play(belief, &web, SLICE("5:ab"), &out);
    assert_string_equal(out.ptr, "abcdefgh ");
    doc = make_answer(SLICE("x"));
    belief_remember(belief, &web, doc, &(struct belief_memory){ .most = 9 },
                    6); /* too late to mean anything */
    document_unref(doc);
    /* The guard is content, but after a start there is doubt, too. */
    play(belief, &web, SLICE("7:abcde 107. 108:abcd"), &out);
    assert_string_equal(out.ptr, "abcdefgh abcdefgh =abcde abcd ");
}

/* Neither is one in the middle of a slow bleeding. */
static void test_the_most_is_remembered(void **state)
{
    CLEANUP(arena_fini) struct arena arena = ARENA_EMPTY;
    CLEANUP(belief_freep) struct belief *belief = belief_new(0);
    CLEANUP(belief_freep) struct belief *next = belief_new(0);
    CLEANUP(buf_fini) struct buf out = BUF_EMPTY;
    struct document *doc = make_answer(SLICE("abcd"));
    struct dep web = web_dep(&arena);

    (void)state;
    assert_int_equal(belief_get_memory(belief, &web, 0).most, 0);
    play(belief, &web, SLICE("0:abcdefgh 1:abcdef 2:abcd"), &out);
    assert_int_equal(belief_get_memory(belief, &web, 3).most, 8);
    assert_false(belief_get_memory(belief, &web, 3).is_guarded);
    guard_question(next, &web, "on");
    belief_remember(next, &web, doc, &(struct belief_memory){ .most = 8 }, 100);
    document_unref(doc);
    buf_clear(&out);
    play(next, &web, SLICE("101:abcd 102:abc 600101:abc"), &out);
    assert_string_equal(out.ptr, "abcd abcd abc ");
}

/* How long a guard has held is counted over all processes, whatever their clocks begin with. */
static void test_how_long_was_held_is_remembered(void **state)
{
    static const struct {
        const char *name;
        uint64_t held_ms;
        const char *answers, *want;
    } cases[] = {
        { "the rest of the time", 400000, "5:ab 200004. 200005.", "abcdefgh =ab " },
        { "more than there was", 700000, "5:ab 6.", "abcdefgh =ab " },
        { "a moment less", 599999, "5:ab 5. 6.", "abcdefgh =ab " },
        { "enough is back at first: the next hold is a new one", 400000,
          "5:abcdefgh 6:ab 600005. 600006.", "abcdefgh abcdefgh =ab " },
        { "others are gone meanwhile", 400000, "5:ab 7:a 200004. 200005.",
          "abcdefgh abcdefgh =a " },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        CLEANUP(arena_fini) struct arena arena = ARENA_EMPTY;
        CLEANUP(belief_freep) struct belief *belief = belief_new(0);
        CLEANUP(buf_fini) struct buf out = BUF_EMPTY;
        struct document *doc = make_answer(SLICE("abcdefgh"));
        struct dep web = web_dep(&arena);
        struct belief_memory memory = { 8, true, cases[i].held_ms };

        print_message("%s\n", cases[i].name);
        guard_question(belief, &web, "on");
        belief_remember(belief, &web, doc, &memory, 0);
        document_unref(doc);
        play(belief, &web, slice_from(cases[i].answers), &out);
        assert_string_equal(out.ptr, cases[i].want);
    }
}

/* Of a hold that goes on, and one that waits for an answer: that one begins anew. */
static void test_what_the_next_process_is_told(void **state)
{
    CLEANUP(arena_fini) struct arena arena = ARENA_EMPTY;
    CLEANUP(belief_freep) struct belief *belief = belief_new(0);
    CLEANUP(buf_fini) struct buf out = BUF_EMPTY;
    struct belief_memory memory = { 8, true, 400000 };
    struct document *doc = make_answer(SLICE("abcdefgh"));
    struct dep web = web_dep(&arena);
    const struct dep *dep;

    (void)state;
    guard_question(belief, &web, "on");
    belief_remember(belief, &web, doc, &memory, 0);
    document_unref(doc);
    assert_false(belief_get_memory(belief, &web, 1).is_guarded);
    play(belief, &web, SLICE("5:ab"), &out);
    memory = belief_get_memory(belief, &web, 10);
    assert_true(memory.is_guarded);
    assert_int_equal(memory.held_ms, 400005);
    assert_int_equal(memory.most, 8);
    assert_false(belief_settle(belief, 200005, is_silent, NULL, &dep, &doc));
    assert_int_equal(belief_get_memory(belief, &web, 200006).held_ms, 1);
    assert_int_equal(belief_due_ms(belief), 800005);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_shown),
        cmocka_unit_test(test_the_longest_wait),
        cmocka_unit_test(test_silence_is_not_stability),
        cmocka_unit_test(test_switched_off_and_forgotten),
        cmocka_unit_test(test_what_is_shown_is_kept_alive),
        cmocka_unit_test(test_other_answers),
        cmocka_unit_test(test_guards),
        cmocka_unit_test(test_other_orders),
        cmocka_unit_test(test_what_is_said),
        cmocka_unit_test(test_release),
        cmocka_unit_test(test_remembered),
        cmocka_unit_test(test_the_most_is_remembered),
        cmocka_unit_test(test_how_long_was_held_is_remembered),
        cmocka_unit_test(test_what_the_next_process_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
