/* SPDX-License-Identifier: MIT */
/* The event loop: one thread, nothing blocks. sd-event behind it; its types stay in src/io. */
#pragma once

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/cleanup.h"
#include "base/error.h"

struct loop;
struct loop_source; /* one thing the loop waits for; freeing it stops the waiting */

/* For the whole process: SIGPIPE is ignored from here on (a peer that goes away is EPIPE), SIGCHLD
 * is blocked and has its default action, whatever we inherited. */
MUST_CHECK bool loop_new(struct loop **ret_loop, struct error *err);
void loop_free(struct loop *loop); /* after everything that uses it */
DEFINE_FREEP(struct loop, loop_free)

/* Runs until loop_quit(), at once back if that was called before; ret_status is the status given
 * there. What was deferred in the last turn is still called. May be called again afterwards. */
MUST_CHECK bool loop_run(struct loop *loop, int *ret_status, struct error *err);
void loop_quit(struct loop *loop, int status);

uint64_t loop_now_ms(const struct loop *loop);       /* monotonic, not affected by clock changes */
uint64_t random_u64(void);                           /* for jitter; never for secrets */
uint64_t random_between(uint64_t from, uint64_t to); /* inclusive */

typedef void (*loop_fn)(void *ctx);
typedef void (*loop_io_fn)(void *ctx, int fd, uint32_t events); /* EPOLLIN … */
typedef void (*loop_signal_fn)(void *ctx, int signo);
typedef void (*loop_child_fn)(void *ctx, const siginfo_t *info);

/* The descriptor stays the caller's; it frees the source before it closes it. */
MUST_CHECK bool loop_add_io(struct loop *loop, int fd, uint32_t events, loop_io_fn fn, void *ctx,
                            struct loop_source **ret_source, struct error *err);
MUST_CHECK bool loop_set_io_events(struct loop_source *source, uint32_t events, struct error *err);
/* Blocks the signal for the whole process, then delivers it through the loop. It stays blocked when
 * the source is freed: one that is pending would end the process. */
MUST_CHECK bool loop_add_signal(struct loop *loop, int signo, loop_signal_fn fn, void *ctx,
                                struct loop_source **ret_source, struct error *err);
/* Called once, when the child has ended; it is reaped after the callback, so its process group's
 * number is not given to anyone else before. A source that is freed earlier takes only the callback
 * away: the child is still reaped when it ends. */
MUST_CHECK bool loop_add_child(struct loop *loop, pid_t pid, loop_child_fn fn, void *ctx,
                               struct loop_source **ret_source, struct error *err);
/* Called once when the present turn's callbacks are done: the place to free what a callback must
 * not free under itself, and to act once on many changes. A turn ends when no callback is due any
 * more, under steady load after a bounded number of them. Those armed first are called first; what
 * they arm waits for the next turn. */
MUST_CHECK bool loop_add_deferred(struct loop *loop, loop_fn fn, void *ctx,
                                  struct loop_source **ret_source, struct error *err);
void loop_defer(struct loop_source *deferred);      /* arms it for the end of this turn */
void loop_defer_last(struct loop_source *deferred); /* behind all that are armed now */
/* WATCHDOG=1 to systemd from the loop, if it asked for it; false if it did not. Sent only while the
 * loop turns. */
bool loop_enable_watchdog(struct loop *loop);

void loop_source_free(struct loop_source *source); /* NULL is fine; fine inside its own callback */
DEFINE_FREEP(struct loop_source, loop_source_free)
