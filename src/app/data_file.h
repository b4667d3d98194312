/* SPDX-License-Identifier: MIT */
/* --data: a snapshot in a file answers instead of Consul. */
#pragma once

#include <stdbool.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "data/dep.h"
#include "data/document.h"

struct data_file;

/* Reads and checks all of it. path NULL: *ret_file is NULL, which may be freed. */
MUST_CHECK bool data_file_new(const char *path, struct data_file **ret_file, struct error *err);
void data_file_free(struct data_file *file);
DEFINE_FREEP(struct data_file, data_file_free)

/* False: the question is not in it, or (with its place) what it says is no answer to it. */
MUST_CHECK bool data_file_find(const struct data_file *file, const struct dep *dep,
                               struct document **ret_doc, struct error *err);
