/* SPDX-License-Identifier: MIT */
/* Other times than the watcher's own, for tests that cannot wait for those. */
#pragma once

#include "backoff.h"
#include "consul/watch_set.h"

/* Before the first question is added. */
void watch_set_tune(struct watch_set *set, const struct watch_tuning *tuning);
