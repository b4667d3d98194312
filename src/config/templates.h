/* SPDX-License-Identifier: MIT */
/* Templates: entries of files and of the command line. */
#pragma once

#include <stddef.h>

#include "base/slice.h"
#include "reading.h"
#include "setting.h"

setting_read_fn read_templates; /* a mapping, or a list of mappings; they add up */

/* "IN:OUT[:COMMAND[:WAIT]]", as consul-template takes it; WAIT is ours. */
void template_read_flag(struct reading *reading, struct slice text);

/* Two templates must not write one file. */
void templates_check_destinations(struct reading *reading, struct source_list *sources);
/* "WHAT; the other one: FILE:LINE", at the later one. */
void templates_add_clash(struct reading *reading, struct source_list *sources,
                         const struct template_config *later, const struct template_config *earlier,
                         const char *what);

void template_config_fini(struct template_config *config);
