/* SPDX-License-Identifier: MIT */
/* The environment that commands get: the daemon's, without what is none of their business. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/slice.h"

struct environment_options;

struct environment {
    char **lines; /* "NAME=value", NULL-terminated once there is one; owned */
    size_t n, cap;
};

#define ENVIRONMENT_EMPTY ((struct environment){ NULL, 0, 0 })

void environment_fini(struct environment *env);

/* Copies `base` (as environ). Left out are the variables by which systemd talks to the daemon
 * itself (a child that notifies or takes our sockets would speak in our name) and, unless asked
 * for, Consul's, Vault's and Nomad's credentials. */
void environment_inherit(struct environment *env, char *const *base, bool with_secrets);
/* Takes away what the options do not let through, then sets what they add. */
void environment_restrict(struct environment *env, const struct environment_options *options);
/* Sets one variable, in place of an earlier one of that name. */
void environment_set(struct environment *env, const char *name, const char *value);
void environment_set_line(struct environment *env, const char *line); /* "NAME=value" */
const char *const *environment_lines(const struct environment *env);  /* never NULL */

/* Appends an item to a list (EDGEWRIGHT_FILES and the like) unless it is there already; the items
 * must not contain the separator. False if the list would not fit into one variable
 * (LIMIT_COMMAND_ENV_BYTES); it is unchanged then. */
bool environment_list_add(struct buf *list, char separator, struct slice item);
