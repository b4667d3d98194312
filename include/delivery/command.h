/* SPDX-License-Identifier: MIT */
/* Commands that templates name (reload, check): what is to be run. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

/* A string runs under `sh -c`, a list directly; n_words 0: no command. */
struct command {
    char **words; /* is_shell: one word, the script */
    size_t n_words;
    bool is_shell;
};

#define COMMAND_NONE ((struct command){ NULL, 0, false })

bool command_equal(const struct command *a, const struct command *b);
struct command command_copy(const struct command *command);
void command_format(const struct command *command, struct buf *out); /* as people would type it */
/* A word as a shell takes it for itself: in quotes where it needs them. */
void command_quote(struct slice word, struct buf *out);
/* What to execute, NULL-terminated; the words are borrowed, the array is the caller's (free()). */
const char **command_argv(const struct command *command);
void command_fini(struct command *command); /* it is COMMAND_NONE afterwards */
