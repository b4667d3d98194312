/* SPDX-License-Identifier: MIT */
/* `edgewright status`: what the running daemon is doing, from the file that it keeps. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "config/config.h"

struct status_options {
    bool is_json, is_prometheus; /* neither: for people */
    bool is_watching;            /* again and again, until somebody interrupts it */
    uint64_t max_age_ms; /* 0: none. Else what is wrong counts only when the data are older */
};

/* Returns the exit status: 0 healthy, 1 degraded (or too old), 3 not running. */
int status_run(const struct config_flags *flags, const struct status_options *options);
