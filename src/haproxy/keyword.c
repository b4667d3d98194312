/* SPDX-License-Identifier: MIT */
/* The table of server keywords, and lists of them.
 *
 * From the parsers of HAProxy 2.2 and 3.0 and what 2.6, 3.0 and 3.2 answer to `add server` with
 * each of them. Left out on purpose, so that a line with one means a reload: no-send-proxy-v2-ssl
 * and -cn, which switch more off than their opposites switch on. */
#include "haproxy/keyword.h"

#include <stdlib.h>
#include <string.h>

/* `add server` exists since 2.6 without conditions. A keyword that is younger needs no note: a
 * configuration with it does not pass the check of an older HAProxy. */
#define SINCE_ADD 206

#define PLAIN(word, n)                                                      \
    {                                                                       \
        .name = word, .slot = word, .n_args = n, .dynamic_since = SINCE_ADD \
    }
#define KNOWN(word, n, id)                                                                \
    {                                                                                     \
        .name = word, .slot = word, .n_args = n, .dynamic_since = SINCE_ADD, .kind = (id) \
    }
#define AT_START(word, n)                       \
    {                                           \
        .name = word, .slot = word, .n_args = n \
    }
#define RESET(word, of)                            \
    {                                              \
        .name = word, .slot = of, .is_reset = true \
    }
#define RESET_BY(word, of, id)                                   \
    {                                                            \
        .name = word, .slot = of, .is_reset = true, .kind = (id) \
    }

static const struct keyword_info keywords[] = {
    KNOWN("addr", 1, KEYWORD_ADDR),
    PLAIN("agent-addr", 1),
    KNOWN("agent-check", 0, KEYWORD_AGENT_CHECK),
    PLAIN("agent-inter", 1),
    PLAIN("agent-port", 1),
    PLAIN("agent-send", 1),
    PLAIN("allow-0rtt", 0),
    PLAIN("alpn", 1),
    KNOWN("backup", 0, KEYWORD_BACKUP),
    PLAIN("ca-file", 1),
    KNOWN("check", 0, KEYWORD_CHECK),
    PLAIN("check-alpn", 1),
    PLAIN("check-pool-conn-name", 1),
    PLAIN("check-proto", 1),
    PLAIN("check-reuse-pool", 0),
    PLAIN("check-send-proxy", 0),
    PLAIN("check-sni", 1),
    PLAIN("check-ssl", 0),
    PLAIN("check-via-socks4", 0),
    PLAIN("ciphers", 1),
    PLAIN("ciphersuites", 1),
    PLAIN("client-sigalgs", 1),
    { .name = "cookie",
      .slot = "cookie",
      .kind = KEYWORD_COOKIE,
      .n_args = 1,
      .dynamic_since = 300 },
    PLAIN("crl-file", 1),
    PLAIN("crt", 1),
    PLAIN("curves", 1),
    KNOWN("disabled", 0, KEYWORD_DISABLED),
    PLAIN("downinter", 1),
    /* 2.6 takes it in `add server`, and the server is useless from then on. */
    RESET_BY("enabled", "disabled", KEYWORD_DISABLED),
    PLAIN("error-limit", 1),
    PLAIN("fall", 1),
    PLAIN("fastinter", 1),
    PLAIN("force-sslv3", 0),
    PLAIN("force-tlsv10", 0),
    PLAIN("force-tlsv11", 0),
    PLAIN("force-tlsv12", 0),
    PLAIN("force-tlsv13", 0),
    PLAIN("guid", 1),
    PLAIN("hash-key", 1),
    KNOWN("id", 1, KEYWORD_ID),
    PLAIN("idle-ping", 1),
    AT_START("init-addr", 1),
    PLAIN("init-state", 1),
    KNOWN("inter", 1, KEYWORD_INTER),
    AT_START("log-bufsize", 1),
    AT_START("log-proto", 1),
    AT_START("max-reuse", 1),
    KNOWN("maxconn", 1, KEYWORD_MAXCONN),
    PLAIN("maxqueue", 1),
    KNOWN("minconn", 1, KEYWORD_MINCONN),
    AT_START("namespace", 1),
    RESET_BY("no-agent-check", "agent-check", KEYWORD_AGENT_CHECK),
    RESET_BY("no-backup", "backup", KEYWORD_BACKUP),
    RESET_BY("no-check", "check", KEYWORD_CHECK),
    RESET("no-check-reuse-pool", "check-reuse-pool"),
    RESET("no-check-send-proxy", "check-send-proxy"),
    RESET("no-check-ssl", "check-ssl"),
    RESET("no-send-proxy", "send-proxy"),
    RESET("no-send-proxy-v2", "send-proxy-v2"),
    RESET("no-ssl", "ssl"),
    PLAIN("no-ssl-reuse", 0),
    PLAIN("no-sslv3", 0),
    RESET("no-tfo", "tfo"),
    PLAIN("no-tls-tickets", 0),
    PLAIN("no-tlsv10", 0),
    PLAIN("no-tlsv11", 0),
    PLAIN("no-tlsv12", 0),
    PLAIN("no-tlsv13", 0),
    AT_START("non-stick", 0),
    PLAIN("npn", 1),
    PLAIN("observe", 1),
    PLAIN("on-error", 1),
    KNOWN("on-marked-down", 1, KEYWORD_ON_MARKED_DOWN),
    PLAIN("on-marked-up", 1),
    PLAIN("pool-conn-name", 1),
    PLAIN("pool-low-conn", 1),
    KNOWN("pool-max-conn", 1, KEYWORD_POOL_MAX_CONN),
    KNOWN("pool-purge-delay", 1, KEYWORD_POOL_PURGE_DELAY),
    KNOWN("port", 1, KEYWORD_PORT),
    PLAIN("proto", 1),
    PLAIN("proxy-v2-options", 1),
    AT_START("redir", 1),
    AT_START("resolve-net", 1),
    AT_START("resolve-opts", 1),
    AT_START("resolve-prefer", 1),
    AT_START("resolvers", 1),
    PLAIN("rise", 1),
    PLAIN("send-proxy", 0),
    PLAIN("send-proxy-v2", 0),
    PLAIN("send-proxy-v2-ssl", 0),
    PLAIN("send-proxy-v2-ssl-cn", 0),
    { .name = "set-proxy-v2-tlv-fmt",
      .slot = "set-proxy-v2-tlv-fmt",
      .n_args = 1,
      .dynamic_since = SINCE_ADD,
      .is_repeated = true },
    PLAIN("shard", 1),
    PLAIN("sigalgs", 1),
    PLAIN("slowstart", 1),
    PLAIN("sni", 1),
    AT_START("socks4", 1),
    PLAIN("source", -1),
    PLAIN("ssl", 0),
    PLAIN("ssl-max-ver", 1),
    PLAIN("ssl-min-ver", 1),
    RESET("ssl-reuse", "no-ssl-reuse"),
    RESET("stick", "non-stick"),
    PLAIN("strict-maxconn", 0),
    AT_START("tcp-ut", 1),
    PLAIN("tfo", 0),
    RESET("tls-tickets", "no-tls-tickets"),
    KNOWN("track", 1, KEYWORD_TRACK),
    PLAIN("verify", 1),
    PLAIN("verifyhost", 1),
    KNOWN("weight", 1, KEYWORD_WEIGHT),
    PLAIN("ws", 1),
};

