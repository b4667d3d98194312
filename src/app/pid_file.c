/* SPDX-License-Identifier: MIT */
/* The file that says which process we are. */
#include "pid_file.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "io/file.h"

static bool pid_file_write(const char *path, struct error *err)
{
    CLEANUP(buf_fini) struct buf text = BUF_EMPTY;
    struct file_attributes attributes = FILE_ATTRIBUTES_KEEP;

    buf_printf(&text, "%ld\n", (long)getpid());
    return file_install(path, buf_slice(&text), &attributes, err) ||
           error_wrap(err, "pid file '%s'", path);
}

bool pid_file_move(char **path, const char *to, struct error *err)
{
    if (*path && to && strcmp(*path, to) == 0)
        return true;
    if (to && !pid_file_write(to, err))
        return false;
    if (*path)
        unlink(*path);
    free(*path);
    *path = memory_copy_string(to);
    return true;
}
