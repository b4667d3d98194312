/* SPDX-License-Identifier: MIT */
/* The `haproxy` section of a template. */
#pragma once

#include "reading.h"
#include "setting.h"

setting_read_fn read_haproxy; /* bool: the section is there, and its rows */
setting_read_fn read_updates; /* bool: reload-only, not auto */

/* What the section leaves to us: the files that HAProxy reads, the check. */
void template_settle_haproxy(struct reading *reading, const struct yaml_node *node,
                             struct template_draft *tmpl);
/* Two groups cannot have one HAProxy, nor one group two. */
void templates_check_haproxy(struct reading *reading, struct source_list *sources);
