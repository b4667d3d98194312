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
struct environment_options environment_options_copy(const struct environment_options *options);
void environment_options_fini(struct environment_options *options);

/* What a template's command sees, and how it is ended when its time is over. */
struct command_manner {
    struct environment_options environment;
    int kill_signal; /* 0: TERM */
    uint64_t kill_timeout_ms;
};

bool command_manner_equal(const struct command_manner *a, const struct command_manner *b);
struct command_manner command_manner_copy(const struct command_manner *manner);
void command_manner_fini(struct command_manner *manner);

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
