/* SPDX-License-Identifier: MIT */
/* What one run of a command says, on its way to the log.
 *
 * Lines are logged as they come. Those of a repeated attempt are held until it is known how it
 * ended: a failure that looks like the one before is no news. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/log.h"
#include "base/redact.h"
#include "base/slice.h"

struct output {
    char *subject; /* what a log line begins with; owned */
    bool is_held;
    size_t n_lines; /* read so far */
    size_t n_shown; /* of these, logged or held */
    uint64_t hash;  /* of all lines; see output_add_line() */
    struct buf held;
    struct buf scratch;
    struct redaction redaction;
};

#define OUTPUT_NONE ((struct output){ .subject = NULL })

/* What an earlier run left in it is forgotten. */
void output_begin(struct output *output, const char *subject, bool is_held);
/* Numbers do not count in the hash: process ids and times differ from run to run. */
void output_add_line(struct output *output, struct slice line);
/* Logs what was held, if it is news, and how much was left out. */
void output_end(struct output *output, bool is_news, enum log_level level);
void output_fini(struct output *output);
