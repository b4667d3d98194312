/* SPDX-License-Identifier: MIT */
/* The running program: configuration, signals, readiness, the end. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "config/config.h"

/* Exit statuses that scripts rely on. */
enum exit_status {
    EXIT_STATUS_OK = 0,          /* done, or stopped by a signal */
    EXIT_STATUS_FAILED = 1,      /* --once: a template, a write or a command failed */
    EXIT_STATUS_USAGE = 2,       /* options, configuration, a template that does not parse */
    EXIT_STATUS_TIMEOUT = 3,     /* --once --timeout ran out */
    EXIT_STATUS_NOT_RUNNING = 3, /* release, pause, resume: nobody to tell */
};

struct daemon_options {
    const struct config_flags *flags; /* read again with the files on HUP */
    bool is_once, is_dry, is_diff;
    uint64_t timeout_ms; /* with is_once; 0: none */
    const char *data;    /* a file that answers instead of Consul; NULL: none */
    const char *record;  /* with is_once and is_dry: the answers go to this file; NULL: nowhere */
};

/* Runs until told to stop; returns the exit status. */
int daemon_run(const struct daemon_options *options);

/* Reads configuration and templates and reports every error on standard error; no network. */
int check_run(const struct config_flags *flags, const char *data_path);
