/* SPDX-License-Identifier: MIT */
/* Any bytes as an answer of Consul's: the first one chooses the question and the size of the pieces
 * in which the rest arrives. In pieces or as a whole, by itself or after another answer whose
 * elements are remembered, the outcome is the same. */
#include <string.h>

#include "consul/answer.h"
#include "consul/decode.h"
#include "consul/dump.h"
#include "consul/recall.h"
#include "fuzz/fuzz.h"

struct outcome {
    bool is_good;
    struct decode_summary summary;
    struct document *doc;
    struct buf seen; /* all that a template could see */
    struct error err;
};

static struct decoder *new_decoder(const struct dep *dep)
{
    return dep->kind == DEP_FILE ? decoder_new_agent_self() : decoder_new(dep);
}

static struct outcome decode(const struct dep *dep, struct slice body, size_t piece,
                             struct recall *recall)
{
    CLEANUP(decoder_freep) struct decoder *decoder = new_decoder(dep);
    struct outcome outcome = { .is_good = true, .seen = BUF_EMPTY, .err = ERROR_EMPTY };

    if (recall)
        decoder_set_recall(decoder, recall);
    for (size_t i = 0; i < body.len && outcome.is_good; i += piece)
        outcome.is_good = decoder_feed(decoder, slice_sub(body, i, i + piece), &outcome.err);
    outcome.is_good =
        outcome.is_good && decoder_finish(decoder, &outcome.summary, &outcome.doc, &outcome.err);
    if (outcome.is_good)
        dump_value(&outcome.doc->root, &outcome.seen);
    else
        FUZZ_CHECK(!outcome.doc && outcome.err.text[0]);
    return outcome;
}

static void check_same(const struct outcome *a, const struct outcome *b)
{
    FUZZ_CHECK(a->is_good == b->is_good);
    if (!a->is_good)
        return;
    FUZZ_CHECK(slice_equal(buf_slice(&a->seen), buf_slice(&b->seen)));
    FUZZ_CHECK(a->doc->content_hash == b->doc->content_hash);
    FUZZ_CHECK(a->summary.n_items == b->summary.n_items);
    FUZZ_CHECK(a->summary.n_skipped == b->summary.n_skipped);
    FUZZ_CHECK(a->summary.has_consul == b->summary.has_consul);
    FUZZ_CHECK(!a->summary.n_skipped || a->summary.n_items);
}

static void outcome_fini(struct outcome *outcome)
{
    document_unref(outcome->doc);
    buf_fini(&outcome->seen);
}

/* What was read can be written, and reads as the same again. */
static void check_way_back(const struct dep *dep, const struct outcome *outcome)
{
    CLEANUP(buf_fini) struct buf text = BUF_EMPTY;
    struct outcome again;

    if (!outcome->is_good || outcome->summary.n_skipped || dep->kind == DEP_FILE)
        return;
    answer_encode(dep, &outcome->doc->root, &text);
    again = decode(dep, buf_slice(&text), text.len + 1, NULL);
    check_same(outcome, &again);
    outcome_fini(&again);
}

/* The answer before: short elements, so that one that is nearly known is found soon. */
static void remember(const struct dep *dep, struct recall *recall)
{
    CLEANUP(buf_fini) struct buf body = BUF_EMPTY;
    struct outcome before;

    for (unsigned i = 0; i < RECALL_LEAST; i++)
        buf_printf(&body, "%c{\"Node\":{},\"Service\":{\"Port\":%u}}", i ? ',' : '[', i);
    buf_add_byte(&body, ']');
    before = decode(dep, buf_slice(&body), body.len, recall);
    FUZZ_CHECK(before.is_good && recall->n == RECALL_LEAST);
    outcome_fini(&before);
}

static void check_recalled(const struct dep *dep, struct slice body, size_t piece,
                           const struct outcome *want)
{
    struct recall recall = { .pool = NULL };
    struct outcome recalled;

    if (dep->kind != DEP_HEALTH_SERVICE)
        return;
    remember(dep, &recall);
    recalled = decode(dep, body, piece, &recall);
    check_same(want, &recalled);
    outcome_fini(&recalled);
    recall_fini(&recall);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;

    struct dep dep = { .kind = data[0] % (DEP_FILE + 1), .name = SLICE("web") };
    struct slice body = fuzz_text(data + 1, size - 1);
    struct outcome whole = decode(&dep, body, body.len + 1, NULL);
    struct outcome pieces = decode(&dep, body, 1 + data[0] / 16, NULL);

    check_same(&whole, &pieces);
    check_way_back(&dep, &whole);
    check_recalled(&dep, body, 1 + (size_t)data[0] * 8, &whole);
    outcome_fini(&whole);
    outcome_fini(&pieces);
    return 0;
}
