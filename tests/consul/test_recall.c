/* SPDX-License-Identifier: MIT */
/* Elements of an answer that are known again in the next one. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/buf.h"
#include "consul/decode.h"
#include "consul/fingerprint.h"
#include "consul/recall.h"
#include "data/catalog.h"
#include "dump.h"
#include "unit.h"

#define N 100

static const struct dep dep = { .kind = DEP_HEALTH_SERVICE };

static void add_instance(struct buf *body, size_t i, const char *output, unsigned port)
{
    buf_printf(body,
               "%s{\"Node\":{\"Node\":\"n%04zu\",\"Address\":\"10.0.0.1\"},"
               "\"Service\":{\"ID\":\"w%zu\",\"Service\":\"web\",\"Tags\":[\"b\",\"a\"],"
               "\"Port\":%u},\"Checks\":[{\"CheckID\":\"c\",\"Status\":\"passing\","
               "\"Output\":\"%s\"}]}",
               body->len > 1 ? "," : "", i, i, port, output);
}

static struct document *decode_in_pieces(struct recall *recall, const struct buf *body,
                                         size_t n_piece)
{
    CLEANUP(decoder_freep) struct decoder *decoder = decoder_new(&dep);
    struct decode_summary summary;
    struct document *doc = NULL;
    struct error err = ERROR_EMPTY;

    if (recall)
        decoder_set_recall(decoder, recall);
    for (size_t i = 0; i < body->len; i += n_piece) {
        if (!decoder_feed(decoder, slice_sub(buf_slice(body), i, i + n_piece), &err))
            fail_msg("%s", err.text);
    }
    if (!decoder_finish(decoder, &summary, &doc, &err))
        fail_msg("%s", err.text);
    return doc;
}

static struct document *decode(struct recall *recall, const struct buf *body)
{
    return decode_in_pieces(recall, body, body->len);
}

/* n instances; the one in `place` has another port. */
static struct document *decode_n(struct recall *recall, size_t n, size_t place, unsigned port)
{
    CLEANUP(buf_fini) struct buf body = BUF_EMPTY;

    buf_add_byte(&body, '[');
    for (size_t i = 0; i < n; i++)
        add_instance(&body, i, "", i == place ? port : 80);
    buf_add_byte(&body, ']');
    return decode(recall, &body);
}

static const struct service_instance *instance_of(const struct document *doc, size_t i)
{
    return value_list_get(&doc->root, i).object;
}

static void assert_same(const struct document *doc, const struct document *want)
{
    CLEANUP(buf_fini) struct buf got_text = BUF_EMPTY, want_text = BUF_EMPTY;

    dump_value(&doc->root, &got_text);
    dump_value(&want->root, &want_text);
    assert_string_equal(got_text.ptr, want_text.ptr);
    assert_true(doc->content_hash == want->content_hash);
}

static void test_an_element_changes(void **state)
{
    struct recall recall = { .pool = NULL };
    struct document *before = decode_n(&recall, N, N, 0);
    struct document *after = decode_n(&recall, N, 7, 81), *want = decode_n(NULL, N, 7, 81);

    (void)state;
    for (size_t i = 0; i < N; i++) {
        if (i == 7)
            assert_ptr_not_equal(instance_of(after, i), instance_of(before, i));
        else
            assert_ptr_equal(instance_of(after, i), instance_of(before, i));
    }
    document_unref(before);
    assert_same(after, want);
    assert_false(recall.is_moved);
    recall_fini(&recall);
    assert_same(after, want); /* on its own */
    document_unref(after);
    document_unref(want);
}

static void test_elements_come_go_and_move(void **state)
{
    CLEANUP(buf_fini) struct buf body = BUF_EMPTY;
    struct recall recall = { .pool = NULL };
    struct document *before = decode_n(&recall, N, N, 0), *after, *want;

    (void)state;
    buf_add_byte(&body, '[');
    for (size_t i = 2 * N; i-- > 2;)
        add_instance(&body, i, "", 80);
    buf_add_byte(&body, ']');
    after = decode(&recall, &body);
    want = decode(NULL, &body);
    assert_same(after, want);
    for (size_t i = 2; i < N; i++)
        assert_ptr_equal(instance_of(after, i - 2), instance_of(before, i));
    recall_fini(&recall);
    document_unref(before);
    document_unref(after);
    document_unref(want);
}

