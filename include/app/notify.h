/* SPDX-License-Identifier: MIT */
/* What the service manager is told. The only file that knows sd_notify.
 *
 * Everything here does nothing when nobody listens ($NOTIFY_SOCKET is not set). The daemon keeps
 * the variable; its children do not get it (delivery/environment.h). */
#pragma once

#include "base/cleanup.h"
#include "base/slice.h"

/* Each of these takes one line an operator can read, and sends it as STATUS= with the rest, so that
 * state and words never contradict each other. Control bytes (service names are in it) are shown as
 * '?', long texts are cut. */
void notify_ready(struct slice status);     /* READY=1; also ends what RELOADING=1 began */
void notify_status(struct slice status);    /* not sent again while it stays the same */
void notify_reloading(struct slice status); /* RELOADING=1 with its MONOTONIC_USEC */
void notify_stopping(struct slice status);  /* STOPPING=1 */
