/* SPDX-License-Identifier: MIT */
/* What temp_leftover.c needs of mirrors beyond the public face. */
#pragma once

#include "io/mirror.h"

/* The folder and all that is in it. */
void mirror_remove(int parent_fd, const char *name);
