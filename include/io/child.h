/* SPDX-License-Identifier: MIT */
/* A command, run in a process group of its own, with its output read line by line.
 *
 * It gets no descriptor but 0 to 2 (standard input is /dev/null), no blocked signal and no ignored
 * one. One that is attached writes to our own standard output and error instead. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/slice.h"
#include "io/loop.h"

struct child;

struct child_options {
    const char *const *argv; /* NULL-terminated; argv[0] is looked up in our own PATH */
    const char *const *envp; /* the whole environment, NULL-terminated */
    uint64_t timeout_ms;     /* 0: none. Then the group gets TERM, and KILL after kill_after_ms */
    uint64_t kill_after_ms;
    int stop_signal;      /* instead of TERM; 0: TERM */
    bool is_attached;     /* there are no lines then */
    bool is_leader_alone; /* signals go to it, not to its group: it takes care of the others */
    bool is_rest_killed;  /* what it leaves running in the background ends with it */
};

enum child_outcome {
    CHILD_EXITED,
    CHILD_SIGNALLED,
    CHILD_TIMED_OUT, /* ended by us, whatever its status says */
    CHILD_NOT_RUN,   /* fork or exec failed: sys_errno says why (127: not found is ENOENT here) */
};

struct child_result {
    enum child_outcome outcome;
    int status;    /* exit status, or the signal's number */
    int sys_errno; /* CHILD_NOT_RUN */
    uint64_t elapsed_ms;
    uint64_t timeout_ms; /* CHILD_TIMED_OUT: the one that ran out */
};

struct child_handler {
    /* One line of its output (both streams, as they come), without the newline, cut at
     * LIMIT_COMMAND_OUTPUT_LINE_BYTES; any bytes. How many lines are too many is the caller's to
     * say. It may stop the child, not free it. */
    void (*on_line)(void *ctx, struct slice line);
    /* Once, when it has ended and its output was read. What it left running in the background goes
     * on, and does not delay this by keeping the pipe open; after a timeout or child_stop(), or if
     * the options say so, the rest of its group is killed. May free the child. */
    void (*on_done)(void *ctx, const struct child_result *result);
};

/* Starting never fails here: what goes wrong is told to on_done, from the loop. The options are not
 * needed any more when it returns. */
struct child *child_start(struct loop *loop, const struct child_options *options,
                          const struct child_handler *handler, void *ctx);
pid_t child_pid(const struct child *child);        /* 0 when it is not running */
void child_signal(struct child *child, int signo); /* nothing when it is not running */
void child_stop(struct child *child); /* TERM now, KILL after kill_after_ms; on_done follows */
/* A running group is killed at once and reaped later; no callback. NULL is fine. */
void child_free(struct child *child);
DEFINE_FREEP(struct child, child_free)

/* "exit status 3", "killed by SIGTERM", "timed out after 30s", "cannot run: No such file or
 * directory" */
void child_result_format(const struct child_result *result, struct buf *out);