#define N_KEYWORDS ARRAY_SIZE(keywords)

static int compare_to_info(const void *key, const void *element)
{
    const struct slice *word = key;
    const struct keyword_info *info = element;

    return slice_compare(*word, slice_from(info->name));
}

const struct keyword_info *keyword_find(struct slice word)
{
    struct slice name = slice_sub(word, 0, slice_find_byte(word, '('));
    const struct keyword_info *info =
        bsearch(&name, keywords, N_KEYWORDS, sizeof(keywords[0]), compare_to_info);

    /* Only set-proxy-v2-tlv-fmt(0xE1) has something behind its name. */
    return info && (name.len == word.len || info->is_repeated) ? info : NULL;
}

static size_t keyword_slot(const struct keyword_info *info)
{
    return (size_t)(keyword_find(slice_from(info->slot)) - keywords);
}

/* --- Lists --------------------------------------------------------------------------------- */

/* How many of the words belong to the keyword that they begin with; more than there are if some are
 * missing. */
static size_t count_words(const struct keyword_info *info, const struct slice *words,
                          size_t n_words)
{
    size_t n = 2;

    if (info->n_args >= 0)
        return 1 + (size_t)info->n_args;
    while (n < n_words && (slice_is(words[n], "usesrc") || slice_is(words[n], "interface")))
        n += 2;
    return n;
}

struct keyword_list keyword_list_read(const struct slice *words, size_t n_words,
                                      struct arena *arena)
{
    struct keyword_list list = KEYWORD_LIST_EMPTY;
    struct keyword *items = ARENA_ARRAY(arena, n_words, struct keyword);
    size_t i = 0;

    while (i < n_words && words[i].len > 0) {
        const struct keyword_info *info = keyword_find(words[i]);
        size_t n = info ? count_words(info, words + i, n_words - i) : 0;

        if (!info || n > n_words - i || words[i + n - 1].len == 0) {
            list.unknown = words[i];
            break;
        }
        items[list.n++] = (struct keyword){ info, words + i, n };
        i += n;
    }
    arena_trim(arena, items, n_words * sizeof(*items), list.n * sizeof(*items));
    list.items = items;
    return list;
}

