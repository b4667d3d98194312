/* SPDX-License-Identifier: MIT */
/* Readers of what concerns the process and those it runs: syslog, their environment. */
#pragma once

#include "setting.h"

setting_read_fn read_facility;    /* int: as LOG_LOCAL0 of <syslog.h> */
setting_read_fn read_assignments; /* char ** and its length: "NAME=value" */
