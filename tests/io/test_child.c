/* SPDX-License-Identifier: MIT */
/* Commands: how they are started, what is heard of them, how they end. */
#include "io/own_folder.h"
#include "io/rig.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>

#include "base/limits.h"
#include "io/child.h"

struct run {
    struct rig *rig;
    struct child *child;
    pid_t pid;
    bool is_done, frees_itself, stops_on_line;
    struct child_result result;
    struct buf lines; /* each with a '|' behind it */
    size_t n_lines, longest;
};

static void on_line(void *ctx, struct slice line)
{
    struct run *run = ctx;

    run->n_lines++;
    if (line.len > run->longest)
        run->longest = line.len;
    if (run->lines.len < 1000) {
        buf_add(&run->lines, slice_sub(line, 0, 200));
        buf_add_byte(&run->lines, '|');
    }
    if (run->stops_on_line)
        child_stop(run->child);
}

static void on_done(void *ctx, const struct child_result *result)
{
    struct run *run = ctx;

    assert_false(run->is_done);
    run->is_done = true;
    run->result = *result;
    if (run->frees_itself)
        child_free(TAKE(run->child));
    loop_quit(run->rig->loop, 0);
}

static void run_start(struct run *run, struct rig *rig, const char *const *argv,
                      uint64_t timeout_ms, uint64_t kill_after_ms)
{
    static const char *const env[] = { "PATH=/usr/bin:/bin", "LC_ALL=C", NULL };
    static const struct child_handler handler = { on_line, on_done };
    struct child_options options = {
        .argv = argv, .envp = env, .timeout_ms = timeout_ms, .kill_after_ms = kill_after_ms
    };

    run->rig = rig;
    run->child = child_start(rig->loop, &options, &handler, run);
    run->pid = child_pid(run->child);
    assert_false(run->is_done);
}

static void run_start_shell(struct run *run, struct rig *rig, const char *script,
                            uint64_t timeout_ms, uint64_t kill_after_ms)
{
    const char *argv[] = { "sh", "-c", script, NULL };

    run_start(run, rig, argv, timeout_ms, kill_after_ms);
}

static void run_fini(struct run *run)
{
    child_free(run->child);
    buf_fini(&run->lines);
}

static void assert_result(const char *name, const struct run *run, const char *want)
{
    CLEANUP(buf_fini) struct buf text = BUF_EMPTY;

    child_result_format(&run->result, &text);
    if (strcmp(text.ptr, want) != 0)
        fail_msg("%s: %s", name, text.ptr);
}

/* ---- results and output ---- */

static void test_shell_scripts(void **state)
{
    static const struct {
        const char *name, *script, *want, *want_lines;
    } cases[] = {
        { "success", "exit 0", "exit status 0", "" },
        { "failure", "exit 3", "exit status 3", "" },
        { "a signal", "kill -TERM $$", "killed by SIGTERM", "" },
        { "a signal without a name", "kill -40 $$", "killed by signal 40", "" },
        { "lines", "echo one; echo two", "exit status 0", "one|two|" },
        { "the last line is not ended", "printf 'one\\ntwo'", "exit status 0", "one|two|" },
        { "empty lines", "printf '\\n\\n'", "exit status 0", "||" },
        { "both streams, as they come", "echo a; echo b >&2; echo c", "exit status 0", "a|b|c|" },
        { "any bytes but NUL", "printf 'a\\001\\377b\\n'", "exit status 0", "a\x01\xff\x62|" },
        { "a line in two pieces", "printf 'on'; printf 'e\\n'", "exit status 0", "one|" },
        { "output and a failure", "echo why; exit 1", "exit status 1", "why|" },
        { "no input", "cat; echo end", "exit status 0", "end|" },
        { "the environment is the one given", "unset PWD OLDPWD SHLVL _; env | sort",
          "exit status 0", "LC_ALL=C|PATH=/usr/bin:/bin|" },
        { "it leads a group of its own", "cut -d' ' -f5 /proc/$$/stat | grep -qx $$",
          "exit status 0", "" },
        { "no descriptor but three", "exec ls -1 /proc/self/fd | wc -l", "exit status 0", "4|" },
    };
    struct rig *rig = *state;
    int leaked[2];

    assert_int_equal(pipe(leaked), 0); /* without O_CLOEXEC */
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct run run = { 0 };

        run_start_shell(&run, rig, cases[i].script, 0, 0);
        assert_true(run.pid > 0);
        assert_int_equal(rig_run(rig), 0);
        assert_result(cases[i].name, &run, cases[i].want);
        if (!slice_equal(buf_slice(&run.lines), slice_from(cases[i].want_lines)))
            fail_msg("%s: '%s'", cases[i].name, run.lines.ptr);
        assert_int_equal(child_pid(run.child), 0);
        child_stop(run.child); /* nothing to do */
        run_fini(&run);
    }
    close(leaked[0]);
    close(leaked[1]);
}

