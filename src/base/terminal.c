/* SPDX-License-Identifier: MIT */
/* What may be written to somebody's terminal. */
#include "base/terminal.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/slice.h"

bool terminal_has_cursor(int fd)
{
    return isatty(fd) && !slice_is(slice_from(getenv("TERM")), "dumb");
}

bool terminal_has_colours(int fd)
{
    return terminal_has_cursor(fd) && slice_from(getenv("NO_COLOR")).len == 0;
}
