/* SPDX-License-Identifier: MIT */
/* Files of state_dir that this process cannot read. */
#pragma once

#include "base/error.h"

/* A state file that is not understood never keeps us from working: it gets another name, for
 * people, and the log says why and what follows from it ("nothing is paused"). */
void state_file_set_aside(const char *path, const struct error *why, const char *consequence);