/* A list of instances by number, to which something happens. */
struct list {
    size_t ids[2 * N];
    unsigned ports[2 * N];
    size_t n;
};

static void change(struct list *list, unsigned seed, size_t next_id)
{
    size_t at = (size_t)random() % list->n, to = (size_t)random() % list->n;

    switch (seed % 5) {
    case 0: list->ports[at]++; break;
    case 1: /* gone */
        if (list->n > N / 2) {
            list->n--;
            memmove(list->ids + at, list->ids + at + 1, (list->n - at) * sizeof(*list->ids));
            memmove(list->ports + at, list->ports + at + 1, (list->n - at) * sizeof(*list->ports));
        }
        break;
    case 2: /* come */
        if (list->n < 2 * N) {
            memmove(list->ids + at + 1, list->ids + at, (list->n - at) * sizeof(*list->ids));
            memmove(list->ports + at + 1, list->ports + at, (list->n - at) * sizeof(*list->ports));
            list->n++;
            list->ids[at] = next_id;
        }
        break;
    case 3: /* in each other's place */
    {
        size_t id = list->ids[at];

        list->ids[at] = list->ids[to];
        list->ids[to] = id;
        break;
    }
    case 4: /* twice */
        list->ids[to] = list->ids[at];
        list->ports[to] = list->ports[at];
        break;
    }
}

/* Whatever is recalled, in whatever pieces it comes: the answer is what it says. */
static void test_any_change(void **state)
{
    struct recall recall = { .pool = NULL };
    struct list list = { .n = N };
    unsigned seed = (unsigned)time(NULL);

    (void)state;
    print_message("seed %u\n", seed);
    srandom(seed);
    for (size_t i = 0; i < N; i++)
        list.ids[i] = i;
    for (size_t round = 0; round < 500; round++) {
        CLEANUP(buf_fini) struct buf body = BUF_EMPTY;
        struct document *got, *want;

        for (long k = random() % 4; k > 0; k--)
            change(&list, (unsigned)random(), N + round);
        buf_add_byte(&body, '[');
        for (size_t i = 0; i < list.n; i++)
            add_instance(&body, list.ids[i], "", list.ports[i]);
        buf_add_byte(&body, ']');
        got = decode_in_pieces(&recall, &body, 1 + (size_t)random() % 2000);
        want = decode(NULL, &body);
        assert_same(got, want);
        document_unref(got);
        document_unref(want);
    }
    recall_fini(&recall);
}

static void test_output_is_fresh_and_no_news(void **state)
{
    CLEANUP(buf_fini) struct buf body = BUF_EMPTY;
    struct recall recall = { .pool = NULL };
    struct document *before = decode_n(&recall, N, N, 0), *after;
    const struct health_check *check;

    (void)state;
    buf_add_byte(&body, '[');
    for (size_t i = 0; i < N; i++)
        add_instance(&body, i, i == 3 ? "new" : "", 80);
    buf_add_byte(&body, ']');
    after = decode(&recall, &body);
    check = instance_of(after, 3)->checks.items;
    assert_true(slice_is(check->output, "new"));
    assert_true(after->content_hash == before->content_hash);
    recall_fini(&recall);
    document_unref(before);
    document_unref(after);
}

static void test_short_answers_stand_alone(void **state)
{
    struct recall recall = { .pool = NULL };
    struct document *doc = decode_n(&recall, RECALL_LEAST - 1, 0, 81), *next;

    (void)state;
    assert_null(recall.pool);
    assert_null(doc->sources[0]);
    next = decode_n(&recall, 1, 0, 81);
    assert_null(next->sources[0]);
    assert_false(recall.is_moved);
    recall_fini(&recall);
    document_unref(doc);
    document_unref(next);
}

static void test_an_answer_is_cut(void **state)
{
    CLEANUP(decoder_freep) struct decoder *decoder = decoder_new(&dep);
    CLEANUP(buf_fini) struct buf body = BUF_EMPTY;
    struct recall recall = { .pool = NULL };
    struct document *before = decode_n(&recall, N, N, 0), *after;
    struct error err = ERROR_EMPTY;

    (void)state;
    buf_add_byte(&body, '[');
    add_instance(&body, 0, "", 82);
    buf_add_string(&body, ",x");
    decoder_set_recall(decoder, &recall);
    assert_true(decoder_feed(decoder, buf_slice(&body), &err));
    decoder_free(TAKE(decoder));
    after = decode_n(&recall, N, N, 0);
    for (size_t i = 0; i < N; i++)
        assert_ptr_equal(instance_of(after, i), instance_of(before, i));
    recall_fini(&recall);
    document_unref(before);
    document_unref(after);
}

