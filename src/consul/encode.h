/* SPDX-License-Identifier: MIT */
/* From the C structs of data/catalog.h back to JSON in the shape of Consul's API, by the tables
 * that they are read with. What is empty is left out: it reads as the same. */
#pragma once

#include <stddef.h>

#include "base/buf.h"
#include "parts.h"

void encode_text(struct buf *out, struct slice text);
void encode_texts(struct buf *out, const struct array *texts); /* of slices */
void encode_members(struct buf *out, struct members members, const void *object);
/* The elements of a list of structs, or of pointers to them. */
void encode_list(struct buf *out, const struct value *list, struct members members);
/* n structs of that size, one after the other. */
void encode_objects(struct buf *out, const struct array *objects, size_t size,
                    struct members members);
