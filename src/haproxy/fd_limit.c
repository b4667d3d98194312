/* SPDX-License-Identifier: MIT */
/* `maxconn` beside the limit of open files. */
#include "fd_limit.h"

#include <stdio.h>
#include <string.h>

#include "io/file.h"
#include "structure.h"

#define MAX_BYTES 65536
/* To the client, and to the server. */
#define FILES_PER_CONNECTION 2

/* Of the global section; 0: HAProxy takes what the limit allows. */
static uint64_t find_maxconn(const struct haproxy_config *config)
{
    uint64_t found = 0;

    for (size_t i = 0; i < config->n_lines; i++) {
        struct slice section = config->lines[i].section, rest = config->lines[i].content, word;

        if (!slice_is(section, "global") || !slice_is(config->lines[i].keyword, "maxconn"))
            continue;
        /* NUL, "maxconn", NUL, number, NUL: see structure.c */
        for (size_t n = 0; n < 3 && slice_next(&rest, '\0', &word); n++)
            if (n == 2 && !slice_parse_u64(word, UINT32_MAX, &found))
                found = 0;
    }
    return found;
}

/* The hard limit: HAProxy raises the other one itself. "Max open files  SOFT  HARD  files" */
static bool find_limit(uint64_t pid, uint64_t *ret_limit)
{
    CLEANUP(buf_fini) struct buf path = BUF_EMPTY, text = BUF_EMPTY;
    unsigned long long soft, hard;
    struct error err;
    const char *line;

    buf_printf(&path, "/proc/%llu/limits", (unsigned long long)pid);
    if (!file_read(path.ptr, MAX_BYTES, &text, &err) || text.len == 0)
        return false;
    line = strstr(text.ptr, "Max open files");
    if (!line || sscanf(line, "Max open files %llu %llu", &soft, &hard) != 2)
        return false; /* "unlimited" */
    *ret_limit = hard;
    return true;
}

bool fd_limit_is_too_low(const struct haproxy_config *config, uint64_t pid, struct buf *ret_why)
{
    uint64_t maxconn = find_maxconn(config), needed = maxconn * FILES_PER_CONNECTION;
    uint64_t limit;

    if (maxconn == 0 || !find_limit(pid, &limit) || needed <= limit)
        return false;
    buf_printf(ret_why,
               "'maxconn %llu' needs %llu open files at least, and HAProxy (process %llu) may have "
               "%llu: it would not start",
               (unsigned long long)maxconn, (unsigned long long)needed, (unsigned long long)pid,
               (unsigned long long)limit);
    return true;
}
