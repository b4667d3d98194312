/* SPDX-License-Identifier: MIT */
/* Shared by the functions that ask; their table is in questions.c. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "data/dep.h"
#include "data/value.h"
#include "query.h"

struct eval;

struct question {
    struct query query;
    struct dep dep;
};

/* The question that the arguments, strings, make together. When they are one constant it is kept
 * with the call: parsed once, not per element; else it is good until the next one. parts: of
 * query_part. */
MUST_CHECK bool question_parse(struct eval *eval, enum dep_kind kind, unsigned parts,
                               char separator, const struct value *args, size_t n_args,
                               const struct question **ret_question, struct error *err);

/* --- questions_kv.c ------------------------------------------------------------------------ */

bool call_key(struct eval *eval, const struct value *args, size_t n_args, struct value *ret,
              struct error *err);
bool call_key_exists(struct eval *eval, const struct value *args, size_t n_args, struct value *ret,
                     struct error *err);
bool call_key_or_default(struct eval *eval, const struct value *args, size_t n_args,
                         struct value *ret, struct error *err);
bool call_ls(struct eval *eval, const struct value *args, size_t n_args, struct value *ret,
             struct error *err);
bool call_tree(struct eval *eval, const struct value *args, size_t n_args, struct value *ret,
               struct error *err);
bool call_safe_ls(struct eval *eval, const struct value *args, size_t n_args, struct value *ret,
                  struct error *err);
bool call_safe_tree(struct eval *eval, const struct value *args, size_t n_args, struct value *ret,
                    struct error *err);

/* --- surroundings.c ------------------------------------------------------------------------ */

bool call_file(struct eval *eval, const struct value *args, size_t n_args, struct value *ret,
               struct error *err);
bool call_env(struct eval *eval, const struct value *args, size_t n_args, struct value *ret,
              struct error *err);
bool call_must_env(struct eval *eval, const struct value *args, size_t n_args, struct value *ret,
                   struct error *err);
bool call_env_or_default(struct eval *eval, const struct value *args, size_t n_args,
                         struct value *ret, struct error *err);
