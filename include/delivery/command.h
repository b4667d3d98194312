/* SPDX-License-Identifier: MIT */
/* Commands that templates name (reload, check): what to run, and a queue that runs them one at a
 * time, in order, equal ones once. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "base/slice.h"
#include "io/child.h"
#include "io/loop.h"

/* A string runs under `sh -c`, a list directly; n_words 0: no command. */
struct command {
    char **words; /* is_shell: one word, the script */
    size_t n_words;
    bool is_shell;
};

bool command_equal(const struct command *a, const struct command *b);
void command_format(const struct command *command, struct buf *out); /* as people would type it */
void command_fini(struct command *command);

struct command_queue;

struct command_request {
    const char *name; /* whose command it is, for the log: "template '/etc/x'"; copied */
    const struct command *command; /* borrowed until on_done */
    uint64_t timeout_ms;
    const char *const *extra_env; /* "NAME=value" lines, NULL-terminated; copied; may be NULL */
    bool is_token_passed;         /* CONSUL_HTTP_TOKEN and the like stay in its environment */
    void (*on_done)(void *ctx, const struct child_result *result);
    void *ctx;
};

/* consul_address is what commands find in CONSUL_HTTP_ADDR; copied; NULL: left alone. */
struct command_queue *command_queue_new(struct loop *loop, const char *consul_address);
void command_queue_free(struct command_queue *queue); /* what runs is killed; no callbacks */
DEFINE_FREEP(struct command_queue, command_queue_free)

/* Adds a request behind the others. If one that waits (not runs) has an equal command, both are
 * served by one run and both callbacks are called. Its output goes to the log line by line. */
void command_queue_add(struct command_queue *queue, const struct command_request *request);
/* Forgets the requests of this ctx; one that runs goes on, and its callback is not called. */
void command_queue_cancel(struct command_queue *queue, void *ctx);
bool command_queue_is_idle(const struct command_queue *queue);

/* True for a result that counts as success: exit status 0. */
bool command_succeeded(const struct child_result *result);
