/* SPDX-License-Identifier: MIT */
/* A look at the first words of lines. */
#include "haproxy/guess.h"

static struct slice next_word(struct slice *line)
{
    struct slice word;

    *line = slice_trim(*line);
    if (line->len == 0 || !slice_next(line, ' ', &word))
        return SLICE_EMPTY;
    if (!line->ptr)
        *line = SLICE_EMPTY;
    return word;
}

bool haproxy_is_likely(struct slice text)
{
    bool has_head = false, has_proxy = false, has_server = false;
    struct slice line;

    while (slice_next(&text, '\n', &line)) {
        struct slice first = next_word(&line), second = next_word(&line), third = next_word(&line);

        if (slice_is(first, "global") || slice_is(first, "defaults"))
            has_head = true;
        else if (slice_is(first, "backend") || slice_is(first, "listen"))
            has_proxy |= second.len > 0;
        else if (slice_is(first, "server"))
            has_server |= has_proxy && third.len > 0;
    }
    return has_head && has_server;
}
