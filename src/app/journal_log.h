/* SPDX-License-Identifier: MIT */
/* Lines of the log as entries of systemd's journal, with fields to select by. */
#pragma once

#include <stdbool.h>

#include "base/log.h"

/* Standard error is the journal: systemd says which stream it has made for us. */
bool journal_log_is_stderr(void);
/* One entry: MESSAGE, PRIORITY and, where they apply, MESSAGE_ID, EDGEWRIGHT_EVENT, _GROUP,
 * _SERVICE, _REASON. For log_set_journal(). */
bool journal_log_send(int priority, struct slice line, const struct log_about *about);
/* The MESSAGE_ID of a kind of lines, 32 hexadecimal digits; NULL for LOG_EVENT_NONE. */
const char *journal_log_message_id(enum log_event event);
