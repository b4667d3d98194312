/* SPDX-License-Identifier: MIT */
/* Whether a text is a configuration of HAProxy's, for a hint to its operator. */
#pragma once

#include <stdbool.h>

#include "base/slice.h"

/* It has a `global` or `defaults` section, a proxy, and a server in it. */
bool haproxy_is_likely(struct slice text);
