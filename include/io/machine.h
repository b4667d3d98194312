/* SPDX-License-Identifier: MIT */
/* What tells this machine from the others of a fleet. */
#pragma once

#include <stdint.h>

/* The same each time: by /etc/machine-id, else by the host's name. */
uint64_t machine_hash(void);
