/* SPDX-License-Identifier: MIT */
/* parseYAML, toYAML and toTOML; the table is in yaml_functions.c. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "data/value.h"

struct eval;

/* yaml_read.c */
bool call_parse_yaml(struct eval *eval, const struct value *args, size_t n_args, struct value *ret,
                     struct error *err);

/* yaml_write.c */
bool call_to_yaml(struct eval *eval, const struct value *args, size_t n_args, struct value *ret,
                  struct error *err);

/* toml_write.c */
bool call_to_toml(struct eval *eval, const struct value *args, size_t n_args, struct value *ret,
                  struct error *err);