static const struct keyword *list_pair_get(const struct keyword_list *earlier,
                                           const struct keyword_list *later, size_t i)
{
    return i < earlier->n ? &earlier->items[i] : &later->items[i - earlier->n];
}

struct keyword_list keyword_list_merge(const struct keyword_list *earlier,
                                       const struct keyword_list *later, struct arena *arena)
{
    size_t last[N_KEYWORDS] = { 0 }; /* of each slot: its last place, from 1 */
    size_t n_all = earlier->n + later->n;
    struct keyword *items = ARENA_ARRAY(arena, n_all, struct keyword);
    struct keyword_list list = { .items = items,
                                 .unknown =
                                     later->unknown.len ? later->unknown : earlier->unknown };

    for (size_t i = 0; i < n_all; i++)
        last[keyword_slot(list_pair_get(earlier, later, i)->info)] = i + 1;
    for (size_t i = 0; i < n_all; i++) {
        const struct keyword *item = list_pair_get(earlier, later, i);

        if (item->info->is_repeated ||
            (last[keyword_slot(item->info)] == i + 1 && !item->info->is_reset))
            items[list.n++] = *item;
    }
    arena_trim(arena, items, n_all * sizeof(*items), list.n * sizeof(*items));
    return list;
}

static bool keyword_equal(const struct keyword *a, const struct keyword *b)
{
    if (a->info != b->info || a->n_words != b->n_words)
        return false;
    for (size_t i = 0; i < a->n_words; i++) {
        if (!slice_equal(a->words[i], b->words[i]))
            return false;
    }
    return true;
}

/* The next one from *at on that counts as repeated, or NULL. */
static const struct keyword *next_repeated(const struct keyword_list *list, size_t *at)
{
    while (*at < list->n) {
        const struct keyword *item = &list->items[(*at)++];

        if (item->info->is_repeated)
            return item;
    }
    return NULL;
}

static const char *repeated_difference(const struct keyword_list *a, const struct keyword_list *b)
{
    const struct keyword *x, *y;
    size_t at_a = 0, at_b = 0;

    do {
        x = next_repeated(a, &at_a);
        y = next_repeated(b, &at_b);
        if (!x != !y || (x && !keyword_equal(x, y)))
            return (x ? x : y)->info->name;
    } while (x);
    return NULL;
}

static bool is_compared(const struct keyword *item, unsigned ignored)
{
    return !item->info->is_repeated && !(ignored & 1u << item->info->kind);
}

const char *keyword_list_difference(const struct keyword_list *a, const struct keyword_list *b,
                                    unsigned ignored)
{
    const struct keyword *by_slot[N_KEYWORDS] = { NULL };

    for (size_t i = 0; i < a->n; i++) {
        if (is_compared(&a->items[i], ignored))
            by_slot[a->items[i].info - keywords] = &a->items[i];
    }
    for (size_t i = 0; i < b->n; i++) {
        const struct keyword **other = &by_slot[b->items[i].info - keywords];

        if (!is_compared(&b->items[i], ignored))
            continue;
        if (!*other || !keyword_equal(*other, &b->items[i]))
            return b->items[i].info->name;
        *other = NULL;
    }
    for (size_t i = 0; i < N_KEYWORDS; i++) {
        if (by_slot[i])
            return by_slot[i]->info->name;
    }
    return repeated_difference(a, b);
}

const struct keyword *keyword_list_find(const struct keyword_list *list, enum keyword_kind kind)
{
    for (size_t i = list->n; i > 0; i--) {
        if (list->items[i - 1].info->kind == kind)
            return &list->items[i - 1];
    }
    return NULL;
}

bool keyword_parse_time(struct slice word, uint64_t *ret_ms)
{
    static const struct {
        const char *name;
        uint64_t ms;
    } units[] = { { "", 1 },      { "ms", 1 },      { "s", 1000 },
                  { "m", 60000 }, { "h", 3600000 }, { "d", 86400000 } };
    const uint64_t max = (uint64_t)1 << 40;
    size_t n_digits = 0;
    uint64_t number;

    while (n_digits < word.len && word.ptr[n_digits] >= '0' && word.ptr[n_digits] <= '9')
        n_digits++;
    if (!slice_parse_u64(slice_sub(word, 0, n_digits), max, &number))
        return false;

    struct slice unit = slice_sub(word, n_digits, word.len);

    if (slice_is(unit, "us")) {
        *ret_ms = (number + 999) / 1000;
        return true;
    }
    for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
        if (slice_is(unit, units[i].name)) {
            *ret_ms = number * units[i].ms;
            return true;
        }
    }
    return false;
}
