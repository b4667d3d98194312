/* SPDX-License-Identifier: MIT */
/* The status document for people: one screen. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "data/json_document.h"

/* All that somebody should look at, a line each; how many there are. */
size_t status_view_troubles(const struct json_node *status, struct buf *out);
/* The file is written every 30 s at least: older, and the loop stands. */
bool status_view_is_old(const struct json_node *status, uint64_t now_s);
/* Ready, not old, and there is nothing to look at. */
bool status_view_is_healthy(const struct json_node *status, uint64_t now_s);
/* It gets no answers: Consul does not answer it, or not to us. */
bool status_view_is_bad_watch(const struct json_node *watch);
/* now_s: seconds since 1970. */
void status_view_format(const struct json_node *status, uint64_t now_s, bool has_colours,
                        struct buf *out);