/* Not through a shell, which may clear the mask itself. The C library's own signals, 32 and 33, are
 * none of ours. */
static void test_no_signal_is_blocked_or_ignored(void **state)
{
    const char *argv[] = { "sed", "-nE", "s/^(Sig(Blk|Ign)):.*(.{7})$/\\1 \\3/p",
                           "/proc/self/status", NULL };
    struct rig *rig = *state;
    struct loop_source *blocked;
    struct run run = { 0 };

    assert_true(loop_add_signal(rig->loop, SIGUSR2, NULL, NULL, &blocked, &rig->err));
    run_start(&run, rig, argv, 0, 0);
    assert_int_equal(rig_run(rig), 0);
    assert_string_equal(run.lines.ptr, "SigBlk 0000000|SigIgn 0000000|");
    run_fini(&run);
    loop_source_free(blocked);
}

static void test_long_and_binary_lines(void **state)
{
    struct rig *rig = *state;
    struct run run = { 0 };

    /* 5000 and 4096 bytes in a line, then one with a NUL. */
    run_start_shell(&run, rig,
                    "head -c 5000 /dev/zero | tr '\\0' x; echo; head -c 4096 /dev/zero |"
                    " tr '\\0' y; echo; printf 'a\\000b\\n'",
                    0, 0);
    assert_int_equal(rig_run(rig), 0);
    assert_int_equal(run.n_lines, 3);
    assert_int_equal(run.longest, LIMIT_COMMAND_OUTPUT_LINE_BYTES);
    assert_memory_equal(run.lines.ptr + run.lines.len - 4, "a\0b|", 4);
    run_fini(&run);
}

static void test_much_output(void **state)
{
    struct rig *rig = *state;
    struct run run = { 0 };

    run_start_shell(&run, rig, "i=0; while [ $i -lt 20000 ]; do echo $i; i=$((i + 1)); done", 0, 0);
    assert_int_equal(rig_run(rig), 0);
    assert_int_equal(run.n_lines, 20000);
    run_fini(&run);
}

/* ---- what cannot be run ---- */

/* valgrind makes vfork() an ordinary fork(): posix_spawn() then cannot know that exec failed, and
 * the child ends with 127, as a shell would. */
static bool is_vfork_emulated(void)
{
    char name[] = "./no-such-command-anywhere";
    char *argv[] = { name, NULL };
    pid_t pid;

    if (posix_spawn(&pid, name, NULL, NULL, argv, argv + 1) != 0)
        return false;
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    return true;
}

static void test_not_run(void **state)
{
    static const struct {
        const char *name, *word, *want;
    } cases[] = {
        { "not in PATH", "no-such-command-anywhere", "cannot run: No such file or directory" },
        { "no such file", "./none", "cannot run: No such file or directory" },
        { "not executable", "./text", "cannot run: Permission denied" },
        { "a folder", "./dir", "cannot run: Permission denied" },
        { "no program", "./garbage", "cannot run: Exec format error" },
        { "an empty word", "", "cannot run: No such file or directory" },
    };
    struct rig *rig = *state;
    bool is_emulated = is_vfork_emulated();
    struct folder folder;

    folder_init(&folder);
    put_file("text", "#!/bin/sh\n", 0644);
    put_file("garbage", "garbage\n", 0755);
    assert_int_equal(mkdir("dir", 0755), 0);
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        const char *argv[] = { cases[i].word, NULL };
        struct run run = { .frees_itself = i % 2 };

        run_start(&run, rig, argv, 1000, 1000);
        if (!is_emulated) {
            assert_int_equal(run.pid, 0);
            child_stop(run.child); /* nothing to stop */
        }
        assert_int_equal(rig_run(rig), 0);
        assert_result(cases[i].name, &run, is_emulated ? "exit status 127" : cases[i].want);
        run_fini(&run);
    }
    folder_fini(&folder);
}

