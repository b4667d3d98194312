/* SPDX-License-Identifier: MIT */
/* The status document as metrics, in Prometheus' text form. */
#pragma once

#include <stdbool.h>

#include "base/buf.h"
#include "data/json_document.h"

/* Every metric there is, with the lines of those that apply. */
void metrics_format(const struct json_node *status, struct buf *out);
/* Names of all metrics, for tests and manuals; NULL after the last one. */
const char *metrics_name(unsigned i);
