/* SPDX-License-Identifier: MIT */
/* Trees against the tables: which keys are known, which are refused, and who reads their values. */
#pragma once

#include <stdbool.h>

#include "reading.h"
#include "setting.h"

setting_read_fn read_section; /* a mapping by the section's rows, or its short form */
setting_read_fn read_refused; /* a key of consul-template's that is never served; --lenient */
setting_read_fn read_ignored; /* one that may stand there without harm; a warning */

/* Gives every setting of a section, and of the sections in it, its default. */
void schema_apply_defaults(struct reading *reading, const struct setting *section, void *base);
/* The same with the variables of the environment that are set and not empty. */
void schema_apply_environment(struct reading *reading, const struct setting *section,
                              const char *(*get_env)(const char *name), void *base);
/* A setting of the draft by its dotted name, such as "consul.ssl.verify", which must exist. */
void schema_apply_text(struct reading *reading, const char *key, struct slice text);
