/* SPDX-License-Identifier: MIT */
/* Which children the loop waits for: all others are orphans that came to us. */
#pragma once

#include <sys/types.h>

void reaper_note(pid_t pid);
void reaper_forget(pid_t pid); /* it has ended and is about to be reaped */
