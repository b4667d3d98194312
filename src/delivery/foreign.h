/* SPDX-License-Identifier: MIT */
/* Files that somebody else has written where ours go: kept for him before they are replaced. */
#pragma once

#include <stdbool.h>

#include "history.h"
#include "stage.h"

/* Of each staged file that is about to replace one whose text is not of this group: that text goes
 * to state_dir/foreign/, and the log says what was changed. Without a journal it is not known who
 * has written what, and nothing happens. Whether any of them was one that we had installed. */
bool foreign_keep(const struct history *history, const struct stage *stage);
