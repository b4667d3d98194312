/* SPDX-License-Identifier: MIT */
/* The file that says which process we are. */
#pragma once

#include "base/cleanup.h"
#include "base/error.h"

/* The file of this path (NULL: none) takes the place of *path (NULL: none), which is owned and
 * follows. On an error the earlier one stays. */
MUST_CHECK bool pid_file_move(char **path, const char *to, struct error *err);
