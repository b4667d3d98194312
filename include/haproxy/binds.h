/* SPDX-License-Identifier: MIT */
/* Addresses that a configuration has HAProxy listen at, and that it could not have. Its own check
 * does not look, and a reload that fails for one stops the listeners that there are for a while. */
#pragma once

#include "base/cleanup.h"
#include "base/error.h"
#include "base/slice.h"

/* Of the text's `bind` lines those count whose addresses the installed text does not have: a new
 * worker gets what the old one listens at. False for the first one whose IP no interface has; that
 * a port is taken, or not for us, says nothing, as HAProxy may have it itself. */
MUST_CHECK bool binds_check(const char *path, struct slice installed, struct slice text,
                            struct error *err);
