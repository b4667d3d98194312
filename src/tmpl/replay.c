/* SPDX-License-Identifier: MIT */
/* Pieces of a render that the next one repeats. */
#include "replay.h"

#include <stdlib.h>

#include "ast.h"
#include "base/memory.h"
#include "eval_internal.h"
#include "replay_key.h"
#include "replay_plan.h"

/* Elements that have gone since: a piece is looked for behind so many others. */
#define LOOK_AHEAD 16

/* One run through a body: where its key and its text are in the tape, and what it took. */
struct piece {
    uint32_t key_at, key_len, text_at, text_len;
    uint32_t n_sources, n_steps, n_output_bytes, n_memory_bytes;
    uint16_t state_before, state_after; /* of the sink */
};

struct tape {
    struct buf keys; /* of the pieces, one behind the other */
    struct buf text; /* all that was rendered */
    struct piece *pieces;
    size_t n_pieces, cap_pieces;
    struct dep **sources; /* of all pieces, one after the other: what was asked */
    size_t n_sources, cap_sources;
    size_t n_source_bytes; /* of those that nobody else has */
    uint64_t clock;        /* of the answers */
};

#define TAPE_EMPTY ((struct tape){ .keys = BUF_EMPTY, .text = BUF_EMPTY })

/* Where the render was when the piece that is being remembered began. */
struct start {
    const struct node *range; /* NULL: none is being remembered */
    size_t n_sources, n_source_bytes, n_output_bytes, n_memory_bytes;
    uint64_t n_steps;
    bool is_spoilt;
};

struct replay {
    size_t max_bytes;
    struct tape last, next;
    size_t place, first_source; /* in the last tape: what comes next, and its sources */
    size_t out_at;              /* where the text of this render begins in the sink's */
    struct piece piece;         /* being remembered */
    struct start start;
    size_t n_repeated;
};

/* --- Tapes ---------------------------------------------------------------------------------- */

static void tape_cut(struct tape *tape, size_t n_key_bytes, size_t n_sources)
{
    while (tape->n_sources > n_sources)
        dep_free(tape->sources[--tape->n_sources]);
    tape->keys.len = n_key_bytes;
}

static void tape_fini(struct tape *tape)
{
    tape_cut(tape, 0, 0);
    buf_fini(&tape->keys);
    buf_fini(&tape->text);
    free(tape->pieces);
    free(tape->sources);
    *tape = TAPE_EMPTY;
}

/* The same question is among those of the render; with a stricter guard it is another one there. */
static void tape_add_source(struct tape *tape, const struct dep *dep, const struct dep *own)
{
    GROW(tape->sources, tape->n_sources, tape->cap_sources);
    tape->sources[tape->n_sources++] = dep_copy(dep);
    if (!guard_equal(&dep->guard, &own->guard))
        tape->n_source_bytes += sizeof(*dep) + 2 * dep->key.len; /* its names are in its key */
}

static void tape_add_piece(struct tape *tape, const struct piece *piece)
{
    GROW(tape->pieces, tape->n_pieces, tape->cap_pieces);
    tape->pieces[tape->n_pieces++] = *piece;
}

static struct slice tape_key(const struct tape *tape, const struct piece *piece)
{
    return slice_of(tape->keys.ptr + piece->key_at, piece->key_len);
}

static struct slice tape_text(const struct tape *tape, const struct piece *piece)
{
    return slice_of(tape->text.ptr + piece->text_at, piece->text_len);
}

/* Without the text. */
static size_t tape_size(const struct tape *tape)
{
    return tape->keys.len + tape->n_pieces * sizeof(*tape->pieces) +
           tape->n_sources * sizeof(struct dep *) + tape->n_source_bytes;
}

struct replay *replay_new(size_t max_bytes)
{
    struct replay *replay = NEW(struct replay);

    replay->max_bytes = max_bytes;
    return replay;
}

void replay_free(struct replay *replay)
{
    if (!replay)
        return;
    tape_fini(&replay->last);
    tape_fini(&replay->next);
    free(replay);
}

size_t replay_count_repeated(const struct replay *replay)
{
    return replay->n_repeated;
}

size_t replay_count_pieces(const struct replay *replay)
{
    return replay->last.n_pieces;
}

/* --- A render ------------------------------------------------------------------------------- */

