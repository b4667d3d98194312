/* SPDX-License-Identifier: MIT */
/* The event loop: what is called, in which order, and what may be freed when. */
#include "io/rig.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

/* A pipe that is always readable, watched by a source of its own. */
struct busy {
    struct rig *rig;
    struct loop_source *source;
    int fds[2];
    unsigned n_calls, stop_after;
};

static void busy_init(struct busy *busy, struct rig *rig, loop_io_fn fn)
{
    *busy = (struct busy){ .rig = rig };
    assert_int_equal(pipe2(busy->fds, O_CLOEXEC | O_NONBLOCK), 0);
    assert_int_equal(write(busy->fds[1], "x", 1), 1);
    assert_true(loop_add_io(rig->loop, busy->fds[0], EPOLLIN, fn, busy, &busy->source, &rig->err));
}

static void busy_fini(struct busy *busy)
{
    loop_source_free(busy->source);
    close(busy->fds[0]);
    close(busy->fds[1]);
}

/* ---- running ---- */

static void on_quit(void *ctx)
{
    struct rig *rig = ctx;

    rig_note(rig, "quit");
    loop_quit(rig->loop, 7);
}

static void test_run_returns_the_status(void **state)
{
    struct rig *rig = *state;
    struct loop_source *deferred;

    assert_true(loop_add_deferred(rig->loop, on_quit, rig, &deferred, &rig->err));
    loop_defer(deferred);
    assert_int_equal(rig_run(rig), 7);
    loop_defer(deferred);
    assert_int_equal(rig_run(rig), 7); /* a second run is possible */
    rig_assert_trace(rig, "quit quit ");
    loop_source_free(deferred);
}

static void test_quit_before_run(void **state)
{
    struct rig *rig = *state;

    loop_quit(rig->loop, 3);
    assert_int_equal(rig_run(rig), 3);
}

/* ---- descriptors ---- */

static void on_io_free_itself(void *ctx, int fd, uint32_t events)
{
    struct busy *busy = ctx;

    assert_int_equal(fd, busy->fds[0]);
    assert_int_equal(events, EPOLLIN);
    rig_note(busy->rig, "io");
    loop_source_free(busy->source);
    busy->source = NULL;
    loop_quit(busy->rig->loop, 0);
}

static void test_source_freed_in_its_own_callback(void **state)
{
    struct rig *rig = *state;
    struct busy busy;

    busy_init(&busy, rig, on_io_free_itself);
    assert_int_equal(rig_run(rig), 0);
    rig_assert_trace(rig, "io ");
    busy_fini(&busy);
}

static void on_io_toggle(void *ctx, int fd, uint32_t events)
{
    struct busy *busy = ctx;

    (void)fd;
    rig_note(busy->rig, events == EPOLLIN ? "in" : events == EPOLLOUT ? "out" : "?");
    if (events == EPOLLOUT)
        loop_quit(busy->rig->loop, 0);
    else
        assert_true(loop_set_io_events(busy->source, EPOLLOUT, &busy->rig->err));
}

static void test_events_are_changed(void **state)
{
    struct rig *rig = *state;
    struct busy busy = { .rig = rig };

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, busy.fds), 0);
    assert_int_equal(write(busy.fds[1], "x", 1), 1);
    assert_true(
        loop_add_io(rig->loop, busy.fds[0], EPOLLIN, on_io_toggle, &busy, &busy.source, &rig->err));
    assert_int_equal(rig_run(rig), 0);
    rig_assert_trace(rig, "in out ");
    busy_fini(&busy);
}

static void test_descriptors_that_cannot_be_waited_for(void **state)
{
    struct rig *rig = *state;
    struct loop_source *source = NULL;
    int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);

    assert_false(loop_add_io(rig->loop, fd, EPOLLIN, on_io_toggle, NULL, &source, &rig->err));
    assert_string_equal(rig->err.text, "wait for a descriptor: Operation not permitted");
    assert_int_equal(rig->err.sys_errno, EPERM);
    assert_null(source);
    close(fd);
    assert_false(loop_add_io(rig->loop, fd, EPOLLIN, on_io_toggle, NULL, &source, &rig->err));
    assert_string_equal(rig->err.text, "wait for a descriptor: Bad file descriptor");
}

