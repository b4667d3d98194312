/* SPDX-License-Identifier: MIT */
/* How a process of the operator's is run: what it sees, how it is told to reload and to end. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "delivery/command.h"

/* Names are matched as files are by a shell: "CONSUL_*". */
struct environment_options {
    bool is_pristine; /* nothing but `custom` */
    char **custom;    /* "NAME=value", above all else */
    size_t n_custom;
    char **allowed; /* n_allowed 0: all */
    size_t n_allowed;
    char **denied;
    size_t n_denied;
};

bool environment_options_equal(const struct environment_options *a,
                               const struct environment_options *b);
void environment_options_fini(struct environment_options *options);

/* The program that exec mode keeps running. */
struct exec_options {
    struct command command; /* n_words 0: there is none */
    struct environment_options environment;
    int reload_signal; /* 0: it is started anew */
    int kill_signal;   /* 0: it is killed at once */
    uint64_t kill_timeout_ms;
    uint64_t splay_ms; /* a reload waits for a random part of it */
};

void exec_options_fini(struct exec_options *options);