/* A sink that cannot say how its output stands gets everything anew: that of executeTemplate. */
static struct replay *get_replay(const struct eval *eval)
{
    const struct render_environment *environment = eval->environment;

    return environment->answers.get_clock && eval->sink->out ? environment->replay : NULL;
}

/* A little more than last time, or the first byte more would double it. */
static void reserve_as_before(struct buf *buf, const struct buf *last)
{
    buf_reserve(buf, last->len + last->len / 16);
}

void replay_begin(struct eval *eval)
{
    const struct answer_source *answers = &eval->environment->answers;
    struct replay *replay = get_replay(eval);

    if (!replay)
        return;
    replay->next.clock = answers->get_clock(answers->ctx);
    replay->place = replay->first_source = replay->n_repeated = 0;
    replay->start.range = NULL;
    replay->out_at = eval->sink->out->len;
    reserve_as_before(eval->sink->out, &replay->last.text);
    reserve_as_before(&replay->next.keys, &replay->last.keys);
}

void replay_end(struct eval *eval, bool is_good)
{
    struct replay *replay = get_replay(eval);
    struct slice text;

    if (!replay)
        return;
    if (!is_good) {
        tape_fini(&replay->next);
        return;
    }
    tape_fini(&replay->last);
    replay->last = replay->next;
    replay->next = TAPE_EMPTY;
    text = slice_sub(buf_slice(eval->sink->out), replay->out_at, eval->sink->out->len);
    if (text.len > replay->max_bytes)
        tape_fini(&replay->last);
    else if (replay->last.n_pieces > 0)
        buf_add(&replay->last.text, text);
}

/* --- Repeating ------------------------------------------------------------------------------ */

/* What a run through the body sees besides its questions. */
static bool add_key(struct eval *eval, const struct node *range, const struct value *dot,
                    struct buf *out)
{
    const struct replay_plan *plan = range->range.plan;

    buf_add(out, slice_of((const char *)&range, sizeof(range)));
    if (!replay_add_key(out, dot))
        return false;
    for (size_t i = 0; i < plan->n_variables; i++) {
        const struct value *value = eval_find_variable(eval, plan->variables[i]);

        buf_add_byte(out, value ? 'v' : '-');
        if (value && !replay_add_key(out, value))
            return false;
    }
    return true;
}

/* The piece of that key, if it comes soon: elements keep their order. What is passed over for it is
 * gone. */
static const struct piece *find_piece(struct replay *replay, struct slice key)
{
    const struct tape *last = &replay->last;
    size_t n_sources = replay->first_source;

    for (size_t i = replay->place; i < last->n_pieces && i < replay->place + LOOK_AHEAD; i++) {
        const struct piece *piece = &last->pieces[i];

        if (slice_equal(tape_key(last, piece), key)) {
            replay->place = i;
            replay->first_source = n_sources;
            return piece;
        }
        n_sources += piece->n_sources;
    }
    return NULL;
}

/* A limit that the piece would exceed is met, with its error, by what is in it. */
static bool is_within_limits(const struct eval *eval, const struct piece *piece)
{
    return eval->n_steps + piece->n_steps <= eval->max_steps &&
           eval->n_output_bytes + piece->n_output_bytes <= LIMIT_OUTPUT_BYTES &&
           eval_memory(eval) + piece->n_memory_bytes <= LIMIT_RENDER_BYTES &&
           dep_set_count(&eval->render->questions) + piece->n_sources <= LIMIT_RENDER_QUESTIONS;
}

static bool is_unchanged(const struct eval *eval, const struct piece *piece)
{
    const struct answer_source *answers = &eval->environment->answers;
    const struct replay *replay = eval->environment->replay;

    if (piece->state_before != replay->piece.state_before || !is_within_limits(eval, piece))
        return false;
    for (size_t i = 0; i < piece->n_sources; i++) {
        const struct dep *dep = replay->last.sources[replay->first_source + i];

        if (answers->may_have_changed(answers->ctx, dep, replay->last.clock))
            return false;
    }
    return true;
}

