/* SPDX-License-Identifier: MIT */
/* What is missing between us and HAProxy, and the exact fix for it: a line each, appended to `out`.
 */
#pragma once

#include "base/buf.h"
#include "haproxy/options.h"
#include "haproxy/probe.h"

/* The stats socket. Nothing for one that is good, silent or absent although HAProxy's files open
 * it: HAProxy may not run yet. */
void hint_add_stats(const char *user, const struct haproxy_options *options,
                    enum haproxy_probe_outcome outcome, struct buf *out);
/* The master socket of an HAProxy that runs. */
void hint_add_master(const char *user, const char *socket, enum haproxy_probe_outcome outcome,
                     struct buf *out);
/* We may not have systemd reload the unit. */
void hint_add_reload(const char *user, const char *unit, struct buf *out);
/* The checker cannot be run at all. */
void hint_add_checker(const char *binary, int sys_errno, struct buf *out);
