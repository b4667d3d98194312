/* SPDX-License-Identifier: MIT */
/* The log as the system's syslog takes it, over its socket. */
#pragma once

#include "base/cleanup.h"
#include "base/log.h"
#include "base/slice.h"

#define SYSLOG_PATH "/dev/log"

struct syslog_writer;

/* facility: as LOG_LOCAL0 of <syslog.h>; name: what lines are filed under; both strings are copied.
 * The socket is opened with the first line. */
struct syslog_writer *syslog_writer_new(const char *path, int facility, const char *name);
void syslog_writer_free(struct syslog_writer *writer);
DEFINE_FREEP(struct syslog_writer, syslog_writer_free)

/* A log_sink_fn; ctx: the writer. It never waits: a line that syslog does not take at once goes to
 * standard error instead, so that none is lost. */
void syslog_write(void *ctx, enum log_level level, struct slice line);
