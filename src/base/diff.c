/* SPDX-License-Identifier: MIT */
/* Differences in the unified format. */
#include "base/diff.h"

#include <stdlib.h>

#include "base/limits.h"
#include "base/memory.h"
#include "diff_script.h"

#define CONTEXT_LINES ((size_t)3)

/* A run of both texts that is shown: from the first line up to, not including, the last. */
struct hunk {
    size_t old_from, old_to, now_from, now_to;
};

struct writer {
    struct buf *out;
    size_t n_left, n_left_out; /* lines that may still be shown, and those that were not */
};

static size_t count_lines(struct slice text)
{
    size_t n = text.len > 0 && text.ptr[text.len - 1] != '\n';

    for (size_t i = 0; i < text.len; i++)
        n += text.ptr[i] == '\n';
    return n;
}

/* The lines between "-----BEGIN x-----" and "-----END x-----" are hidden. */
static struct diff_lines split(struct slice text)
{
    struct diff_lines lines = { .n = count_lines(text) };
    bool is_inside = false;

    lines.items = memory_resize_array(NULL, lines.n ? lines.n : 1, sizeof(*lines.items));
    for (size_t i = 0, at = 0; i < lines.n; i++) {
        size_t length = slice_find_byte(slice_sub(text, at, text.len), '\n');
        struct slice line =
            slice_sub(text, at, length == SLICE_NOT_FOUND ? text.len : at + length + 1);

        if (slice_find(line, SLICE("-----END ")) != SLICE_NOT_FOUND)
            is_inside = false;
        lines.items[i] = (struct diff_line){ line, slice_hash(line), is_inside, false };
        if (slice_find(line, SLICE("-----BEGIN ")) != SLICE_NOT_FOUND)
            is_inside = true;
        at += line.len;
    }
    return lines;
}

/* --- What is shown ------------------------------------------------------------------------- */

static bool writer_may(struct writer *writer)
{
    if (writer->n_left == 0) {
        writer->n_left_out++;
        return false;
    }
    writer->n_left--;
    return true;
}

static void write_line(struct writer *writer, char sign, const struct diff_line *line)
{
    if (!writer_may(writer))
        return;
    buf_add_byte(writer->out, sign);
    if (line->is_hidden) {
        buf_add_string(writer->out, "(hidden)\n");
        return;
    }
    buf_add(writer->out, line->text);
    if (!slice_ends_with(line->text, SLICE("\n")))
        buf_add_string(writer->out, "\n\\ No newline at end of file\n");
}

/* "12,3"; a range of one line is its number, an empty one begins before its place. */
static void add_range(struct buf *out, size_t from, size_t to)
{
    size_t n = to - from;

    buf_printf(out, "%zu", n ? from + 1 : from);
    if (n != 1)
        buf_printf(out, ",%zu", n);
}

static void write_hunk(struct writer *writer, const struct diff_lines *old,
                       const struct diff_lines *now, const struct hunk *hunk)
{
    size_t i = hunk->old_from, k = hunk->now_from;

    if (writer_may(writer)) {
        buf_add_string(writer->out, "@@ -");
        add_range(writer->out, hunk->old_from, hunk->old_to);
        buf_add_string(writer->out, " +");
        add_range(writer->out, hunk->now_from, hunk->now_to);
        buf_add_string(writer->out, " @@\n");
    }
    while (i < hunk->old_to || k < hunk->now_to) {
        if (i < hunk->old_to && old->items[i].is_changed) {
            write_line(writer, '-', &old->items[i++]);
        } else if (k < hunk->now_to && now->items[k].is_changed) {
            write_line(writer, '+', &now->items[k++]);
        } else {
            write_line(writer, ' ', &now->items[k++]);
            i++;
        }
    }
}

/* --- Which runs are shown ------------------------------------------------------------------ */

static bool is_changed_at(const struct diff_lines *old, const struct diff_lines *now, size_t i,
                          size_t k)
{
    return (i < old->n && old->items[i].is_changed) || (k < now->n && now->items[k].is_changed);
}

/* The next run of changes from (*i, *k) on, with what is around it; false: there is none. Changes
 * with no more than twice the context between them share it. */
static bool next_hunk(const struct diff_lines *old, const struct diff_lines *now, size_t *i,
                      size_t *k, struct hunk *ret_hunk)
{
    size_t n_equal = 0, n_context;

    while (*i < old->n && *k < now->n && !is_changed_at(old, now, *i, *k)) {
        (*i)++;
        (*k)++;
        n_equal++;
    }
    if (!is_changed_at(old, now, *i, *k))
        return false;
    n_context = n_equal < CONTEXT_LINES ? n_equal : CONTEXT_LINES;
    *ret_hunk = (struct hunk){ .old_from = *i - n_context, .now_from = *k - n_context };
    for (n_equal = 0; n_equal <= 2 * CONTEXT_LINES;) {
        if (is_changed_at(old, now, *i, *k)) {
            n_equal = 0;
            *i += *i < old->n && old->items[*i].is_changed;
            if (*k < now->n && now->items[*k].is_changed)
                ++*k;
        } else if (*i < old->n && *k < now->n) {
            (*i)++;
            (*k)++;
            n_equal++;
        } else {
            break;
        }
    }
    n_context = n_equal < CONTEXT_LINES ? n_equal : CONTEXT_LINES;
    *i -= n_equal - n_context;
    *k -= n_equal - n_context;
    ret_hunk->old_to = *i;
    ret_hunk->now_to = *k;
    return true;
}

static void write_hunks(struct writer *writer, const struct diff_lines *old,
                        const struct diff_lines *now)
{
    struct hunk hunk;
    size_t i = 0, k = 0;

    while (next_hunk(old, now, &i, &k, &hunk))
        write_hunk(writer, old, now, &hunk);
}

void diff_format(const struct diff_side *old, const struct diff_side *now, size_t max_lines,
                 struct buf *out)
{
    struct writer writer = { .out = out, .n_left = max_lines ? max_lines : SIZE_MAX };
    struct diff_lines old_lines, now_lines;

    if (slice_equal(old->text, now->text))
        return;
    buf_printf(out, "--- %s\n+++ %s\n", old->name, now->name);
    if (count_lines(old->text) > LIMIT_DIFF_LINES || count_lines(now->text) > LIMIT_DIFF_LINES) {
        buf_printf(out, "(more than %d lines: not compared)\n", LIMIT_DIFF_LINES);
        return;
    }
    old_lines = split(old->text);
    now_lines = split(now->text);
    diff_compare(&old_lines, &now_lines);
    write_hunks(&writer, &old_lines, &now_lines);
    if (writer.n_left_out)
        buf_printf(out, "... and %zu more lines\n", writer.n_left_out);
    free(old_lines.items);
    free(now_lines.items);
}
