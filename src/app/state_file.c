/* SPDX-License-Identifier: MIT */
/* Files of state_dir that this process cannot read. */
#include "state_file.h"

#include <stdio.h>

#include "base/buf.h"
#include "base/log.h"

void state_file_set_aside(const char *path, const struct error *why, const char *consequence)
{
    CLEANUP(buf_fini) struct buf aside = BUF_EMPTY;

    buf_printf(&aside, "%s.unreadable", path);
    if (rename(path, aside.ptr) < 0)
        log_warn("'%s': %s; %s", path, why->text, consequence);
    else
        log_warn("'%s': %s; it is '%s' now, and %s", path, why->text, aside.ptr, consequence);
}
