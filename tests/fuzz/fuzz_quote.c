/* SPDX-License-Identifier: MIT */
/* Any foreign texts between any own ones: whatever the foreign texts are, HAProxy sees the same
 * lines with the same words, and each foreign text, byte for byte, where it was put.
 *
 * An input is own and foreign texts in turns, with a byte 1 between them. Each is also written with
 * harmless marks in place of the foreign texts, and the words of both are compared. */
#include "base/error.h"
#include "fuzz/fuzz.h"
#include "haproxy/quote.h"

#define MAX_FOREIGN 8
#define MARK_BYTE   '\2'
#define MARK_BYTES  3

struct texts {
    struct slice own[MAX_FOREIGN + 1], foreign[MAX_FOREIGN];
    size_t n_foreign;
};

/* False: it is no such input. Left out is an own '[' behind an empty text, which may begin a line
 * or not: a word of the operator's is then a scope. */
static bool texts_read(struct texts *texts, struct slice input)
{
    struct slice own, foreign;

    *texts = (struct texts){ .n_foreign = 0 };
    if (slice_find_byte(input, MARK_BYTE) != SLICE_NOT_FOUND ||
        slice_find(input, SLICE("\\x02")) != SLICE_NOT_FOUND)
        return false;
    for (size_t i = 0; slice_next(&input, '\1', &own); i++) {
        if (i > 0 && texts->foreign[i - 1].len == 0 && slice_starts_with(own, SLICE("[")))
            return false;
        texts->own[i] = own;
        if (i == MAX_FOREIGN || !slice_next(&input, '\1', &foreign))
            break;
        texts->foreign[i] = foreign;
        texts->n_foreign = i + 1;
    }
    return true;
}

/* Writes one after the other; the number of foreign texts that were taken before one was refused.
 */
static size_t write_texts(const struct texts *texts, bool has_marks, struct buf *out)
{
    struct quote quote;
    struct error err = ERROR_EMPTY;

    quote_init(&quote, out);
    for (size_t i = 0; i <= texts->n_foreign; i++) {
        char mark[MARK_BYTES] = { MARK_BYTE, (char)('a' + i), MARK_BYTE };
        size_t before;

        quote_add_own(&quote, texts->own[i]);
        before = out->len;
        if (i < texts->n_foreign &&
            !quote_add_foreign(&quote, has_marks ? slice_of(mark, MARK_BYTES) : texts->foreign[i],
                               &err)) {
            FUZZ_CHECK(err.text[0] && out->len == before);
            return i;
        }
    }
    return texts->n_foreign;
}

/* The word with its marks replaced by what they stand for. */
static void add_unmarked(const struct texts *texts, struct slice word, struct buf *out)
{
    for (size_t i = 0; i < word.len; i++) {
        if (word.ptr[i] != MARK_BYTE) {
            buf_add_byte(out, word.ptr[i]);
            continue;
        }
        FUZZ_CHECK(i + MARK_BYTES <= word.len);
        buf_add(out, texts->foreign[word.ptr[i + 1] - 'a']);
        i += MARK_BYTES - 1;
    }
}

static void check_words(const struct texts *texts, const struct quote_line *line,
                        const struct quote_line *marked)
{
    CLEANUP(buf_fini) struct buf want = BUF_EMPTY;

    if (line->n_words == 0 && marked->n_words > 0) { /* HAProxy ignores it for its empty word */
        add_unmarked(texts, marked->words[0].text, &want);
        FUZZ_CHECK(want.len == 0);
        return;
    }
    FUZZ_CHECK(line->n_words <= marked->n_words);
    for (size_t i = 0; i < marked->n_sure; i++) {
        buf_clear(&want);
        add_unmarked(texts, marked->words[i].text, &want);
        if (i >= line->n_words)
            FUZZ_CHECK(want.len == 0);
        else
            FUZZ_CHECK(slice_equal(line->words[i].text, buf_slice(&want)));
    }
}

static void check_lines(const struct texts *texts, struct slice written, struct slice marked)
{
    CLEANUP(arena_fini) struct arena arena = ARENA_EMPTY;
    struct source_pos pos = { "t", 1, 1 };
    struct slice a, b;

    while (slice_next(&marked, '\n', &b)) {
        struct quote_line line, marked_line;
        struct error err = ERROR_EMPTY;

        FUZZ_CHECK(slice_next(&written, '\n', &a));

        bool is_good = quote_split(a, pos, &arena, &line, &err);

        FUZZ_CHECK(is_good || err.column >= 1);
        FUZZ_CHECK(is_good == quote_split(b, pos, &arena, &marked_line, &err));
        if (!is_good)
            continue;
        FUZZ_CHECK(line.is_scope == marked_line.is_scope);
        if (!line.is_scope)
            check_words(texts, &line, &marked_line);
    }
    FUZZ_CHECK(!slice_next(&written, '\n', &a));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(buf_fini) struct buf written = BUF_EMPTY, marked = BUF_EMPTY;
    struct texts texts;
    struct error err;

    if (!texts_read(&texts, fuzz_text(data, size)))
        return 0;

    size_t n = write_texts(&texts, false, &written);

    if (n < texts.n_foreign && !quote_check_line(texts.foreign[n], &err))
        texts.n_foreign = n; /* refused for what it is; without it, everything fits */
    FUZZ_CHECK(write_texts(&texts, true, &marked) == n);
    if (n == texts.n_foreign) {
        buf_clear(&written);
        write_texts(&texts, false, &written);
        check_lines(&texts, buf_slice(&written), buf_slice(&marked));
    }
    return 0;
}