/* ---- deferred ---- */

struct note {
    struct rig *rig;
    const char *word;
    struct loop_source *source, *arms, *frees;
    struct note *frees_note;
};

static void on_note(void *ctx)
{
    struct note *note = ctx;

    rig_note(note->rig, note->word);
    if (note->arms)
        loop_defer(note->arms);
    if (note->frees_note) {
        loop_source_free(note->frees_note->source);
        note->frees_note->source = NULL;
    }
}

static void note_init(struct note *note, struct rig *rig, const char *word)
{
    *note = (struct note){ .rig = rig, .word = word };
    assert_true(loop_add_deferred(rig->loop, on_note, note, &note->source, &rig->err));
}

static void on_io_arm(void *ctx, int fd, uint32_t events)
{
    struct note *note = ctx;
    char byte;

    (void)events;
    assert_int_equal(read(fd, &byte, 1), 1);
    rig_note(note->rig, "io");
    loop_defer(note->source);
}

static void test_deferred_once_after_all_that_is_due(void **state)
{
    struct rig *rig = *state;
    struct loop_source *sources[3], *quit;
    struct note note;
    int fds[3][2];

    note_init(&note, rig, "deferred");
    assert_true(loop_add_deferred(rig->loop, on_quit, rig, &quit, &rig->err));
    note.arms = quit;
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(pipe2(fds[i], O_CLOEXEC), 0);
        assert_int_equal(write(fds[i][1], "x", 1), 1);
        assert_true(
            loop_add_io(rig->loop, fds[i][0], EPOLLIN, on_io_arm, &note, &sources[i], &rig->err));
    }
    assert_int_equal(rig_run(rig), 7);
    rig_assert_trace(rig, "io io io deferred quit ");
    for (size_t i = 0; i < 3; i++) {
        loop_source_free(sources[i]);
        close(fds[i][0]);
        close(fds[i][1]);
    }
    loop_source_free(quit);
    loop_source_free(note.source);
}

static void test_deferred_in_order_and_freed_while_armed(void **state)
{
    struct rig *rig = *state;
    struct note a, b, c, d;
    struct loop_source *quit;

    assert_true(loop_add_deferred(rig->loop, on_quit, rig, &quit, &rig->err));
    note_init(&a, rig, "a");
    note_init(&b, rig, "b");
    note_init(&c, rig, "c");
    note_init(&d, rig, "d");
    a.frees_note = &b; /* another one that is armed */
    c.frees_note = &c; /* itself */
    d.arms = quit;
    loop_defer(a.source);
    loop_defer(b.source);
    loop_defer(c.source);
    loop_defer(d.source);
    loop_defer(a.source); /* armed already */
    assert_int_equal(rig_run(rig), 7);
    rig_assert_trace(rig, "a c d quit ");
    loop_source_free(a.source);
    loop_source_free(d.source);
    loop_source_free(quit);
}

static void test_deferred_last(void **state)
{
    struct rig *rig = *state;
    struct note a, b, c;
    struct loop_source *quit;

    assert_true(loop_add_deferred(rig->loop, on_quit, rig, &quit, &rig->err));
    note_init(&a, rig, "a");
    note_init(&b, rig, "b");
    note_init(&c, rig, "c");
    a.arms = quit;
    loop_defer_last(a.source);
    loop_defer(b.source);
    loop_defer_last(a.source);
    loop_defer(c.source);
    assert_int_equal(rig_run(rig), 7);
    rig_assert_trace(rig, "b a c quit ");
    loop_source_free(a.source);
    loop_source_free(b.source);
    loop_source_free(c.source);
    loop_source_free(quit);
}

static void test_deferred_armed_with_the_quit_is_still_called(void **state)
{
    struct rig *rig = *state;
    struct note note;
    struct loop_source *quit;

    assert_true(loop_add_deferred(rig->loop, on_quit, rig, &quit, &rig->err));
    note_init(&note, rig, "last");
    loop_defer(quit);
    loop_defer(note.source);
    assert_int_equal(rig_run(rig), 7);
    rig_assert_trace(rig, "quit last ");
    loop_source_free(note.source);
    loop_source_free(quit);
}

