/* SPDX-License-Identifier: MIT */
/* Which results of functions are foreign: texts of Consul's catalogue stay recognizable, whatever a
 * template does to them. */
#pragma once

#include <stddef.h>

#include "data/value.h"
#include "tmpl/template.h"

struct function;

/* Marks the result of a call as wholly foreign if an argument holds foreign bytes and the function
 * does not keep spans by itself. */
void foreign_mark(const struct function *function, const struct value *args, size_t n_args,
                  struct value *result);
/* A call has failed: its first foreign argument may be why. */
void foreign_note_culprit(struct render *render, const struct value *args, size_t n_args);
