/* SPDX-License-Identifier: MIT */
/* Where the log goes, and how it looks, as the configuration has it. */
#pragma once

#include "config/config.h"

/* Also says what the configuration is warned of. May be called again with another one. */
void logging_apply(const struct config *config);
void logging_fini(void); /* back to standard error */
