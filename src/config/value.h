/* SPDX-License-Identifier: MIT */
/* Readers of single values; each names in its mistake what it expects. */
#pragma once

#include "setting.h"

setting_read_fn read_string;    /* char *; "" takes away what an earlier source said */
setting_read_fn read_secret;    /* the same, for what goes into a header */
setting_read_fn read_directory; /* the same; of systemd's list of folders, the first */
setting_read_fn read_bool;
setting_read_fn read_number;   /* size_t, between min and max */
setting_read_fn read_attempts; /* unsigned, the same */
setting_read_fn read_duration; /* uint64_t, milliseconds */
setting_read_fn read_perms;    /* mode_t; octal however it is written, 0: keep */
setting_read_fn read_signal;   /* int; "" and SIGNIL: 0 */
setting_read_fn read_log_level;
setting_read_fn read_log_format;
setting_read_fn read_tls_version; /* unsigned: 12 or 13 */
setting_read_fn read_write;       /* bool: in place */
setting_read_fn read_escape;      /* enum escape_mode */

/* Puts a copy of the text, or NULL for an empty one, in the place of an earlier one. */
void replace_string(char **place, struct slice text);
