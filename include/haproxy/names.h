/* SPDX-License-Identifier: MIT */
/* Distinct names for servers: a template that names its servers after their hosts gives two
 * instances on one host the same name, which HAProxy refuses since 2.4 or so. */
#pragma once

#include "base/arena.h"
#include "base/buf.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "haproxy/config.h"

/* Appends the text of one of the config's files, with "-PORT" (then "-N") behind names that others
 * of the same proxy have. Whoever lives keeps his name: a server that `before` has at the same
 * address under a name made of the same one is called so again, also when it is the only one left.
 * `before` may be NULL: the file as it is installed.
 *
 * `report` gets "PROXY: NAME (IP:PORT) is NAME-PORT", a line for each new name. Returns false if a
 * server that would be renamed is referred to by its name: ERROR_INVALID, nothing is appended. */
MUST_CHECK bool names_make_distinct(const struct haproxy_config *config, size_t file,
                                    const struct haproxy_config *before, struct buf *out,
                                    struct buf *report, struct error *err);
