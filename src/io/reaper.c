/* SPDX-License-Identifier: MIT */
/* Orphans, reaped. */
#include "io/reaper.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "base/memory.h"
#include "reaper.h"

/* Children are the process's, as this is. */
static struct {
    pid_t *pids;
    size_t n, cap;
} awaited;

struct reaper {
    struct loop_source *signal, *again;
};

void reaper_note(pid_t pid)
{
    GROW(awaited.pids, awaited.n, awaited.cap);
    awaited.pids[awaited.n++] = pid;
}

static size_t find_awaited(pid_t pid)
{
    size_t i = 0;

    while (i < awaited.n && awaited.pids[i] != pid)
        i++;
    return i;
}

void reaper_forget(pid_t pid)
{
    size_t i = find_awaited(pid);

    if (i == awaited.n)
        return;
    awaited.pids[i] = awaited.pids[--awaited.n];
    if (awaited.n > 0)
        return;
    free(TAKE(awaited.pids));
    awaited.cap = 0;
}

/* The kernel shows one of the ended children, and the same one until it is reaped. One that the
 * loop waits for is not ours to take: it hides the others until its callback has come. */
static void reaper_reap(void *ctx)
{
    struct reaper *reaper = ctx;

    for (;;) {
        siginfo_t info = { .si_pid = 0 };

        if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) < 0 || info.si_pid == 0)
            return;
        if (find_awaited(info.si_pid) < awaited.n) {
            loop_defer(reaper->again);
            return;
        }
        waitpid(info.si_pid, NULL, WNOHANG);
    }
}

static void reaper_on_signal(void *ctx, int signo)
{
    (void)signo;
    reaper_reap(ctx);
}

bool reaper_new(struct loop *loop, struct reaper **ret_reaper, struct error *err)
{
    CLEANUP(reaper_freep) struct reaper *reaper = NEW(struct reaper);

    if (!loop_add_deferred(loop, reaper_reap, reaper, &reaper->again, err) ||
        !loop_add_signal(loop, SIGCHLD, reaper_on_signal, reaper, &reaper->signal, err))
        return false;
    loop_defer(reaper->again); /* for those that have ended before */
    *ret_reaper = TAKE(reaper);
    return true;
}

void reaper_free(struct reaper *reaper)
{
    if (!reaper)
        return;
    loop_source_free(reaper->signal);
    loop_source_free(reaper->again);
    free(reaper);
}
