/* SPDX-License-Identifier: MIT */
/* The command line: what is to be done, and what it says of the configuration. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "app/status_command.h"
#include "base/buf.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "config/config.h"

enum cli_command {
    CLI_RUN,    /* no command: watch and render */
    CLI_RECORD, /* `record`: render once, save all answers */
    CLI_CHECK,  /* `check`, or -parse-only: read everything, say what is wrong */
    CLI_STATUS,
    CLI_ASK, /* `release`, `pause`, `resume`: told to the running daemon */
};

struct cli {
    enum cli_command command;
    bool is_help, is_version;     /* then nothing else of this counts */
    bool once, dry, diff;         /* diff: with dry, a diff instead of the whole text */
    uint64_t timeout_ms;          /* with once; 0: none */
    struct status_options status; /* of CLI_STATUS */
    const char *verb;             /* of CLI_ASK */
    char *argument;               /* of the command; NULL: none */
    char *data;                   /* --data; NULL: Consul answers */
    struct config_flags flags;
};

/* Reads argv[1..]. What cannot be read is an error whose text is for the user (exit status 2); it
 * contains no value of an option, which may be a secret. *ret_cli is released with cli_fini(). */
MUST_CHECK bool cli_parse(int argc, char *const *argv, struct cli *ret_cli, struct error *err);
void cli_fini(struct cli *cli);

/* The text of --help, and the line of --version; both end with a newline. */
void cli_format_help(struct buf *out);
void cli_format_version(struct buf *out);