static void on_io_busy(void *ctx, int fd, uint32_t events)
{
    struct busy *busy = ctx;

    (void)fd;
    (void)events;
    busy->n_calls++;
}

static void test_deferred_is_not_starved(void **state)
{
    struct rig *rig = *state;
    struct loop_source *quit;
    struct busy busy;

    busy_init(&busy, rig, on_io_busy); /* nobody reads: due in every round */
    assert_true(loop_add_deferred(rig->loop, on_quit, rig, &quit, &rig->err));
    loop_defer(quit);
    assert_int_equal(rig_run(rig), 7);
    assert_in_range(busy.n_calls, 1, 1000);
    loop_source_free(quit);
    busy_fini(&busy);
}

/* ---- signals ---- */

static void on_signal(void *ctx, int signo)
{
    struct rig *rig = ctx;

    rig_note(rig, signo == SIGUSR1 ? "usr1" : "?");
    loop_quit(rig->loop, 0);
}

static void test_signal(void **state)
{
    struct rig *rig = *state;
    struct loop_source *source;

    assert_true(loop_add_signal(rig->loop, SIGUSR1, on_signal, rig, &source, &rig->err));
    assert_int_equal(raise(SIGUSR1), 0);
    assert_int_equal(rig_run(rig), 0);
    rig_assert_trace(rig, "usr1 ");
    loop_source_free(source);
    assert_int_equal(raise(SIGUSR1), 0); /* blocked for good: does not end us */
}

static void test_sigpipe_is_ignored(void **state)
{
    int fds[2];

    (void)state;
    assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
    close(fds[0]);
    assert_int_equal(write(fds[1], "x", 1), -1);
    assert_int_equal(errno, EPIPE);
    close(fds[1]);
}

/* ---- children ---- */

struct waiting {
    struct rig *rig;
    struct loop_source *source;
    pid_t pid;
    int code, status;
    bool frees_itself;
};

static void on_child(void *ctx, const siginfo_t *info)
{
    struct waiting *waiting = ctx;

    assert_int_equal(info->si_pid, waiting->pid);
    assert_int_equal(kill(waiting->pid, 0), 0); /* not reaped yet */
    waiting->code = info->si_code;
    waiting->status = info->si_status;
    if (waiting->frees_itself) {
        loop_source_free(waiting->source);
        waiting->source = NULL;
    }
    loop_quit(waiting->rig->loop, 0);
}

static pid_t fork_child(int status)
{
    pid_t pid = fork();

    assert_true(pid >= 0);
    if (pid == 0) {
        if (status < 0)
            pause();
        _exit(status);
    }
    return pid;
}

static void test_child(void **state)
{
    static const struct {
        const char *name;
        int exit_status, signo;
        bool frees_itself;
        int want_code, want_status;
    } cases[] = {
        { "it exits", 3, 0, false, CLD_EXITED, 3 },
        { "it is killed", -1, SIGKILL, false, CLD_KILLED, SIGKILL },
        { "the source is freed in the callback", 4, 0, true, CLD_EXITED, 4 },
    };
    struct rig *rig = *state;

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct waiting waiting = { .rig = rig, .frees_itself = cases[i].frees_itself };

        waiting.pid = fork_child(cases[i].exit_status);
        assert_true(
            loop_add_child(rig->loop, waiting.pid, on_child, &waiting, &waiting.source, &rig->err));
        if (cases[i].signo)
            kill(waiting.pid, cases[i].signo);
        assert_int_equal(rig_run(rig), 0);
        if (waiting.code != cases[i].want_code || waiting.status != cases[i].want_status)
            fail_msg("%s: code %d, status %d", cases[i].name, waiting.code, waiting.status);
        loop_source_free(waiting.source);
        assert_int_equal(waitpid(waiting.pid, NULL, WNOHANG), -1);
        assert_int_equal(errno, ECHILD); /* reaped */
    }
}

static void on_poll_reaped(void *ctx)
{
    struct waiting *waiting = ctx;

    /* Until the loop has reaped it, it is a zombie, which a signal still reaches. */
    if (kill(waiting->pid, 0) < 0)
        loop_quit(waiting->rig->loop, 0);
    else
        loop_defer(waiting->source);
}

