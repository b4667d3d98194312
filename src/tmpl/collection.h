/* SPDX-License-Identifier: MIT */
/* Functions on lists and maps that have files of their own; the table is in collection.c. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "data/value.h"

struct eval;

/* grouping.c */
bool call_by_tag(struct eval *eval, const struct value *args, size_t n_args, struct value *ret,
                 struct error *err);
bool call_by_port(struct eval *eval, const struct value *args, size_t n_args, struct value *ret,
                  struct error *err);
bool call_by_meta(struct eval *eval, const struct value *args, size_t n_args, struct value *ret,
                  struct error *err);
bool call_by_key(struct eval *eval, const struct value *args, size_t n_args, struct value *ret,
                 struct error *err);

extern const struct type type_any_list_map; /* map[string][]interface {} */
extern const struct type type_port_map;     /* map[int][]interface {} */
extern const struct type type_instance_map; /* map[string][]*dependency.HealthService */
extern const struct type type_pair_map_map; /* map[string]map[string]*dependency.KeyPair */

/* merging.c */
bool call_merge_map(struct eval *eval, const struct value *args, size_t n_args, struct value *ret,
                    struct error *err);
bool call_merge_map_with_override(struct eval *eval, const struct value *args, size_t n_args,
                                  struct value *ret, struct error *err);
bool call_explode(struct eval *eval, const struct value *args, size_t n_args, struct value *ret,
                  struct error *err);
bool call_explode_map(struct eval *eval, const struct value *args, size_t n_args, struct value *ret,
                      struct error *err);
