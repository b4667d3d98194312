/* SPDX-License-Identifier: MIT */
/* Whose deliveries an operator has stopped for a while. That outlives the process: a restart must
 * not undo what somebody decided. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "base/slice.h"

struct json_node;
struct pause;

/* With what an earlier process has left in the folder; NULL: it is forgotten with the process.
 * What cannot be read is set aside and said. */
struct pause *pause_new(const char *state_dir);
void pause_free(struct pause *pause);
DEFINE_FREEP(struct pause, pause_free)

bool pause_is_empty(const struct pause *pause);
bool pause_covers_all(const struct pause *pause);
bool pause_has(const struct pause *pause, struct slice name);

/* name "": all. Taking away "" takes away everything. In memory they always succeed; an error says
 * why the next process will not know. */
MUST_CHECK bool pause_add(struct pause *pause, struct slice name, struct error *err);
MUST_CHECK bool pause_remove(struct pause *pause, struct slice name, struct error *err);

void pause_describe(const struct pause *pause, struct buf *out); /* "all deliveries", or names */
void pause_add_status(const struct pause *pause, struct json_node *to); /* as "paused" */
