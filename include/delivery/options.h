/* SPDX-License-Identifier: MIT */
/* How a group's files are delivered: what delivery/ obeys and config/ fills in. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "delivery/command.h"
#include "delivery/exec_options.h"
#include "haproxy/options.h"

struct delivery_file {
    char *destination;
    mode_t perms;       /* FILE_KEEP_MODE: as the old file, 0644 for a new one */
    char *user, *group; /* name or number; NULL: as the old file */
    bool create_dest_dirs;
    struct command check; /* n_words 0: none; see delivery/trial.h */
    bool is_in_place;     /* written into, not replaced: it is mounted by itself */
    bool backup;          /* keeps the old text in destination.bak */
};

struct delivery_command {
    struct command command;
    uint64_t timeout_ms; /* 0: none */
    struct command_manner manner;
    bool pass_token;
};

bool delivery_command_equal(const struct delivery_command *a, const struct delivery_command *b);
void delivery_command_fini(struct delivery_command *run);

enum delivery_rollback {
    DELIVERY_ROLLBACK_AUTO, /* on HAProxy's own evidence alone */
    DELIVERY_ROLLBACK_ALWAYS,
    DELIVERY_ROLLBACK_NEVER,
};

struct delivery_options {
    char *name; /* of the group, for logs and status */
    struct delivery_file *files;
    size_t n_files;
    struct delivery_command *commands; /* in order; each one once */
    size_t n_commands;
    enum delivery_rollback rollback; /* after commands that ran and failed */
    char **watch_files;              /* of others: a change of one is checked and taken up, too */
    size_t n_watch_files;
    size_t keep;                     /* generations of texts that were taken up; from 1 on */
    struct haproxy_options *haproxy; /* it takes up what is installed; NULL: the commands do */
};

void delivery_options_fini(struct delivery_options *options); /* all of it on the heap */
