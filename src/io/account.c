/* SPDX-License-Identifier: MIT */
/* Users and groups that own files, by name or number. */
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdint.h>
#include <string.h>

#include "base/buf.h"
#include "io/file.h"

#define ENTRY_BYTES     1024 /* of a passwd or group entry, to start with */
#define ENTRY_MAX_BYTES (1u << 20)

/* The last number means "keep" to chown(2). */
static bool find_number(const char *name, uint32_t *ret_number)
{
    uint64_t number;

    if (!slice_parse_u64(slice_from(name), UINT32_MAX - 1, &number))
        return false;
    *ret_number = (uint32_t)number;
    return true;
}

/* Room for the strings of an entry, twice as much as before; false at the limit. */
static bool grow_entry(struct buf *strings)
{
    size_t size = strings->cap ? strings->cap * 2 : ENTRY_BYTES;

    if (size > ENTRY_MAX_BYTES)
        return false;
    buf_reserve(strings, size - 1);
    return true;
}

static bool set_lookup_error(struct error *err, int result, const char *what, const char *name)
{
    /* What the C library says of a missing entry differs; POSIX wants 0. */
    if (result == 0 || result == ENOENT || result == ESRCH)
        return error_set(err, ERROR_INVALID, "there is no %s '%s'", what, name);
    errno = result;
    return error_set_errno(err, "look up %s '%s'", what, name);
}

bool file_find_user(const char *name, uid_t *ret_uid, struct error *err)
{
    CLEANUP(buf_fini) struct buf strings = BUF_EMPTY;
    struct passwd entry, *found = NULL;
    int result = ERANGE;

    if (find_number(name, ret_uid))
        return true;
    while (result == ERANGE && grow_entry(&strings))
        result = getpwnam_r(name, &entry, strings.ptr, strings.cap, &found);
    if (!found)
        return set_lookup_error(err, result, "user", name);
    *ret_uid = found->pw_uid;
    return true;
}

bool file_find_group(const char *name, gid_t *ret_gid, struct error *err)
{
    CLEANUP(buf_fini) struct buf strings = BUF_EMPTY;
    struct group entry, *found = NULL;
    int result = ERANGE;

    if (find_number(name, ret_gid))
        return true;
    while (result == ERANGE && grow_entry(&strings))
        result = getgrnam_r(name, &entry, strings.ptr, strings.cap, &found);
    if (!found)
        return set_lookup_error(err, result, "group", name);
    *ret_gid = found->gr_gid;
    return true;
}
