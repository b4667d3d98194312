/* SPDX-License-Identifier: MIT */
/* The running daemon, asked from the command line. */
#pragma once

#include <stdbool.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "config/config.h"

/* Tells the daemon the verb, with a name or NULL, prints what it says, and returns the exit status.
 */
int ask_run(const struct config_flags *flags, const char *verb, const char *name);

/* The runtime_dir of the daemon that is meant: of the option, else of the configuration files that
 * are named, else of the environment, else the usual one. On the heap. Mistakes of the
 * configuration are added to the report. */
MUST_CHECK bool ask_find_runtime_dir(const struct config_flags *flags, char **ret_folder,
                                     struct buf *report, struct error *err);
