/* SPDX-License-Identifier: MIT */
/* What is missing between us and HAProxy. */
#include "hint.h"

#include <errno.h>
#include <grp.h>
#include <string.h>
#include <sys/stat.h>

#include "base/slice.h"
#include "delivery/command.h"
#include "rights.h"

/* What the kernel shows of groups that our user namespace (PrivateUsers=) does not have. */
#define OVERFLOW_GID 65534

/* The path of a Unix socket, however it is written; NULL: it is an address. */
static const char *path_of(const char *socket)
{
    if (strncmp(socket, "unix@", 5) == 0)
        socket += 5;
    return *socket == '/' ? socket : NULL;
}

/* A group that a shell can be given: by its name, or by how it is found out. */
static void add_group(const char *path, gid_t gid, struct buf *out)
{
    const struct group *group = gid == OVERFLOW_GID ? NULL : getgrgid(gid);

    if (group) {
        buf_add_string(out, group->gr_name);
        return;
    }
    buf_add_string(out, "\"$(stat -c %G ");
    command_quote(slice_from(path), out);
    buf_add_string(out, ")\"");
}

static void add_stanza(const char *path, const char *more, struct buf *out)
{
    buf_printf(out, "fix: in HAProxy's 'global' section: stats socket %s mode 660 level admin%s",
               path, more);
}

/* A group that has the socket, and is not root's. */
static bool is_shared(const struct stat *st)
{
    return st->st_mode & S_IWGRP && st->st_gid != 0;
}

static void add_join(const char *user, const char *path, const struct stat *st, struct buf *out)
{
    buf_add_string(out, "usermod -aG ");
    add_group(path, st->st_gid, out);
    buf_printf(out, " %s, and start edgewright again\n", user);
}

static void add_forbidden_stats(const char *user, const char *path, struct buf *out)
{
    struct stat st;

    if (!rights_check_way(user, path, out) || stat(path, &st) < 0)
        return;
    buf_printf(out, "user %s may not use HAProxy's socket '%s'; ", user, path);
    if (is_shared(&st)) {
        buf_add_string(out, "fix: ");
        add_join(user, path, &st, out);
        return;
    }
    add_stanza(path, " group haproxy", out);
    buf_printf(out, ", and usermod -aG haproxy %s\n", user);
}

void hint_add_stats(const char *user, const struct haproxy_options *options,
                    enum haproxy_probe_outcome outcome, struct buf *out)
{
    const char *path = path_of(options->socket);
    const char *shown = path ? path : options->socket;

    switch (outcome) {
    case HAPROXY_PROBE_GOOD:
    case HAPROXY_PROBE_SILENT: return;
    case HAPROXY_PROBE_ABSENT:
        if (!haproxy_files_lack_socket(options->files, options->n_files, options->socket))
            return;
        buf_printf(out, "HAProxy opens no socket '%s'; ", shown);
        add_stanza(shown, "\n", out);
        return;
    case HAPROXY_PROBE_FORBIDDEN:
        if (path)
            add_forbidden_stats(user, path, out);
        return;
    case HAPROXY_PROBE_POWERLESS:
        buf_printf(out, "HAProxy's socket '%s' lets nothing be changed; ", shown);
        add_stanza(shown, "\n", out);
        return;
    }
}

void hint_add_master(const char *user, const char *socket, enum haproxy_probe_outcome outcome,
                     struct buf *out)
{
    const char *path = path_of(socket);
    struct stat st;

    if ((outcome != HAPROXY_PROBE_ABSENT && outcome != HAPROXY_PROBE_FORBIDDEN) || !path)
        return;
    if (outcome == HAPROXY_PROBE_ABSENT)
        buf_printf(out, "HAProxy has no master socket '%s'; fix: ", path);
    else
        buf_printf(out, "user %s may not use HAProxy's master socket '%s'; fix: ", user, path);
    if (outcome == HAPROXY_PROBE_FORBIDDEN && stat(path, &st) == 0 && is_shared(&st)) {
        add_join(user, path, &st, out);
        return;
    }
    /* Debian's own is root's, and not in a folder that others reach. */
    buf_add_string(out, "Environment=\"EXTRAOPTS=-S /run/haproxy/master.sock,mode,660\" below "
                        "[Service] (systemctl edit haproxy; it has to be restarted), and "
                        "'master_socket: /run/haproxy/master.sock'\n");
}

void hint_add_reload(const char *user, const char *unit, struct buf *out)
{
    buf_printf(out,
               "user %s may not reload '%s'; fix, in /etc/polkit-1/rules.d/50-edgewright.rules: "
               "polkit.addRule(function (action, subject) { if (action.id == "
               "\"org.freedesktop.systemd1.manage-units\" && action.lookup(\"unit\") == \"%s\" && "
               "action.lookup(\"verb\") == \"reload\" && subject.user == \"%s\") return "
               "polkit.Result.YES; });\n",
               user, unit, unit, user);
}

void hint_add_checker(const char *binary, int sys_errno, struct buf *out)
{
    buf_printf(out, "'%s' cannot be run: %s; ", binary, strerror(sys_errno));
    if (sys_errno == ENOENT && !strchr(binary, '/'))
        buf_add_string(out, "fix: apt-get install haproxy, or name its place with "
                            "'haproxy: {binary: PATH}'\n");
    else
        buf_add_string(out, "fix: name its place with 'haproxy: {binary: PATH}'\n");
}
