/* SPDX-License-Identifier: MIT */
/* Two answers to the question for a service's instances, one beside the other: what of the older
 * one is missing in the newer one, and both together. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct document;
struct service_instance;

bool instances_are_listed(const struct document *doc); /* doc may be NULL */
/* Those that pass their checks. */
size_t instances_count_passing(const struct document *doc);
/* Instances of `old` that `latest` lacks; with `counts_failing` also those that pass in `old` and
 * fail in `latest` (not those that are in maintenance: somebody wanted that). */
size_t instances_count_missing(const struct document *old, const struct document *latest,
                               bool counts_failing);
/* All of `latest`, and what is missing of `old`. One that fails in `latest` and is kept has
 * everything that is new but its status and checks. In the order of both by node and ID; where
 * `latest` has another one (by distance), what is missing stands behind it. */
struct document *instances_join(struct document *old, struct document *latest, bool keeps_failing);

/* Calls for each instance of either, by node and ID, with what it was and what it is; NULL: it was
 * not, or is not, in that list. doc NULL: an empty list. */
void instances_compare(const struct document *old, const struct document *latest,
                       void (*on_instance)(void *ctx, const struct service_instance *before,
                                           const struct service_instance *after),
                       void *ctx);
