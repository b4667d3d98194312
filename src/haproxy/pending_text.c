/* SPDX-License-Identifier: MIT */
/* Pending work as text: "ready web ready 1500 server a 10.0.0.1:80 check". */
#include "haproxy/config.h"
#include "haproxy/pending.h"
#include "server_line.h"

#define MAX_LEFT_MS (1000ull * 3600 * 24 * 365)

static const char *const kind_names[] = {
    [PENDING_READY] = "ready", [PENDING_RETIRE] = "retire", [PENDING_DRAIN] = "drain",
    [PENDING_MOVE] = "move",   [PENDING_DELETE] = "delete",
};

static const char *const final_names[] = {
    [PENDING_TO_READY] = "ready",
    [PENDING_TO_DRAIN] = "drain",
    [PENDING_TO_MAINT] = "maint",
};

const char *pending_kind_name(enum pending_kind kind)
{
    return kind_names[kind];
}

void pending_list_format(const struct pending_list *list, uint64_t now_ms, struct buf *out)
{
    for (size_t i = 0; i < list->n; i++) {
        const struct pending *pending = &list->items[i];
        uint64_t left_ms = pending->due_ms > now_ms ? pending->due_ms - now_ms : 0;

        buf_printf(out, "%s %.*s %s %llu ", kind_names[pending->kind], SLICE_ARG(pending->proxy),
                   final_names[pending->final], (unsigned long long)left_ms);
        buf_add(out, pending->line);
        buf_add_byte(out, '\n');
    }
}

static bool find_name(struct slice word, const char *const *names, size_t n, size_t *ret_index)
{
    for (size_t i = 0; i < n; i++) {
        if (slice_is(word, names[i])) {
            *ret_index = i;
            return true;
        }
    }
    return false;
}

static bool parse_line(struct slice line, uint64_t now_ms, struct pending_list *list)
{
    CLEANUP(arena_fini) struct arena arena = ARENA_EMPTY;
    struct slice kind, proxy, final, left;
    size_t kind_index, final_index;
    uint64_t left_ms;
    struct haproxy_server server;

    if (!slice_next(&line, ' ', &kind) || !slice_next(&line, ' ', &proxy) ||
        !slice_next(&line, ' ', &final) || !slice_next(&line, ' ', &left) || !line.ptr)
        return false;
    if (!find_name(kind, kind_names, ARRAY_SIZE(kind_names), &kind_index) ||
        !find_name(final, final_names, ARRAY_SIZE(final_names), &final_index) ||
        !slice_parse_u64(left, MAX_LEFT_MS, &left_ms) || !server_line_parse(line, &arena, &server))
        return false;

    const struct pending pending = {
        .kind = (enum pending_kind)kind_index,
        .proxy = proxy,
        .server = server.name,
        .line = line,
        .final = (enum pending_final)final_index,
        .due_ms = now_ms + left_ms,
    };

    pending_list_add(list, &pending);
    return true;
}

bool pending_list_parse(struct slice text, uint64_t now_ms, struct pending_list *list,
                        struct error *err)
{
    struct slice line;
    unsigned n = 0;

    while (slice_next(&text, '\n', &line)) {
        n++;
        if (line.len > 0 && !parse_line(line, now_ms, list))
            return error_set(err, ERROR_SYNTAX, "pending work: line %u cannot be read", n);
    }
    return true;
}
