/* SPDX-License-Identifier: MIT */
/* runtime_dir/control: what operators tell the running daemon, one line a connection. */
#pragma once

#include <stdbool.h>

#include "base/cleanup.h"
#include "io/loop.h"

#define CONTROL_SOCKET "control" /* its name in runtime_dir */

struct control;
struct cycle;

/* Without a folder, or where the socket cannot be made (that is logged), it does nothing. */
struct control *control_new(struct loop *loop, const char *runtime_dir, struct cycle *cycle);
void control_free(struct control *control);
/* Another process listens there. */
bool control_is_taken(const struct control *control);
