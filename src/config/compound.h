/* SPDX-License-Identifier: MIT */
/* Readers of values with parts: lists, commands, waits, credentials. */
#pragma once

#include "setting.h"

setting_read_fn read_strings;     /* char ** and its length: a list, or one text */
setting_read_fn read_command;     /* struct command: a text for the shell, or a list of words */
setting_read_fn read_wait;        /* struct wait_options: "MIN[:MAX]", or a mapping */
setting_read_fn read_filters;     /* struct consul_filter * and its length: by name */
setting_read_fn read_credentials; /* draft: "user:password", or a mapping */

/* What a `wait` that is a mapping says. */
struct wait_draft {
    bool is_enabled;
    uint64_t min_ms, max_ms; /* WAIT_DRAFT_UNSET: not said */
};

#define WAIT_DRAFT_UNSET UINT64_MAX

/* "5s" or "5s:20s"; MAX is four times MIN unless given, as with consul-template. */
MUST_CHECK bool wait_parse(struct slice text, struct wait_options *ret_wait);
