/* SPDX-License-Identifier: MIT */
/* Takes out of a text what those who may read logs must not: the inside of PEM blocks (keys), and
 * the values that the program was told are secret. For what others say (the output of commands and
 * checks, differences, errors that quote data); our own lines name no values.
 *
 * The secrets are the process's, like the log. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/slice.h"

#define REDACTED "(hidden)"

/* From now on each line of the value is hidden: wherever it occurs, or, if it has five bytes or
 * fewer, where it is a word, or words, of its own. What says nothing is no secret and would be
 * found everywhere: one or two bytes, a number of three digits, "true", "off" and the like. False:
 * there is no room for more; redact_forget() makes some. */
bool redact_hide(struct slice value);
void redact_forget(void); /* all values */

/* Where a text stands that comes line by line; zeroed: at its beginning. */
struct redaction {
    bool is_in_pem;
};

/* Appends the line, without its end. */
void redact_line(struct redaction *redaction, struct slice line, struct buf *out);
void redact_text(struct slice text, struct buf *out); /* of any number of lines */
/* The same with the text of an error, in place. */
void redact_error(struct error *err);
