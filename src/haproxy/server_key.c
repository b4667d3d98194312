/* SPDX-License-Identifier: MIT */
/* Names, and keys of servers that are made without memory of their own where they are short. */
#include "server_key.h"

#include "unit.h"

#define SHORT_BYTES 512

static struct slice write_key(char *key, struct slice proxy, struct slice server)
{
    memcpy(key, proxy.ptr, proxy.len);
    key[proxy.len] = '/';
    memcpy(key + proxy.len + 1, server.ptr, server.len);
    return slice_of(key, proxy.len + 1 + server.len);
}

struct slice server_key(struct arena *arena, struct slice proxy, struct slice server)
{
    return write_key(arena_alloc(arena, proxy.len + 1 + server.len), proxy, server);
}

void *server_map_find(const struct map *map, struct slice proxy, struct slice server)
{
    CLEANUP(arena_fini) struct arena arena = ARENA_EMPTY;
    char room[SHORT_BYTES];
    bool is_short = proxy.len < SHORT_BYTES / 2 && server.len < SHORT_BYTES / 2;

    return map_find(map,
                    is_short ? write_key(room, proxy, server) : server_key(&arena, proxy, server));
}

bool name_is_plain(struct slice name)
{
    for (size_t i = 0; i < name.len; i++) {
        char byte = name.ptr[i];

        if (!unit_is_alphanumeric(byte) && byte != '_' && byte != '.' && byte != ':' && byte != '-')
            return false;
    }
    return name.len > 0;
}
