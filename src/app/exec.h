/* SPDX-License-Identifier: MIT */
/* Exec mode: a program that is started when everything is in place, told of changes, and whose end
 * is ours. */
#pragma once

#include <stdbool.h>

#include "base/cleanup.h"
#include "data/json_document.h"
#include "delivery/exec_options.h"
#include "io/loop.h"

struct exec;

struct exec_handler {
    /* It has ended: by itself, or after exec_stop(). status: as a shell has it, 128 + the signal's
     * number for a signal, 127 for a program that is not found. The last call; it may
     * free it. */
    void (*on_end)(void *ctx, int status);
    void (*on_state)(void *ctx); /* what exec_add_status() says has changed */
};

/* Nothing is started yet. The options are borrowed until others are given; consul_address: what it
 * finds in CONSUL_HTTP_ADDR; copied. */
struct exec *exec_new(struct loop *loop, const struct exec_options *options,
                      const char *consul_address, const struct exec_handler *handler, void *ctx);
void exec_free(struct exec *exec); /* what runs is killed, and its group */
DEFINE_FREEP(struct exec, exec_free)

/* The configuration was read again. Another command or environment starts it anew, at the next
 * exec_take_up(). */
void exec_configure(struct exec *exec, const struct exec_options *options,
                    const char *consul_address);
/* Everything is in place: starts it, or has it take up what has changed. */
void exec_take_up(struct exec *exec);
void exec_signal(struct exec *exec, int signo); /* passed on, if it runs */
/* Ends it gracefully; on_end follows. False if nothing runs: there will be no call. */
bool exec_stop(struct exec *exec);
bool exec_is_running(const struct exec *exec);
/* As the members of an object. */
void exec_add_status(const struct exec *exec, struct json_node *to);
/* Its options have changed since it was started: it waits for exec_take_up(). */
bool exec_is_outdated(const struct exec *exec);
