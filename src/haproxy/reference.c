/* SPDX-License-Identifier: MIT */
/* Finds the servers that a configuration names outside of their own lines. */
#include "reference.h"

#include "server_key.h"

#define FETCH_PREFIX "srv_"

void reference_add(struct haproxy_config *config, struct slice target, struct slice proxy,
                   const char *by, struct haproxy_place place)
{
    if (slice_find_byte(target, '/') == SLICE_NOT_FOUND)
        target = server_key(&config->arena, proxy, target);
    if (map_find(&config->references, target))
        return;

    struct haproxy_reference *reference = ARENA_NEW(&config->arena, struct haproxy_reference);

    *reference = (struct haproxy_reference){ target, by, place };
    map_put(&config->references, target, reference);
}

static bool is_name_byte(char byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9') || byte == '_' ||
           (byte >= 'A' && byte <= 'Z');
}

/* All srv_…(ARGUMENT of one word; it may be an expression, or a text with several in it. */
static void find_fetches(struct haproxy_config *config, struct slice word, struct slice proxy,
                         struct haproxy_place place)
{
    for (;;) {
        size_t at = slice_find(word, SLICE(FETCH_PREFIX));

        if (at == SLICE_NOT_FOUND)
            return;

        bool is_start = at == 0 || !is_name_byte(word.ptr[at - 1]);
        size_t end = at + sizeof(FETCH_PREFIX) - 1;

        while (end < word.len && is_name_byte(word.ptr[end]))
            end++;
        if (is_start && end < word.len && word.ptr[end] == '(') {
            size_t from = ++end;

            while (end < word.len && word.ptr[end] != ')' && word.ptr[end] != ',')
                end++;

            struct slice target = slice_trim(slice_sub(word, from, end));

            if (target.len > 0)
                reference_add(config, target, proxy, "a fetch", place);
        }
        word = slice_sub(word, end, word.len);
    }
}

void reference_find(struct haproxy_config *config, const struct quote_line *line,
                    struct slice proxy, struct haproxy_place place)
{
    /* With a log-format it is any server, looked up when it is needed. */
    if (line->n_words > 1 && slice_is(line->words[0].text, "use-server") &&
        slice_find(line->words[1].text, SLICE("%[")) == SLICE_NOT_FOUND)
        reference_add(config, line->words[1].text, proxy, "use-server", place);
    for (size_t i = 1; i < line->n_words; i++)
        find_fetches(config, line->words[i].text, proxy, place);
}

const struct haproxy_reference *haproxy_config_find_reference(const struct haproxy_config *config,
                                                              struct slice proxy,
                                                              struct slice server)
{
    return server_map_find(&config->references, proxy, server);
}
