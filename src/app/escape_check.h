/* SPDX-License-Identifier: MIT */
/* For `edgewright check --data FILE`: where `escape: haproxy` would change what is rendered. */
#pragma once

#include "base/buf.h"
#include "data_file.h"
#include "tmpl/template.h"

/* Adds each place to the report, with what would be written instead. It is no mistake, so nothing
 * is returned. */
void escape_check(const struct template *tmpl, const struct data_file *data, struct buf *report);
