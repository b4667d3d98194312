/* SPDX-License-Identifier: MIT */
/* The guard of a template. */
#pragma once

#include "setting.h"

setting_read_fn read_guard;        /* struct guard: on, off, or a mapping of its settings */
setting_read_fn read_guard_member; /* in the same struct guard, the setting of the row's name */
