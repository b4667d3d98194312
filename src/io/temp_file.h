/* SPDX-License-Identifier: MIT */
/* What file.c, mirror.c and temp_leftover.c need of temporary files beyond the public face. */
#pragma once

#include <sys/stat.h>

#include "io/file.h"

/* As temp_file_create(), with the file that FILE_KEEP_… refers to; NULL: the old one at `path`. */
MUST_CHECK bool temp_file_create_like(struct temp_file *temp, const char *path,
                                      const struct stat *like,
                                      const struct file_attributes *attributes, struct error *err);

/* A hidden name, another one at each call, for the caller to free. */
char *temp_file_new_name(const char *final_name);
bool temp_file_is_name(const char *name); /* of any temporary file */
/* Whether a file of that name was made for the final one. */
bool temp_file_is_name_of(const char *name, const char *final_name);
