/* SPDX-License-Identifier: MIT */
/* Tries the addresses of `bind` lines. Nothing listens at them. */
#include "haproxy/binds.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/map.h"
#include "haproxy/address.h"
#include "haproxy/quote.h"

struct binds {
    struct slice rest;
    struct source_pos pos;
    struct quote_line line; /* the present one */
    struct arena arena;
};

/* The next line that is a `bind`, in whatever section. One that cannot be read is none. */
static bool binds_next(struct binds *binds)
{
    struct slice written;
    struct error err;

    while (binds->rest.len > 0 && slice_next(&binds->rest, '\n', &written)) {
        binds->pos.line++;
        if (slice_starts_with(slice_trim(written), SLICE("bind")) &&
            quote_split(written, binds->pos, &binds->arena, &binds->line, &err) &&
            binds->line.n_sure > 1 && slice_is(binds->line.words[0].text, "bind"))
            return true;
    }
    return false;
}

/* In another namespace or behind another interface an address is another one, and a transparent one
 * is nobody's. */
static bool is_plain(const struct quote_line *line)
{
    static const char *const words[] = { "transparent", "namespace", "interface" };

    for (size_t i = 2; i < line->n_words; i++)
        for (size_t j = 0; j < ARRAY_SIZE(words); j++)
            if (slice_is(line->words[i].text, words[j]))
                return false;
    return true;
}

/* A range of ports is one address. QUIC's are addresses like others, which those of servers are
 * not: what speaks QUIC there cannot be told another address of TCP. */
static bool read_address(struct slice word, struct haproxy_address *ret_address)
{
    if (slice_starts_with(word, SLICE("quic4@")) || slice_starts_with(word, SLICE("quic6@")))
        word = slice_sub(word, sizeof("quic4@") - 1, word.len);

    size_t colon = slice_find_last_byte(word, ':');
    size_t dash = slice_find_byte(slice_sub(word, colon, word.len), '-');

    if (colon != SLICE_NOT_FOUND && dash != SLICE_NOT_FOUND)
        word = slice_sub(word, 0, colon + dash);
    return haproxy_address_parse(word, ret_address);
}

static bool has_interface(const struct haproxy_address *address)
{
    struct sockaddr_in v4 = { .sin_family = AF_INET };
    struct sockaddr_in6 v6 = { .sin6_family = AF_INET6 };
    bool is_v4 = address->family == AF_INET;
    int fd = socket(address->family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool has;

    if (fd < 0)
        return true;
    memcpy(&v4.sin_addr, address->ip, sizeof(v4.sin_addr));
    memcpy(&v6.sin6_addr, address->ip, sizeof(v6.sin6_addr));
    has = bind(fd, is_v4 ? (struct sockaddr *)&v4 : (struct sockaddr *)&v6,
               is_v4 ? sizeof(v4) : sizeof(v6)) == 0 ||
          errno != EADDRNOTAVAIL;
    close(fd);
    return has;
}

/* One line: addresses, with commas between them. */
static bool check_line(const struct binds *binds, const struct map *known, struct error *err)
{
    struct slice words = binds->line.words[1].text, word;
    struct haproxy_address address;

    if (map_find(known, words) || !is_plain(&binds->line))
        return true;
    while (words.len > 0 && slice_next(&words, ',', &word))
        if (read_address(word, &address) && !has_interface(&address))
            return error_set_at(err, ERROR_INVALID, binds->pos,
                                "'bind %.*s': no interface of this machine has that address",
                                SLICE_ARG(slice_sub(word, 0, 64)));
    return true;
}

bool binds_check(const char *path, struct slice installed, struct slice text, struct error *err)
{
    CLEANUP(map_fini) struct map known = MAP_EMPTY;
    struct binds before = { .rest = installed, .pos = { path, 0, 1 } };
    struct binds after = { .rest = text, .pos = { path, 0, 1 } };
    bool is_good = true;

    while (binds_next(&before))
        map_put(&known, before.line.words[1].text, &before);
    while (is_good && binds_next(&after))
        is_good = check_line(&after, &known, err);
    arena_fini(&before.arena);
    arena_fini(&after.arena);
    return is_good;
}
