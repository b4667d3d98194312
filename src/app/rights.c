/* SPDX-License-Identifier: MIT */
/* What our user may do with files and folders. */
#include "rights.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "delivery/command.h"

void rights_add_user(struct buf *out)
{
    const struct passwd *user = getpwuid(geteuid());

    if (user)
        buf_add_string(out, user->pw_name);
    else
        buf_printf(out, "%u", (unsigned)geteuid());
}

/* As the user that opens files, ACLs and all; false: *ret_errno says why not. */
static bool may(const char *path, int mode, int *ret_errno)
{
    *ret_errno = faccessat(AT_FDCWD, path, mode, AT_EACCESS) == 0 ? 0 : errno;
    return *ret_errno == 0;
}

static void add_quoted(struct buf *out, const char *path)
{
    command_quote(slice_from(path), out);
}

static void add_acl(const char *user, const char *path, const char *what, const char *rights,
                    struct buf *out)
{
    buf_printf(out, "user %s may not %s '%s'; fix: setfacl -m u:%s:%s ", user, what, path, user,
               rights);
    add_quoted(out, path);
    buf_add_byte(out, '\n');
}

/* The folder that holds it; "" of a bare name. The caller frees it. */
static char *parent_of(const char *path)
{
    struct slice all = slice_from(path);

    while (all.len > 1 && all.ptr[all.len - 1] == '/')
        all.len--;

    size_t at = slice_find_last_byte(all, '/');

    if (at == SLICE_NOT_FOUND)
        return slice_to_string(SLICE("."));
    return slice_to_string(slice_sub(all, 0, at == 0 ? 1 : at));
}

bool rights_check_way(const char *user, const char *path, struct buf *out)
{
    CLEANUP(buf_fini) struct buf folder = BUF_EMPTY;
    struct slice all = slice_from(path);
    int number;

    for (size_t i = 0; i < all.len; i++) {
        if (all.ptr[i] != '/' || (i > 0 && all.ptr[i - 1] == '/'))
            continue;
        buf_clear(&folder);
        buf_add(&folder, slice_sub(all, 0, i == 0 ? 1 : i));
        if (may(folder.ptr, X_OK, &number))
            continue;
        if (number == EACCES)
            add_acl(user, folder.ptr, "enter", "x", out);
        return number != EACCES;
    }
    return true;
}

/* --- Folders --------------------------------------------------------------------------------- */

/* Both at once: where a sandbox makes it read-only, the kernel speaks of the rights first. */
static void check_present_folder(const char *user, const char *folder, struct buf *out)
{
    struct statvfs fs;
    int number;

    if (!may(folder, W_OK | X_OK, &number) && number == EACCES)
        add_acl(user, folder, "replace files in", "rwx", out);
    if (statvfs(folder, &fs) == 0 && fs.f_flag & ST_RDONLY) {
        buf_printf(out,
                   "'%s' is read-only for us; fix: ReadWritePaths=%s below [Service] (systemctl "
                   "edit), or mount it writable\n",
                   folder, folder);
    }
}

static void add_missing_folder(const char *user, const char *folder, struct buf *out)
{
    buf_printf(out, "folder '%s' is missing; fix: install -d -o %s ", folder, user);
    add_quoted(out, folder);
    buf_add_byte(out, '\n');
}

/* The nearest folder that is there; the caller frees it. */
static char *present_part(const char *folder)
{
    char *at = slice_to_string(slice_from(folder));
    int number;

    while (!may(at, F_OK, &number) && number == ENOENT && strcmp(at, ".") != 0) {
        char *parent = parent_of(at);

        free(at);
        at = parent;
    }
    return at;
}

void rights_check_folder(const char *user, const char *folder, enum rights_missing missing,
                         struct buf *out)
{
    char *at = missing == RIGHTS_MISSING_IS_MADE ? present_part(folder)
                                                 : slice_to_string(slice_from(folder));
    int number;

    if (may(at, F_OK, &number))
        check_present_folder(user, at, out);
    else if (number != ENOENT)
        (void)rights_check_way(user, at, out);
    else if (missing == RIGHTS_MISSING_COUNTS)
        add_missing_folder(user, at, out);
    free(at);
}

void rights_check_folder_of(const char *user, const char *path, enum rights_missing missing,
                            struct buf *out)
{
    char *folder = parent_of(path);

    rights_check_folder(user, folder, missing, out);
    free(folder);
}

/* --- Files ----------------------------------------------------------------------------------- */

void rights_check_file(const char *user, const char *path, struct buf *out)
{
    int number;

    if (may(path, R_OK, &number) || number != EACCES || !rights_check_way(user, path, out))
        return;
    add_acl(user, path, "read", "r", out);
}

static bool is_end(char byte)
{
    return byte == '\'' || byte == '"' || byte == ' ' || byte == '\t' || byte == ']' ||
           byte == ')' || byte == ',' || byte == ':' || byte == '<' || byte == '>';
}

/* HAProxy 2.2 to 3.2 of a file that it cannot read: what follows names it. Paths in other lines may
 * be anything, also what somebody would like to have made readable. */
static bool skip_to_file(struct slice *line)
{
    static const char *const words[] = { "cannot open", "unable to", "failed to", "Didn't find" };

    for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
        size_t at = slice_find(*line, slice_from(words[i]));

        if (at == SLICE_NOT_FOUND)
            continue;
        *line = slice_sub(*line, at, line->len);
        return true;
    }
    return false;
}

void rights_check_words(const char *user, struct slice line, struct buf *out)
{
    size_t from = 0;

    if (!skip_to_file(&line))
        return;
    while (from < line.len) {
        size_t to = from;

        while (to < line.len && !is_end(line.ptr[to]))
            to++;

        struct slice word = slice_sub(line, from, to);

        from = to + 1;
        while (slice_ends_with(word, SLICE(".")))
            word.len--;
        if (!slice_starts_with(word, SLICE("/")))
            continue;

        char *path = slice_to_string(word);

        rights_check_file(user, path, out);
        free(path);
    }
}