static void test_not_run_and_freed_before_it_is_told(void **state)
{
    struct rig *rig = *state;
    const char *argv[] = { "./none", NULL };
    struct run run = { 0 }, other = { 0 };

    run_start(&run, rig, argv, 0, 0);
    run_fini(&run);
    run_start_shell(&other, rig, "exit 0", 0, 0);
    assert_int_equal(rig_run(rig), 0);
    assert_false(run.is_done);
    run_fini(&other);
}

/* ---- ending it ---- */

/* A FIFO that a member of the group has open for writing: it reads as ended when the last one of
 * them is gone. */
static int open_witness(void)
{
    assert_int_equal(mkfifo("witness", 0600), 0);

    int witness = open("witness", O_RDONLY | O_NONBLOCK | O_CLOEXEC);

    /* One that ends before it has opened it is gone, too; without any writer nothing would say so.
     */
    close(open("witness", O_WRONLY | O_CLOEXEC));
    return witness;
}

static void assert_group_is_gone(int witness)
{
    struct pollfd waiting = { .fd = witness, .events = POLLIN };

    assert_int_equal(poll(&waiting, 1, RIG_DEADLINE_MS), 1);
    assert_int_equal(waiting.revents & POLLHUP, POLLHUP);
    close(witness);
}

static void test_ended_by_us(void **state)
{
    static const struct {
        const char *name, *script;
        uint64_t timeout_ms, kill_after_ms;
        bool is_stopped; /* as soon as it says something */
        const char *want;
    } cases[] = {
        { "a timeout", "exec 3>witness; sleep 1000", 50, 60000, false, "timed out after 50ms" },
        { "a timeout of one that exits well",
          "exec 3>witness; trap 'exit 0' TERM; sleep 1000 & wait", 50, 60000, false,
          "timed out after 50ms" },
        { "a timeout of one that ignores TERM, with a child that does",
          "trap '' TERM; exec 3>witness; sleep 1000 & sleep 1000", 50, 50, false,
          "timed out after 50ms" },
        { "the leader ends, its child ignores TERM",
          "exec 3>witness; sh -c 'trap \"\" TERM; sleep 1000' & sleep 1000", 50, 60000, false,
          "timed out after 50ms" },
        { "it is stopped", "exec 3>witness; echo x; sleep 1000", 60000, 60000, true,
          "killed by SIGTERM" },
        { "it is stopped and exits",
          "exec 3>witness; trap 'exit 5' TERM; echo x; sleep 1000 & wait", 60000, 60000, true,
          "exit status 5" },
        { "it is stopped and ignores TERM", "trap '' TERM; exec 3>witness; echo x; sleep 1000", 0,
          50, true, "killed by SIGKILL" },
        { "no patience", "trap '' TERM; exec 3>witness; echo x; sleep 1000", 0, 0, true,
          "killed by SIGKILL" },
    };
    struct rig *rig = *state;

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct run run = { .stops_on_line = cases[i].is_stopped };
        struct folder folder;
        int witness;

        folder_init(&folder);
        witness = open_witness();
        run_start_shell(&run, rig, cases[i].script, cases[i].timeout_ms, cases[i].kill_after_ms);
        assert_int_equal(rig_run(rig), 0);
        assert_result(cases[i].name, &run, cases[i].want);
        assert_group_is_gone(witness);
        run_fini(&run);
        folder_fini(&folder);
    }
}

static void test_it_ends_in_time(void **state)
{
    struct rig *rig = *state;
    struct run run = { 0 };

    run_start_shell(&run, rig, "exit 0", 60000, 1000);
    assert_int_equal(rig_run(rig), 0);
    assert_result("in time", &run, "exit status 0");
    assert_true(run.result.elapsed_ms < RIG_DEADLINE_MS);
    run_fini(&run);
}

/* The loop was held up past the timeout, but the command had ended in time. */
static void test_the_end_wins_over_the_timeout(void **state)
{
    struct rig *rig = *state;
    struct run run = { 0 };
    siginfo_t info;
    uint64_t until_ms;

    run_start_shell(&run, rig, "exit 0", 1, 1000);
    assert_int_equal(waitid(P_PID, (id_t)run.pid, &info, WEXITED | WNOWAIT), 0);
    until_ms = loop_now_ms(rig->loop) + 5;
    while (loop_now_ms(rig->loop) < until_ms)
        ;
    assert_int_equal(rig_run(rig), 0);
    assert_result("held up", &run, "exit status 0");
    run_fini(&run);
}