static void test_child_of_a_freed_source_is_reaped(void **state)
{
    struct rig *rig = *state;
    struct waiting waiting = { .rig = rig, .pid = fork_child(-1) };

    assert_true(
        loop_add_child(rig->loop, waiting.pid, on_child, &waiting, &waiting.source, &rig->err));
    loop_source_free(waiting.source);
    kill(waiting.pid, SIGKILL);
    assert_true(loop_add_deferred(rig->loop, on_poll_reaped, &waiting, &waiting.source, &rig->err));
    loop_defer(waiting.source);
    assert_int_equal(rig_run(rig), 0);
    assert_int_equal(waiting.code, 0); /* no callback */
    loop_source_free(waiting.source);
}

static void test_loop_freed_before_the_child_ends(void **state)
{
    struct rig *rig = *state;
    struct waiting waiting = { .rig = rig, .pid = fork_child(-1) };
    struct loop *other;

    assert_true(loop_new(&other, &rig->err));
    assert_true(loop_add_child(other, waiting.pid, on_child, &waiting, &waiting.source, &rig->err));
    loop_source_free(waiting.source);
    loop_free(other);
    kill(waiting.pid, SIGKILL);
    assert_int_equal(waitpid(waiting.pid, NULL, 0), waiting.pid);
}

static void test_child_is_waited_for_once(void **state)
{
    struct rig *rig = *state;
    struct waiting waiting = { .rig = rig, .pid = fork_child(0) };
    struct loop_source *second = NULL;

    assert_true(
        loop_add_child(rig->loop, waiting.pid, on_child, &waiting, &waiting.source, &rig->err));
    assert_false(loop_add_child(rig->loop, waiting.pid, on_child, &waiting, &second, &rig->err));
    assert_string_equal(rig->err.text, "wait for a child: Device or resource busy");
    assert_null(second);
    assert_int_equal(rig_run(rig), 0);
    loop_source_free(waiting.source);
}

/* ---- watchdog ---- */

static void test_watchdog(void **state)
{
    struct rig *rig = *state;
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    char name[64], message[64];
    ssize_t n;

    assert_false(loop_enable_watchdog(rig->loop));

    /* An abstract name: '@' stands for its leading NUL. */
    snprintf(name, sizeof(name), "@edgewright-test-%d", (int)getpid());
    memcpy(address.sun_path, name, strlen(name));
    address.sun_path[0] = '\0';
    assert_int_equal(bind(fd, (struct sockaddr *)&address,
                          (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(name))),
                     0);
    setenv("NOTIFY_SOCKET", name, 1);
    setenv("WATCHDOG_USEC", "2000000", 1);
    assert_true(loop_enable_watchdog(rig->loop));
    n = recv(fd, message, sizeof(message), MSG_DONTWAIT);
    assert_int_equal(n, strlen("WATCHDOG=1"));
    assert_memory_equal(message, "WATCHDOG=1", (size_t)n);
    unsetenv("NOTIFY_SOCKET");
    unsetenv("WATCHDOG_USEC");
    close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RIG_TEST(test_run_returns_the_status),
        RIG_TEST(test_quit_before_run),
        RIG_TEST(test_source_freed_in_its_own_callback),
        RIG_TEST(test_events_are_changed),
        RIG_TEST(test_descriptors_that_cannot_be_waited_for),
        RIG_TEST(test_deferred_once_after_all_that_is_due),
        RIG_TEST(test_deferred_in_order_and_freed_while_armed),
        RIG_TEST(test_deferred_last),
        RIG_TEST(test_deferred_armed_with_the_quit_is_still_called),
        RIG_TEST(test_deferred_is_not_starved),
        RIG_TEST(test_signal),
        RIG_TEST(test_sigpipe_is_ignored),
        RIG_TEST(test_child),
        RIG_TEST(test_child_of_a_freed_source_is_reaped),
        RIG_TEST(test_loop_freed_before_the_child_ends),
        RIG_TEST(test_child_is_waited_for_once),
        RIG_TEST(test_watchdog),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
