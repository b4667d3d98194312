/* SPDX-License-Identifier: MIT */
/* What file.c needs of temporary files beyond the public face. */
#pragma once

#include <sys/stat.h>

#include "io/file.h"

/* As temp_file_create(), with the file that FILE_KEEP_… refers to; NULL: the old one at `path`. */
MUST_CHECK bool temp_file_create_like(struct temp_file *temp, const char *path,
                                      const struct stat *like,
                                      const struct file_attributes *attributes, struct error *err);