/* ---- what it leaves in the background ---- */

static void test_background(void **state)
{
    static const struct {
        const char *name, *script, *want_first;
    } cases[] = {
        { "it keeps the pipe open", "sleep 1000 & echo done", "done|" },
        { "it writes without end", "yes & sleep 0; exit 0", "" },
    };
    struct rig *rig = *state;

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct run run = { 0 };

        run_start_shell(&run, rig, cases[i].script, 0, 0);
        assert_int_equal(rig_run(rig), 0);
        assert_result(cases[i].name, &run, "exit status 0");
        if (strncmp(run.lines.len ? run.lines.ptr : "", cases[i].want_first,
                    strlen(cases[i].want_first)) != 0)
            fail_msg("%s: '%s'", cases[i].name, run.lines.ptr);
        /* "yes" may have met the closed pipe by now; the sleeper goes on. */
        if (kill(-run.pid, SIGKILL) < 0 && i == 0)
            fail_msg("%s: it is gone", cases[i].name);
        run_fini(&run);
    }
}

/* ---- freeing ---- */

static void on_poll_gone(void *ctx)
{
    struct run *run = ctx;

    loop_quit(run->rig->loop, kill(run->pid, 0) < 0 && errno == ESRCH ? 1 : 0);
}

static void test_freed_while_it_runs(void **state)
{
    struct rig *rig = *state;
    struct run run = { 0 };
    struct timer timer;
    struct folder folder;
    int witness;

    folder_init(&folder);
    witness = open_witness();
    run_start_shell(&run, rig, "trap '' TERM; exec 3>witness; echo x; sleep 1000", 60000, 60000);
    timer_init(&timer, rig->loop, on_poll_gone, &run);
    while (run.n_lines == 0) { /* until it is at its last command */
        timer_start_ms(&timer, 1);
        assert_int_equal(rig_run(rig), 0);
    }
    child_free(TAKE(run.child));
    assert_group_is_gone(witness);
    do
        timer_start_ms(&timer, 1);
    while (rig_run(rig) == 0); /* until the loop has reaped it */
    assert_false(run.is_done);
    timer_fini(&timer);
    run_fini(&run);
    folder_fini(&folder);
}

static void test_freed_in_on_done(void **state)
{
    struct rig *rig = *state;
    struct run run = { .frees_itself = true };

    run_start_shell(&run, rig, "echo x", 60000, 1000);
    assert_int_equal(rig_run(rig), 0);
    assert_true(run.is_done);
    assert_null(run.child);
    run_fini(&run);
}

/* ---- words ---- */

/* A process of the leader's group says when it is ready, and notes what it gets. */
#define OTHER "(trap 'echo other; exit' USR1; echo x; sleep 1000 & wait) & "
static const char waits_for_the_other[] = "trap : USR1; " OTHER "wait; wait; exit 6";
static const char ends_alone[] = "trap 'echo leader; exit 6' USR1; " OTHER "wait";

static void on_line_signal(void *ctx, struct slice line)
{
    struct run *run = ctx;

    on_line(ctx, line);
    if (slice_is(line, "x"))
        child_signal(run->child, SIGUSR1);
}

static void on_line_stop(void *ctx, struct slice line)
{
    struct run *run = ctx;

    on_line(ctx, line);
    if (slice_is(line, "x"))
        child_stop(run->child);
}

