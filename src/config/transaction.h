/* SPDX-License-Identifier: MIT */
/* What `group` says: who owns the file, as in consul-template, or what is delivered with it. */
#pragma once

#include "reading.h"
#include "setting.h"

setting_read_fn read_rollback; /* enum delivery_rollback: auto, or a boolean */

/* The owning group of consul-template's is a number, stands beside `user` or `uid` without `gid`,
 * or in a file in its own form. Any other name joins templates to one transaction; where the system
 * has a group of that name, the file gets it, too, and that is noted: whoever comes from
 * consul-template keeps the owner of his files. `gid` is always the owner. */
void template_settle_group(struct reading *reading, struct template_draft *tmpl);
