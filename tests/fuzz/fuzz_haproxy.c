/* SPDX-License-Identifier: MIT */
/* Any bytes as a configuration of HAProxy, in one file or, with a byte 1 between them, in two: what
 * is read of it lies in it, is found by its name, and says the same when read again. Another server
 * at the end changes nothing of the structure. */
#include "base/error.h"
#include "fuzz/fuzz.h"
#include "haproxy/config.h"

#define MAX_FILES 2

static unsigned count_lines(struct slice text)
{
    unsigned n = 0;
    struct slice line;

    while (slice_next(&text, '\n', &line))
        n++;
    return n;
}

static void check_place(const struct haproxy_config *config, struct haproxy_place place)
{
    FUZZ_CHECK(place.file < config->n_files);
    FUZZ_CHECK(place.line >= 1 && place.line <= count_lines(config->files[place.file].text));
}

static void check_proxy(const struct haproxy_config *config, const struct haproxy_proxy *proxy)
{
    CLEANUP(arena_fini) struct arena arena = ARENA_EMPTY;

    check_place(config, proxy->place);
    FUZZ_CHECK(haproxy_config_find(config, proxy->name));
    for (size_t i = 0; i < proxy->n_servers; i++) {
        const struct haproxy_server *server = &proxy->servers[i];
        struct keyword_list all = keyword_list_merge(&server->defaults, &server->own, &arena);

        check_place(config, server->place);
        FUZZ_CHECK(server->index == i && haproxy_proxy_find(proxy, server->name));
        FUZZ_CHECK(server->name_from <= server->name_to);
        FUZZ_CHECK(server->name_to <= config->files[server->place.file].text.len);
        FUZZ_CHECK(!keyword_list_difference(&all, &all, 0));
        (void)haproxy_config_find_reference(config, proxy->name, server->name);
        (void)haproxy_proxy_has_slot(proxy, server->name);
    }
}

static bool read_files(struct slice *texts, size_t n, struct haproxy_config **ret_config)
{
    struct haproxy_file files[MAX_FILES] = { { "a", texts[0] }, { "b", texts[1] } };
    struct error err = ERROR_EMPTY;

    if (haproxy_config_new(files, n, ret_config, &err))
        return true;
    FUZZ_CHECK(err.line >= 1 && err.column >= 1);
    FUZZ_CHECK(err.line <= count_lines(texts[slice_is(slice_from(err.source), "b")]));
    return false;
}

static void check_same(const struct haproxy_config *a, const struct haproxy_config *b)
{
    CLEANUP(buf_fini) struct buf difference = BUF_EMPTY;

    FUZZ_CHECK(a->n_proxies == b->n_proxies);
    FUZZ_CHECK(haproxy_config_same_structure(a, b, &difference) && difference.len == 0);
}

/* Reads the last file with more at its end. */
static bool read_with(const struct slice *texts, size_t n, const char *more,
                      struct haproxy_config **ret_config)
{
    CLEANUP(buf_fini) struct buf longer = BUF_EMPTY;
    struct slice changed[MAX_FILES] = { texts[0], texts[1] };

    buf_add(&longer, texts[n - 1]);
    buf_add_string(&longer, more);
    changed[n - 1] = buf_slice(&longer);
    return read_files(changed, n, ret_config);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(haproxy_config_freep) struct haproxy_config *first = NULL, *again = NULL;
    CLEANUP(haproxy_config_freep) struct haproxy_config *one = NULL, *two = NULL;
    struct slice rest = fuzz_text(data, size), texts[MAX_FILES] = { SLICE_EMPTY, SLICE_EMPTY };
    size_t n = 0;

    while (n < MAX_FILES && slice_next(&rest, '\1', &texts[n]))
        n++;
    if (!read_files(texts, n, &first))
        return 0;
    for (size_t i = 0; i < first->n_proxies; i++)
        check_proxy(first, &first->proxies[i]);
    FUZZ_CHECK(read_files(texts, n, &again));
    check_same(first, again);

    if (read_with(texts, n, "\nbackend fuzz\n server a 1.1.1.1:1\n", &one) &&
        read_with(texts, n, "\nbackend fuzz\n server b [::1]:2 weight 3\n server c d:3\n", &two))
        check_same(one, two);
    return 0;
}