static void test_signals(void **state)
{
    static const struct {
        const char *name;
        void (*on_line)(void *ctx, struct slice line);
        bool is_leader_alone;
        const char *script, *heard, *not_heard;
    } cases[] = {
        { "to the group", on_line_signal, false, waits_for_the_other, "other|", "leader" },
        { "to the leader", on_line_signal, true, ends_alone, "leader|", "other|" },
        { "a stop by another signal", on_line_stop, false, waits_for_the_other, "other|",
          "leader" },
        { "the same, to the leader", on_line_stop, true, ends_alone, "leader|", "other|" },
    };
    static const char *const env[] = { "PATH=/usr/bin:/bin", "LC_ALL=C", NULL };
    struct rig *rig = *state;

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        const struct child_handler handler = { cases[i].on_line, on_done };
        const char *argv[] = { "bash", "-c", cases[i].script, NULL };
        const struct child_options options = { .argv = argv,
                                               .envp = env,
                                               .kill_after_ms = 60000,
                                               .stop_signal = SIGUSR1,
                                               .is_leader_alone = cases[i].is_leader_alone };
        struct run run = { .rig = rig };

        run.child = child_start(rig->loop, &options, &handler, &run);
        run.pid = child_pid(run.child);
        assert_int_equal(rig_run(rig), 0);
        assert_result(cases[i].name, &run, "exit status 6");
        assert_non_null(strstr(run.lines.ptr, cases[i].heard));
        assert_null(strstr(run.lines.ptr, cases[i].not_heard));
        kill(-run.pid, SIGKILL);          /* the other one */
        child_signal(run.child, SIGUSR1); /* nobody is there any more */
        run_fini(&run);
    }
}

/* What it writes goes where our own output goes. */
static void test_attached(void **state)
{
    static const char *const env[] = { "PATH=/usr/bin:/bin", NULL };
    static const struct child_handler handler = { on_line, on_done };
    const char *argv[] = { "sh", "-c", "echo to stdout; echo to stderr >&2", NULL };
    const struct child_options options = { .argv = argv, .envp = env, .is_attached = true };
    struct rig *rig = *state;
    struct run run = { .rig = rig };
    FILE *file = tmpfile();
    int saved[] = { dup(STDOUT_FILENO), dup(STDERR_FILENO) };
    char got[64] = "";

    assert_non_null(file);
    fflush(stdout);
    dup2(fileno(file), STDOUT_FILENO);
    dup2(fileno(file), STDERR_FILENO);
    run.child = child_start(rig->loop, &options, &handler, &run);
    dup2(saved[0], STDOUT_FILENO);
    dup2(saved[1], STDERR_FILENO);
    assert_int_equal(rig_run(rig), 0);
    assert_result("attached", &run, "exit status 0");
    rewind(file);
    assert_true(fread(got, 1, sizeof(got) - 1, file) > 0);
    assert_string_equal(got, "to stdout\nto stderr\n");
    assert_int_equal(run.n_lines, 0);
    fclose(file);
    close(saved[0]);
    close(saved[1]);
    run_fini(&run);
}

static void test_format(void **state)
{
    static const struct {
        struct child_result result;
        const char *want;
    } cases[] = {
        { { .outcome = CHILD_EXITED, .status = 127 }, "exit status 127" },
        { { .outcome = CHILD_SIGNALLED, .status = SIGSEGV }, "killed by SIGSEGV" },
        { { .outcome = CHILD_TIMED_OUT, .timeout_ms = 30000 }, "timed out after 30s" },
        { { .outcome = CHILD_TIMED_OUT, .timeout_ms = 1500 }, "timed out after 1.5s" },
        { { .outcome = CHILD_TIMED_OUT, .timeout_ms = 90000 }, "timed out after 1m30s" },
        { { .outcome = CHILD_TIMED_OUT, .timeout_ms = 3600000 }, "timed out after 1h0m0s" },
        { { .outcome = CHILD_TIMED_OUT, .timeout_ms = 20 }, "timed out after 20ms" },
        { { .outcome = CHILD_NOT_RUN, .sys_errno = ENOENT },
          "cannot run: No such file or directory" },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        CLEANUP(buf_fini) struct buf text = BUF_EMPTY;

        child_result_format(&cases[i].result, &text);
        assert_string_equal(text.ptr, cases[i].want);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RIG_TEST(test_shell_scripts),
        RIG_TEST(test_no_signal_is_blocked_or_ignored),
        RIG_TEST(test_long_and_binary_lines),
        RIG_TEST(test_much_output),
        RIG_TEST(test_not_run),
        RIG_TEST(test_not_run_and_freed_before_it_is_told),
        RIG_TEST(test_ended_by_us),
        RIG_TEST(test_it_ends_in_time),
        RIG_TEST(test_the_end_wins_over_the_timeout),
        RIG_TEST(test_background),
        RIG_TEST(test_freed_while_it_runs),
        RIG_TEST(test_freed_in_on_done),
        RIG_TEST(test_signals),
        RIG_TEST(test_attached),
        RIG_TEST(test_format),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
