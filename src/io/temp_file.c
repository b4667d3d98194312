/* SPDX-License-Identifier: MIT */
/* New versions of files: written beside the old one under a hidden name, then put in its place. */
#include "temp_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/log.h"
#include "base/memory.h"
#include "io/loop.h"

#define DEFAULT_MODE  0644
#define LABEL_NAME    "security.selinux"
#define INFIX         ".edgewright-"
#define LETTERS       "abcdefghijklmnopqrstuvwxyz0123456789"
#define N_RANDOM      6
#define NAME_ATTEMPTS 100

/* The file and the folder it is in, where these are symbolic links. */
enum links { LINKS_FOLLOWED, LINKS_REFUSED };

/* Keeps what is in front of the last slash as the folder, and what is behind it as the name. */
static bool temp_file_split_path(struct temp_file *temp, const char *path, struct error *err)
{
    const char *slash = strrchr(path, '/');
    const char *name = slash ? slash + 1 : path;
    size_t dir_len = !slash ? 0 : slash == path ? 1 : (size_t)(slash - path);

    temp->final_name = memory_copy_string(name);
    temp->dir_path = dir_len ? slice_to_string(slice_of(path, dir_len)) : memory_copy_string(".");
    if (path[0] == '\0')
        return error_set(err, ERROR_INVALID, "the path is empty");
    if (name[0] == '\0' || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
        return error_set(err, ERROR_INVALID, "is a folder");
    return true;
}

/* What names of temporary files begin with: the final one, cut where it would become too long for
 * the file system. */
static void add_name_prefix(struct buf *out, const char *final_name)
{
    size_t room = NAME_MAX - strlen(".") - strlen(INFIX) - N_RANDOM;

    buf_printf(out, ".%.*s" INFIX, SLICE_ARG(slice_sub(slice_from(final_name), 0, room)));
}

bool temp_file_is_name(const char *name)
{
    size_t len = strlen(name), infix_at;

    if (len < strlen(".") + strlen(INFIX) + N_RANDOM || name[0] != '.')
        return false;
    infix_at = len - N_RANDOM - strlen(INFIX);
    return strncmp(name + infix_at, INFIX, strlen(INFIX)) == 0 &&
           strspn(name + len - N_RANDOM, LETTERS) == N_RANDOM;
}

bool temp_file_is_name_of(const char *name, const char *final_name)
{
    CLEANUP(buf_fini) struct buf prefix = BUF_EMPTY;

    add_name_prefix(&prefix, final_name);
    return temp_file_is_name(name) && strncmp(name, prefix.ptr, prefix.len) == 0 &&
           strlen(name) == prefix.len + N_RANDOM;
}

char *temp_file_new_name(const char *final_name)
{
    struct buf name = BUF_EMPTY;

    add_name_prefix(&name, final_name);
    for (int i = 0; i < N_RANDOM; i++)
        buf_add_byte(&name, LETTERS[random_between(0, strlen(LETTERS) - 1)]);
    return buf_take(&name);
}

/* Nobody else can open it until its owner and mode are set. */
static bool temp_file_open(struct temp_file *temp, struct error *err)
{
    int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;

    for (int attempt = 0; attempt < NAME_ATTEMPTS; attempt++) {
        temp->name = temp_file_new_name(temp->final_name);
        temp->fd = openat(temp->dir_fd, temp->name, flags, 0600);
        if (temp->fd >= 0) {
            (void)flock(temp->fd, LOCK_EX | LOCK_NB); /* in use: see temp_leftover.c */
            return true;
        }

        int reason = errno;

        free(TAKE(temp->name));
        errno = reason;
        if (reason != EEXIST)
            break;
    }
    return error_set_errno(err, "create a file in '%s'", temp->dir_path);
}

/* An owner that is kept, not asked for: we may lack the right, or the number has no meaning in our
 * user namespace (EINVAL). That is said once for a file, as the next old one is ours. */
static bool keep_owner(const struct temp_file *temp, uid_t owner, gid_t group, struct error *err)
{
    struct error why;

    if (fchown(temp->fd, owner, group) == 0)
        return true;

    bool is_refused = errno == EPERM || errno == EINVAL;

    error_set_errno(is_refused ? &why : err, "keep the owner");
    if (is_refused)
        log_warn("file '%s': its %s (%u) cannot be kept, it is ours now: %s", temp->final_name,
                 owner == FILE_KEEP_OWNER ? "group" : "owner",
                 owner == FILE_KEEP_OWNER ? group : owner, why.text);
    return is_refused;
}

static bool temp_file_set_owner(struct temp_file *temp, const struct stat *old,
                                const struct file_attributes *attributes, struct error *err)
{
    struct stat own;

    if (fstat(temp->fd, &own) < 0)
        return error_set_errno(err, "fstat");
    if (old && attributes->group == FILE_KEEP_GROUP && old->st_gid != own.st_gid &&
        !keep_owner(temp, FILE_KEEP_OWNER, old->st_gid, err))
        return false;
    if (old && attributes->owner == FILE_KEEP_OWNER && old->st_uid != own.st_uid &&
        !keep_owner(temp, old->st_uid, FILE_KEEP_GROUP, err))
        return false;
    if ((attributes->owner != FILE_KEEP_OWNER || attributes->group != FILE_KEEP_GROUP) &&
        fchown(temp->fd, attributes->owner, attributes->group) < 0)
        return error_set_errno(err, "set the owner");
    return true;
}

/* After the owner: changing that takes setuid and setgid away. Those two are not kept from an old
 * file, which may have had another owner. */
static bool temp_file_set_mode(struct temp_file *temp, const struct stat *old,
                               const struct file_attributes *attributes, struct error *err)
{
    mode_t mode = attributes->mode != FILE_KEEP_MODE ? attributes->mode & 07777
                  : old                              ? old->st_mode & 0777
                                                     : DEFAULT_MODE;

    if (fchmod(temp->fd, mode) < 0)
        return error_set_errno(err, "set the mode");
    return true;
}

/* SELinux's label of the old file, which an administrator may have set by hand; a new file gets the
 * folder's. Where there is no SELinux there is no label. One that cannot be set is only logged: the
 * folder's is as good as what a copy would have. */
static void temp_file_keep_label(const struct temp_file *temp)
{
    char label[LIMIT_LABEL_BYTES];
    CLEANUP(buf_fini) struct buf path = BUF_EMPTY;
    struct error err;
    ssize_t n;

    buf_printf(&path, "/proc/self/fd/%d/%s", temp->dir_fd, temp->final_name);
    n = getxattr(path.ptr, LABEL_NAME, label, sizeof(label));
    if (n <= 0 || fsetxattr(temp->fd, LABEL_NAME, label, (size_t)n, 0) == 0)
        return;
    error_set_errno(&err, "its SELinux label cannot be kept");
    log_warn("file '%s': %s", temp->final_name, err.text);
}

static bool temp_file_open_folder(struct temp_file *temp, const char *path, enum links links,
                                  struct error *err)
{
    int no_link = links == LINKS_REFUSED ? O_NOFOLLOW : 0;

    if (!temp_file_split_path(temp, path, err))
        return false;
    temp->dir_fd = open(temp->dir_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | no_link);
    if (temp->dir_fd < 0)
        return error_set_errno(err, "folder '%s'", temp->dir_path);
    return true;
}

/* What is there under the final name, links followed or refused: *ret_exists is false if nothing is
 * that mode and owner could be kept from. */
static bool temp_file_look_at_old(const struct temp_file *temp, enum links links,
                                  struct stat *ret_old, bool *ret_exists, struct error *err)
{
    struct stat old;

    *ret_exists = false;
    if (fstatat(temp->dir_fd, temp->final_name, &old, AT_SYMLINK_NOFOLLOW) < 0)
        return errno == ENOENT ? true : error_set_errno(err, "stat");

    bool is_link = S_ISLNK(old.st_mode);

    if (is_link && links == LINKS_REFUSED)
        return error_set(err, ERROR_INVALID, "is a symbolic link");
    if (is_link && fstatat(temp->dir_fd, temp->final_name, &old, 0) < 0)
        return errno == ENOENT ? true : error_set_errno(err, "follow the link");
    if (S_ISDIR(old.st_mode))
        return error_set(err, ERROR_INVALID, "is a folder");
    if (!S_ISREG(old.st_mode)) /* a link to a device says nothing about the file in its place */
        return is_link ? true : error_set(err, ERROR_INVALID, "is not a regular file");
    *ret_old = old;
    *ret_exists = true;
    return true;
}

static struct temp_file temp_file_take(struct temp_file *temp)
{
    struct temp_file taken = *temp;

    *temp = TEMP_FILE_NONE;
    return taken;
}

static bool temp_file_make(struct temp_file *temp, const char *path, enum links links,
                           const struct stat *like, const struct file_attributes *attributes,
                           struct error *err)
{
    CLEANUP(temp_file_discard) struct temp_file made = TEMP_FILE_NONE;
    struct stat old = { 0 };
    bool exists = false;

    if (!temp_file_open_folder(&made, path, links, err) ||
        !temp_file_look_at_old(&made, links, &old, &exists, err))
        return false;
    if (!like && exists)
        like = &old;
    if (!temp_file_open(&made, err) || !temp_file_set_owner(&made, like, attributes, err) ||
        !temp_file_set_mode(&made, like, attributes, err))
        return false;
    if (exists)
        temp_file_keep_label(&made);
    *temp = temp_file_take(&made);
    return true;
}

bool temp_file_create_like(struct temp_file *temp, const char *path, const struct stat *like,
                           const struct file_attributes *attributes, struct error *err)
{
    return temp_file_make(temp, path, LINKS_FOLLOWED, like, attributes, err);
}

bool temp_file_create(struct temp_file *temp, const char *path,
                      const struct file_attributes *attributes, struct error *err)
{
    return temp_file_make(temp, path, LINKS_FOLLOWED, NULL, attributes, err);
}

bool temp_file_create_unlinked(struct temp_file *temp, const char *path,
                               const struct file_attributes *attributes, struct error *err)
{
    return temp_file_make(temp, path, LINKS_REFUSED, NULL, attributes, err);
}

bool temp_file_get_id(const struct temp_file *temp, struct file_id *ret_id, struct error *err)
{
    struct stat st;

    if (fstat(temp->fd, &st) < 0)
        return error_set_errno(err, "fstat");
    *ret_id = (struct file_id){ st.st_dev, st.st_ino };
    return true;
}

void temp_file_format_path(const struct temp_file *temp, struct buf *out)
{
    const char *slash = strcmp(temp->dir_path, "/") == 0 ? "" : "/";

    buf_printf(out, "%s%s%s", temp->dir_path, slash, temp->name);
}

bool temp_file_write(struct temp_file *temp, struct slice text, struct error *err)
{
    while (text.len > 0) {
        ssize_t n = write(temp->fd, text.ptr, text.len);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return error_set_errno(err, "write");
        text = slice_sub(text, (size_t)n, text.len);
    }
    return true;
}

bool temp_file_sync(struct temp_file *temp, struct error *err)
{
    int r;

    do
        r = fsync(temp->fd);
    while (r < 0 && errno == EINTR);
    return r < 0 ? error_set_errno(err, "fsync") : true;
}

/* Some file systems cannot sync a folder and say EINVAL: they have nothing to be waited for. */
static void temp_file_sync_folder(const struct temp_file *temp)
{
    struct error err;

    if (fsync(temp->dir_fd) == 0 || errno == EINVAL)
        return;
    error_set_errno(&err, "fsync of folder '%s'", temp->dir_path);
    log_warn("file '%s': replaced, but a power failure may undo that: %s", temp->final_name,
             err.text);
}

bool temp_file_rename(struct temp_file *temp, struct error *err)
{
    if (renameat(temp->dir_fd, temp->name, temp->dir_fd, temp->final_name) < 0)
        return error_set_errno(err, errno == EBUSY ? "rename (a file that is mounted by itself "
                                                     "needs 'write: in-place')"
                                                   : "rename");
    free(TAKE(temp->name));
    temp_file_sync_folder(temp);
    temp_file_discard(temp);
    return true;
}

void temp_file_discard(struct temp_file *temp)
{
    if (temp->name)
        unlinkat(temp->dir_fd, temp->name, 0);
    if (temp->fd >= 0)
        close(temp->fd);
    if (temp->dir_fd >= 0)
        close(temp->dir_fd);
    free(temp->dir_path);
    free(temp->name);
    free(temp->final_name);
    *temp = TEMP_FILE_NONE;
}

bool file_install(const char *path, struct slice text, const struct file_attributes *attributes,
                  struct error *err)
{
    CLEANUP(temp_file_discard) struct temp_file temp = TEMP_FILE_NONE;

    return temp_file_create(&temp, path, attributes, err) && temp_file_write(&temp, text, err) &&
           temp_file_sync(&temp, err) && temp_file_rename(&temp, err);
}