/* What is gone piles up only so far. */
static void test_waste_is_given_up(void **state)
{
    struct recall recall = { .pool = NULL };
    struct document *doc = decode_n(&recall, N, N, 0);
    size_t n_bytes = recall.n_used, n_moves = 0;

    (void)state;
    for (unsigned round = 0; round < 2000; round++) {
        struct document *next = decode_n(&recall, N, round % N, 1000 + round);

        assert_true(recall.pool->arena.used < 2 * n_bytes + (70u << 10));
        n_moves += recall.is_moved;
        assert_int_equal(next->sources[0] != doc->sources[0], recall.is_moved);
        recall.is_moved = false;
        document_unref(doc);
        doc = next;
    }
    assert_in_range(n_moves, 2, 100);
    recall_fini(&recall);
    document_unref(doc);
}

/* Answers that are never complete must not fill the pool either. */
static void test_cut_answers_pile_up(void **state)
{
    struct recall recall = { .pool = NULL };
    struct document *doc = decode_n(&recall, N, N, 0);
    size_t n_bytes = recall.n_used;

    (void)state;
    for (unsigned round = 0; round < 2000; round++) {
        CLEANUP(decoder_freep) struct decoder *decoder = decoder_new(&dep);
        CLEANUP(buf_fini) struct buf body = BUF_EMPTY;
        struct error err = ERROR_EMPTY;

        buf_add_byte(&body, '[');
        add_instance(&body, 0, "", 1000 + round);
        decoder_set_recall(decoder, &recall);
        assert_true(decoder_feed(decoder, buf_slice(&body), &err));
        assert_true(!recall.pool || recall.pool->arena.used < 2 * n_bytes + (70u << 10));
    }
    recall_fini(&recall);
    document_unref(doc);
}

/* A few are left of many: the memory of the many is not kept for them. */
static void test_most_are_gone(void **state)
{
    struct recall recall = { .pool = NULL };
    struct document *many = decode_n(&recall, 10000, 0, 81), *few, *again;

    (void)state;
    few = decode_n(&recall, 3, 0, 81);
    assert_true(recall.is_wasteful);
    assert_ptr_equal(few->sources[0], many->sources[0]);
    again = decode_n(&recall, 3, 0, 81);
    assert_false(recall.is_wasteful);
    assert_true(recall.is_moved);
    assert_null(again->sources[0]);
    assert_same(again, few);
    recall_fini(&recall);
    document_unref(many);
    document_unref(few);
    document_unref(again);
}

static void test_fingerprints(void **state)
{
    char text[64] = { 0 };
    uint64_t seen[64 * 3];
    size_t n = 0;

    (void)state;
    for (size_t len = 0; len < sizeof(text); len++)
        seen[n++] = fingerprint_of(slice_of(text, len)); /* zeros of any length */
    for (size_t i = 0; i < sizeof(text); i++) {
        text[i] = 1;
        seen[n++] = fingerprint_of(slice_of(text, sizeof(text)));
        text[i] = (char)0x80;
        seen[n++] = fingerprint_of(slice_of(text, sizeof(text)));
        text[i] = 0;
    }
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < i; k++)
            assert_true(seen[i] != seen[k]);
    assert_true(fingerprint_of(slice_of(text, sizeof(text) - 1)) == seen[sizeof(text) - 1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_element_changes),
        cmocka_unit_test(test_elements_come_go_and_move),
        cmocka_unit_test(test_any_change),
        cmocka_unit_test(test_output_is_fresh_and_no_news),
        cmocka_unit_test(test_short_answers_stand_alone),
        cmocka_unit_test(test_an_answer_is_cut),
        cmocka_unit_test(test_waste_is_given_up),
        cmocka_unit_test(test_cut_answers_pile_up),
        cmocka_unit_test(test_most_are_gone),
        cmocka_unit_test(test_fingerprints),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
