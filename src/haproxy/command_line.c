/* SPDX-License-Identifier: MIT */
/* Which files a running HAProxy was told to read. */
#include "command_line.h"

#include <string.h>
#include <sys/stat.h>

#include "io/file.h"

#define MAX_BYTES     (1u << 20)
#define MAX_ARGUMENTS 10000

/* One at a time; the last one ends with a NUL, too. */
static bool next_argument(struct slice *rest, struct arena *arena, const char **ret_argument)
{
    struct slice argument;

    if (rest->len == 0 || !slice_next(rest, '\0', &argument))
        return false;
    *ret_argument = arena_copy(arena, argument).ptr;
    return true;
}

static struct slice without_folder(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slice_from(slash ? slash + 1 : path);
}

/* -f FILE, any number of times, and all that follows a "--". Arguments of other options do not
 * begin with a '-'. */
void command_line_parse(struct slice arguments, struct arena *arena, struct command_line *ret_line)
{
    struct command_line line = { .program = SLICE_EMPTY };
    bool is_all_files = false;
    const char *argument;
    size_t cap = 0;

    if (next_argument(&arguments, arena, &argument))
        line.program = without_folder(argument);
    while (line.n_files < MAX_ARGUMENTS && next_argument(&arguments, arena, &argument)) {
        if (!is_all_files) {
            is_all_files = strcmp(argument, "--") == 0;
            line.changes_folder |= strcmp(argument, "-C") == 0;
            if (strcmp(argument, "-f") != 0 || !next_argument(&arguments, arena, &argument))
                continue;
        }
        ARENA_GROW(arena, line.files, line.n_files, cap);
        line.files[line.n_files++] = argument;
    }
    *ret_line = line;
}

/* What is relative is so to the folder in which that process is. */
static bool find(uint64_t pid, const char *path, struct stat *ret_stat)
{
    CLEANUP(buf_fini) struct buf whole = BUF_EMPTY;

    if (path[0] != '/')
        buf_printf(&whole, "/proc/%llu/cwd/", (unsigned long long)pid);
    buf_add_string(&whole, path);
    return stat(whole.ptr, ret_stat) == 0;
}

/* Nothing is said where one of them is not to be seen from here. */
static bool compare(uint64_t pid, const struct command_line *line, char *const *files,
                    size_t n_files)
{
    bool differs = line->n_files != n_files;

    for (size_t i = 0; i < line->n_files; i++) {
        struct stat theirs, ours;

        if (!find(pid, line->files[i], &theirs))
            return false;
        if (i < n_files && stat(files[i], &ours) == 0)
            differs |= theirs.st_dev != ours.st_dev || theirs.st_ino != ours.st_ino;
    }
    return differs;
}

bool command_line_differs(uint64_t pid, char *const *files, size_t n_files, struct buf *ret_files)
{
    CLEANUP(arena_fini) struct arena arena = ARENA_EMPTY;
    CLEANUP(buf_fini) struct buf path = BUF_EMPTY, text = BUF_EMPTY;
    struct command_line line;
    struct error err;

    buf_printf(&path, "/proc/%llu/cmdline", (unsigned long long)pid);
    if (!file_read(path.ptr, MAX_BYTES, &text, &err))
        return false;
    command_line_parse(buf_slice(&text), &arena, &line);
    if (!slice_starts_with(line.program, SLICE("haproxy")) || line.n_files == 0 ||
        line.changes_folder || !compare(pid, &line, files, n_files))
        return false;
    for (size_t i = 0; i < line.n_files; i++)
        buf_printf(ret_files, "%s'%s'", i ? ", " : "", line.files[i]);
    return true;
}