/* The key is at the end of the next tape. */
static void repeat_piece(struct eval *eval, struct replay *replay, const struct piece *piece)
{
    const struct text_sink *sink = eval->sink;
    struct slice text = tape_text(&replay->last, piece);
    struct piece copy = *piece;

    buf_add(sink->out, text);
    if (sink->resume)
        sink->resume(sink->ctx, piece->state_after);
    eval->n_steps += piece->n_steps;
    eval->n_output_bytes += piece->n_output_bytes;
    eval->n_repeated_bytes += piece->n_memory_bytes;

    copy.key_at = replay->piece.key_at;
    copy.text_at = replay->piece.text_at;
    for (size_t i = 0; i < piece->n_sources; i++) {
        const struct dep *dep = replay->last.sources[replay->first_source + i];

        tape_add_source(&replay->next, dep, dep_set_add(&eval->render->questions, dep));
    }
    tape_add_piece(&replay->next, &copy);
    replay->place++;
    replay->first_source += piece->n_sources;
    replay->n_repeated++;
}

static void start_piece(const struct eval *eval, struct replay *replay, const struct node *range)
{
    replay->start = (struct start){ .range = range,
                                    .n_sources = replay->next.n_sources,
                                    .n_source_bytes = replay->next.n_source_bytes,
                                    .n_output_bytes = eval->n_output_bytes,
                                    .n_memory_bytes = eval_memory(eval),
                                    .n_steps = eval->n_steps };
}

bool replay_repeat(struct eval *eval, const struct node *range, const struct value *dot)
{
    struct replay *replay = range->range.plan ? get_replay(eval) : NULL;
    const struct text_sink *sink = eval->sink;
    struct buf *keys = replay ? &replay->next.keys : NULL;
    const struct piece *piece;
    unsigned state = 0;

    if (!replay || replay->start.range || tape_size(&replay->next) > replay->max_bytes ||
        (sink->get_state && !sink->get_state(sink->ctx, &state)))
        return false;
    replay->piece = (struct piece){ .key_at = (uint32_t)keys->len,
                                    .text_at = (uint32_t)(sink->out->len - replay->out_at),
                                    .state_before = (uint16_t)state };
    if (!add_key(eval, range, dot, keys)) {
        keys->len = replay->piece.key_at;
        return false;
    }
    replay->piece.key_len = (uint32_t)(keys->len - replay->piece.key_at);
    piece = find_piece(replay, tape_key(&replay->next, &replay->piece));
    if (piece && is_unchanged(eval, piece)) {
        repeat_piece(eval, replay, piece);
        return true;
    }
    start_piece(eval, replay, range);
    return false;
}

/* --- Remembering ---------------------------------------------------------------------------- */

void replay_add_question(struct eval *eval, const struct dep *dep, const struct dep *own)
{
    const struct answer_source *answers = &eval->environment->answers;
    struct replay *replay = eval->environment->replay;

    if (!replay || !replay->start.range || replay->start.is_spoilt)
        return;
    if (guard_equal(&own->guard, &dep->guard))
        dep = own;
    tape_add_source(&replay->next, dep, own);
    replay->start.is_spoilt = tape_size(&replay->next) > replay->max_bytes ||
                              answers->may_have_changed(answers->ctx, dep, replay->next.clock);
}

void replay_spoil(struct eval *eval)
{
    struct replay *replay = eval->environment->replay;

    if (replay)
        replay->start.is_spoilt = true;
}

void replay_end_piece(struct eval *eval, const struct node *range)
{
    struct replay *replay = get_replay(eval);
    const struct text_sink *sink = eval->sink;

    if (!replay || replay->start.range != range)
        return;

    const struct start *start = &replay->start;
    struct piece *piece = &replay->piece;
    uint64_t n_steps = eval->n_steps - start->n_steps;
    unsigned state = 0;

    replay->start.range = NULL;
    if (start->is_spoilt || n_steps > UINT32_MAX ||
        (sink->get_state && !sink->get_state(sink->ctx, &state))) {
        tape_cut(&replay->next, piece->key_at, start->n_sources);
        replay->next.n_source_bytes = start->n_source_bytes;
        return;
    }
    piece->state_after = (uint16_t)state;
    piece->text_len = (uint32_t)(sink->out->len - replay->out_at - piece->text_at);
    piece->n_sources = (uint32_t)(replay->next.n_sources - start->n_sources);
    piece->n_steps = (uint32_t)n_steps;
    piece->n_output_bytes = (uint32_t)(eval->n_output_bytes - start->n_output_bytes);
    piece->n_memory_bytes = (uint32_t)(eval_memory(eval) - start->n_memory_bytes);
    tape_add_piece(&replay->next, piece);
}
