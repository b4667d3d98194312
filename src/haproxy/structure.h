/* SPDX-License-Identifier: MIT */
/* The structure of a configuration: its lines but for those of servers, in a form that is equal
 * exactly if HAProxy reads the same. */
#pragma once

#include "haproxy/config.h"
#include "haproxy/quote.h"

struct haproxy_line {
    struct slice content; /* what is compared */
    struct slice keyword, section;
    struct haproxy_place place;
};

/* What is compared of a line: its words, or all of it if it has variables. `section` is how its
 * section begins, "frontend www". */
void structure_add(struct haproxy_config *config, size_t *cap, const struct quote_line *line,
                   struct slice written, struct slice section, struct haproxy_place place);
