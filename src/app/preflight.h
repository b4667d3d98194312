/* SPDX-License-Identifier: MIT */
/* What will be needed later, tried when we start: what is missing is said with the exact fix.
 *
 * A finding is a warning, said once; nothing waits for the preflight, and it changes nothing. */
#pragma once

#include "base/buf.h"
#include "base/cleanup.h"
#include "io/loop.h"

struct config;
struct preflight;

struct preflight *preflight_new(struct loop *loop);
void preflight_free(struct preflight *preflight); /* NULL is fine */

/* Files and folders at once, everything else from the loop, one after the other. The configuration
 * is borrowed until the next call; what it asked for before is dropped. */
void preflight_start(struct preflight *preflight, const struct config *config);

/* For `edgewright check`: what can be known without asking anybody, a line each. A folder for files
 * of ours that is not there is nothing: this may be another machine. */
void preflight_check_files(const struct config *config, struct buf *out);
