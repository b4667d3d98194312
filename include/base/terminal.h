/* SPDX-License-Identifier: MIT */
/* What may be written to somebody's terminal. */
#pragma once

#include <stdbool.h>

/* False for what is no terminal, or one that knows no sequences (TERM=dumb). */
bool terminal_has_cursor(int fd);
/* The same, and nobody has asked for none (NO_COLOR, see no-color.org). */
bool terminal_has_colours(int fd);
