/* SPDX-License-Identifier: MIT */
/* What a text would change in the file that it is for. */
#include "delivery/difference.h"

#include <errno.h>

#include "base/diff.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/redact.h"
#include "io/file.h"

bool difference_format(const char *path, struct slice text, size_t max_lines, struct buf *out,
                       struct error *err)
{
    CLEANUP(buf_fini) struct buf old = BUF_EMPTY;
    bool exists = file_read(path, LIMIT_OUTPUT_BYTES, &old, err);

    if (!exists && err->sys_errno != ENOENT && err->sys_errno != ENOTDIR)
        return error_wrap(err, "'%s'", path);
    diff_format(&(struct diff_side){ exists ? path : "/dev/null", buf_slice(&old) },
                &(struct diff_side){ path, text }, max_lines, out);
    return true;
}

void difference_log(const char *path, struct slice text)
{
    CLEANUP(buf_fini) struct buf difference = BUF_EMPTY, shown = BUF_EMPTY;
    struct error err;

    if (!log_is_enabled(LOG_LEVEL_DEBUG))
        return;
    if (!difference_format(path, text, LIMIT_DIFF_LOGGED, &difference, &err))
        log_debug("no difference can be shown: %s", err.text);
    redact_text(buf_slice(&difference), &shown);
    log_lines(LOG_LEVEL_DEBUG, buf_slice(&shown));
}
