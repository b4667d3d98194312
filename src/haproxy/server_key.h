/* SPDX-License-Identifier: MIT */
/* Names of proxies and servers, and servers in maps, by "PROXY/SERVER". */
#pragma once

#include <stdbool.h>

#include "base/arena.h"
#include "base/map.h"
#include "base/slice.h"

struct slice server_key(struct arena *arena, struct slice proxy, struct slice server);
void *server_map_find(const struct map *map, struct slice proxy, struct slice server);

/* HAProxy takes it as a name: letters, digits and _ . : - alone, so that it has no other meaning in
 * a command. */
bool name_is_plain(struct slice name);
