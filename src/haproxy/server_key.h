/* SPDX-License-Identifier: MIT */
/* Servers in maps, by "PROXY/SERVER". */
#pragma once

#include "base/arena.h"
#include "base/map.h"
#include "base/slice.h"

struct slice server_key(struct arena *arena, struct slice proxy, struct slice server);
void *server_map_find(const struct map *map, struct slice proxy, struct slice server);
