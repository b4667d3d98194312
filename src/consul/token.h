/* SPDX-License-Identifier: MIT */
/* The ACL token: a text of the configuration, or a file that is read again when it changes.
 *
 * It exists as the line of a request's header and as nothing else: no log, no error, no status
 * shows it. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/error.h"

struct token_file { /* what tells one version of a file from another */
    dev_t device;
    ino_t inode;
    off_t size;
    struct timespec modified;
};

struct token {
    char *path;   /* NULL: not from a file */
    char *header; /* "X-Consul-Token: …"; NULL: no token */
    struct token_file file;
    bool is_unreadable; /* the file was there once and is not now: said once */
};

#define TOKEN_NONE ((struct token){ NULL, NULL, { 0, 0, 0, { 0, 0 } }, false })

/* Both may be NULL; a file wins. A file that cannot be read at first is an error: going on without
 * the token would make everything look empty. */
MUST_CHECK bool token_init(struct token *token, const char *text, const char *path,
                           struct error *err);
void token_fini(struct token *token);
/* Reads a file that has changed; true if the token is another one now. A file that has gone or
 * holds no token changes nothing: it is being replaced. */
bool token_refresh(struct token *token);
