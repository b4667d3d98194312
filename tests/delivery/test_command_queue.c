/* SPDX-License-Identifier: MIT */
/* Tests of delivery/command_queue.h with real commands. */
#include "delivery/command_queue.h"

#include <sched.h>

#include "delivery/place.h"

/* Somebody who asks for commands, and what came of it. */
struct asker {
    struct place *place;
    const char *name;
    unsigned n_calls, n_good;
    struct child_result last;
    unsigned quit_after; /* calls; 0: does not end the loop */
    const struct asker *cancels;
    const struct command_request *again;
};

static void asker_on_run(void *ctx, const struct child_result *result)
{
    struct asker *asker = ctx;

    asker->n_calls++;
    asker->n_good += command_succeeded(result);
    asker->last = *result;
    if (asker->cancels)
        command_queue_cancel(asker->place->queue, asker->cancels);
    if (asker->again && asker->n_calls < asker->quit_after)
        command_queue_add(asker->place->queue, asker->again);
    if (asker->n_calls == asker->quit_after)
        loop_quit(asker->place->rig->loop, 0);
}

static struct command_request request_of(struct asker *asker, const struct command *command)
{
    return (struct command_request){
        .name = asker->name,
        .command = command,
        .timeout_ms = 10000,
        .on_run = asker_on_run,
        .ctx = asker,
    };
}

static void ask(struct asker *asker, const char *script)
{
    char *words[] = { (char *)(uintptr_t)script };
    struct command command = { .words = words, .n_words = 1, .is_shell = true };
    struct command_request request = request_of(asker, &command);

    command_queue_add(asker->place->queue, &request);
}

static void test_success(void **state)
{
    struct place *place = *state;
    struct asker web = { .place = place, .name = "delivery 'web'", .quit_after = 1 };

    assert_true(command_queue_is_idle(place->queue));
    ask(&web, "echo out; echo err >&2");
    assert_int_equal(web.n_calls, 0); /* not before the loop's turn is over */
    assert_false(command_queue_is_idle(place->queue));
    assert_int_equal(rig_run(place->rig), 0);
    assert_int_equal(web.n_good, 1);
    assert_true(command_queue_is_idle(place->queue));
    place_assert_log(place, "info delivery 'web': output: out\n"
                            "info delivery 'web': output: err\n");
}

static void test_failure_without_retry(void **state)
{
    static const struct {
        const char *name, *script, *want;
    } cases[] = {
        { "an exit status", "exit 3",
          "err delivery 'web': command 'exit 3' failed: exit status 3\n" },
        { "a signal", "kill -TERM $$",
          "err delivery 'web': command 'kill -TERM $$' failed: killed by SIGTERM\n" },
        { "its output first", "echo no; exit 1",
          "info delivery 'web': output: no\n"
          "err delivery 'web': command 'echo no; exit 1' failed: exit status 1\n" },
    };
    struct place *place = *state;

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct asker web = { .place = place, .name = "delivery 'web'", .quit_after = 1 };

        print_message("%s\n", cases[i].name);
        ask(&web, cases[i].script);
        assert_int_equal(rig_run(place->rig), 0);
        assert_int_equal(web.n_calls, 1);
        assert_int_equal(web.n_good, 0);
        place_assert_log(place, cases[i].want);
        assert_true(command_queue_is_idle(place->queue));
    }
}

/* Whoever reads only errors gets the output with the failure. */
static void test_output_of_failure_at_quiet_level(void **state)
{
    struct place *place = *state;
    struct asker web = { .place = place, .name = "w", .quit_after = 1 };

    log_set_level(LOG_LEVEL_WARN);
    ask(&web, "echo no; exit 1");
    assert_int_equal(rig_run(place->rig), 0);
    place_assert_log(place, "err w: output: no\n"
                            "err w: command 'echo no; exit 1' failed: exit status 1\n");
}

static void test_timeout(void **state)
{
    struct place *place = *state;
    struct asker web = { .place = place, .name = "w", .quit_after = 1 };
    char *words[] = { (char[]){ "sleep" }, (char[]){ "60" } };
    struct command command = { words, 2, false };
    struct command_request request = request_of(&web, &command);

    request.timeout_ms = 50;
    command_queue_add(place->queue, &request);
    assert_int_equal(rig_run(place->rig), 0);
    assert_int_equal(web.last.outcome, CHILD_TIMED_OUT);
    assert_int_equal(web.n_good, 0);
}

static void test_one_at_a_time_in_order(void **state)
{
    struct place *place = *state;
    struct asker a = { .place = place, .name = "a" }, b = a, c = a;

    c.quit_after = 1;
    ask(&a, "echo 'a begins' >>$DIR/t; sleep 0.05; echo 'a ends' >>$DIR/t");
    ask(&b, "echo 'b begins' >>$DIR/t; echo 'b ends' >>$DIR/t");
    ask(&c, "echo 'c begins' >>$DIR/t; echo 'c ends' >>$DIR/t");
    assert_int_equal(rig_run(place->rig), 0);
    assert_string_equal(place_read(place, "t"),
                        "a begins\na ends\nb begins\nb ends\nc begins\nc ends\n");
}

/* Two groups, one run; it knows the files of both. */
static void test_equal_once(void **state)
{
    struct place *place = *state;
    struct asker a = { .place = place, .name = "delivery 'a'" };
    struct asker b = { .place = place, .name = "delivery 'b'", .quit_after = 1 };
    char *words[] = { (char[]){ "echo \"$EDGEWRIGHT_FILES|$EDGEWRIGHT_REASON|\" >>$DIR/t" } };
    struct command command = { words, 1, true };
    struct command_request request = request_of(&a, &command);

    request.files = "/etc/a\n/etc/both";
    request.reason = "service web";
    command_queue_add(place->queue, &request);
    request = request_of(&b, &command);
    request.files = "/etc/both\n/etc/b";
    request.reason = "key\nx";
    command_queue_add(place->queue, &request);
    log_set_level(LOG_LEVEL_DEBUG);
    assert_int_equal(rig_run(place->rig), 0);
    assert_int_equal(a.n_good, 1);
    assert_int_equal(b.n_good, 1);
    assert_string_equal(place_read(place, "t"), "/etc/a\n/etc/both\n/etc/b|service web;key?x|\n");
    assert_non_null(strstr(logged.ptr, "debug delivery 'a' and 1 more: command 'echo "));
}

static void test_secrets_are_not_shared(void **state)
{
    static const char *const secrets[] = { "CONSUL_HTTP_TOKEN=configured", NULL };
    struct place *place = *state;
    struct asker a = { .place = place, .name = "a" };
    struct asker b = { .place = place, .name = "b", .quit_after = 1 };
    char *words[] = { (char[]){
        "echo \"$CONSUL_HTTP_ADDR $CONSUL_HTTP_TOKEN,$VAULT_TOKEN,$NOTIFY_SOCKET\" >>$DIR/t" } };
    struct command command = { words, 1, true };
    struct command_request request = request_of(&a, &command);

    setenv("CONSUL_HTTP_ADDR", "inherited:1", 1);
    setenv("CONSUL_HTTP_TOKEN", "inherited", 1);
    setenv("VAULT_TOKEN", "inherited", 1);
    setenv("NOTIFY_SOCKET", "/run/nowhere", 1);
    command_queue_set_consul(place->queue, "10.0.0.1:8500", secrets);
    command_queue_add(place->queue, &request);
    request = request_of(&b, &command);
    request.is_token_passed = true;
    command_queue_add(place->queue, &request);
    assert_int_equal(rig_run(place->rig), 0);
    unsetenv("CONSUL_HTTP_ADDR");
    unsetenv("CONSUL_HTTP_TOKEN");
    unsetenv("VAULT_TOKEN");
    unsetenv("NOTIFY_SOCKET");
    assert_string_equal(place_read(place, "t"),
                        "10.0.0.1:8500 ,,\n10.0.0.1:8500 configured,inherited,\n");
}

static struct asker *late_asker;
static const char *late_script;

/* While the command runs: when it has said something. */
static void ask_once_more(const char *line)
{
    if (late_asker && strstr(line, "output: now")) {
        struct asker *asker = late_asker;

        late_asker = NULL;
        ask(asker, late_script);
    }
}

/* Files may have changed after the run read them: a request during a run asks for another. */
/* What a command sees and how it ends belongs to it: another manner, another run. */
static void test_manner(void **state)
{
    struct place *place = *state;
    struct asker web = { .place = place, .name = "web" };
    struct asker edge = { .place = place, .name = "edge", .quit_after = 1 };
    char *words[] = { (char[]){ "echo \"$ADDED $HOME $EDGEWRIGHT_REASON\"" } };
    char *custom[] = { (char[]){ "ADDED=yes" } };
    struct command command = { .words = words, .n_words = 1, .is_shell = true };
    struct command_manner manner = { .environment = {
                                         .is_pristine = true, .custom = custom, .n_custom = 1 } };
    struct command_request usual = request_of(&web, &command),
                           special = request_of(&edge, &command);

    assert_int_equal(setenv("HOME", "/home", 1), 0);
    usual.reason = special.reason = "why";
    special.manner = &manner;
    command_queue_add(place->queue, &usual);
    command_queue_add(place->queue, &special);
    assert_int_equal(rig_run(place->rig), 0);
    assert_int_equal(web.n_good, 1);
    assert_int_equal(edge.n_good, 1);
    place_assert_log(place, "info web: output:  /home why\n"
                            "info edge: output: yes  why\n");
}

static void quit(void *ctx)
{
    loop_quit(((struct rig *)ctx)->loop, 0);
}

/* At its timeout it gets the signal that it wants. The loop, which sees to timeouts, stands still
 * until the command can hear it. */
static void test_kill_signal(void **state)
{
    struct place *place = *state;
    struct asker web = { .place = place, .name = "web", .quit_after = 1 };
    char *words[] = { (char[]){ "trap 'echo USR1; exit 1' USR1; : >$DIR/t; sleep 1000 & wait" } };
    struct command command = { .words = words, .n_words = 1, .is_shell = true };
    struct command_manner manner = { .kill_signal = SIGUSR1, .kill_timeout_ms = 60000 };
    struct command_request request = request_of(&web, &command);
    struct loop_source *turn;

    request.manner = &manner;
    request.timeout_ms = 100;
    command_queue_add(place->queue, &request);
    assert_true(loop_add_deferred(place->rig->loop, quit, place->rig, &turn, &place->rig->err));
    loop_defer(turn);
    assert_int_equal(rig_run(place->rig), 0);
    while (strcmp(place_read(place, "t"), "(none)") == 0)
        sched_yield();
    assert_int_equal(rig_run(place->rig), 0);
    assert_int_equal(web.last.outcome, CHILD_TIMED_OUT);
    place_assert_log(place, "info web: output: USR1\n"
                            "err web: command 'trap 'echo USR1; exit 1' USR1; : >$DIR/t; sleep "
                            "1000 & wait' failed: timed out after 100ms\n");
    loop_source_free(turn);
}

static void test_request_during_a_run(void **state)
{
    struct place *place = *state;
    struct asker a = { .place = place, .name = "a" };
    struct asker b = { .place = place, .name = "b", .quit_after = 1 };

    late_asker = &b;
    late_script = "echo x >>$DIR/t; echo now";
    log_hook = ask_once_more;
    ask(&a, late_script);
    assert_int_equal(rig_run(place->rig), 0);
    assert_int_equal(a.n_calls, 1);
    assert_int_equal(b.n_calls, 1);
    assert_string_equal(place_read(place, "t"), "x\nx\n");
}

/* That it fails is the other's backoff, not that of who came meanwhile. */
static void test_request_during_a_failing_run(void **state)
{
    struct place *place = *state;
    struct asker a = { .place = place, .name = "a", .quit_after = 1 }, b = a;
    char *words[] = { (char[]){ "echo x >>$DIR/t; echo now; exit 1" } };
    struct command command = { words, 1, true };
    struct command_request request = request_of(&a, &command);

    request.is_retrying = true;
    late_asker = &b;
    late_script = words[0];
    log_hook = ask_once_more;
    command_queue_add(place->queue, &request);
    assert_int_equal(rig_run(place->rig), 0); /* until a is told */
    assert_false(command_queue_is_idle(place->queue));
    assert_non_null(strstr(logged.ptr, " failed: exit status 1; it runs again at once\n"));
    assert_int_equal(rig_run(place->rig), 0); /* until b is told */
    assert_string_equal(place_read(place, "t"), "x\nx\n");
}

/* The same asker again: the run under way is not heard any more, the one after it is. */
static void test_own_request_during_a_run(void **state)
{
    struct place *place = *state;
    struct asker a = { .place = place, .name = "a", .quit_after = 1 };

    late_asker = &a;
    late_script = "echo x >>$DIR/t; echo now";
    log_hook = ask_once_more;
    ask(&a, late_script);
    assert_int_equal(rig_run(place->rig), 0);
    assert_int_equal(a.n_calls, 1);
    assert_string_equal(place_read(place, "t"), "x\nx\n");
}

static void test_request_takes_the_place_of_an_earlier_one(void **state)
{
    struct place *place = *state;
    struct asker a = { .place = place, .name = "a", .quit_after = 1 };

    ask(&a, "echo first >>$DIR/t");
    ask(&a, "echo second >>$DIR/t");
    ask(&a, "echo second >>$DIR/t");
    assert_int_equal(rig_run(place->rig), 0);
    assert_int_equal(a.n_calls, 1);
    assert_true(command_queue_is_idle(place->queue));
    assert_string_equal(place_read(place, "t"), "second\n");
}

static void test_cancel(void **state)
{
    struct place *place = *state;
    struct asker a = { .place = place, .name = "a" };
    struct asker b = { .place = place, .name = "b", .quit_after = 1 };

    ask(&a, "echo a >>$DIR/t");
    ask(&b, "echo b >>$DIR/t");
    command_queue_cancel(place->queue, &a);
    command_queue_cancel(place->queue, &a); /* nothing of it is left */
    assert_int_equal(rig_run(place->rig), 0);
    assert_int_equal(a.n_calls, 0);
    assert_string_equal(place_read(place, "t"), "b\n");
}

/* Of two that share a run, the first to be told cancels the other. */
static void test_cancel_from_a_callback(void **state)
{
    struct place *place = *state;
    struct asker b = { .place = place, .name = "b" };
    struct asker a = { .place = place, .name = "a", .quit_after = 1, .cancels = &b };

    ask(&a, "true");
    ask(&b, "true");
    assert_int_equal(rig_run(place->rig), 0);
    assert_int_equal(a.n_calls, 1);
    assert_int_equal(b.n_calls, 0);
}

/* One failure, twice; then another one, then none. */
static const char failing_script[] = "echo x >>$DIR/t; n=$(wc -l <$DIR/t)\n"
                                     "echo no\n"
                                     "case $n in 1|2) exit 1;; 3) echo worse; exit 2;; esac";

/* Asking again from the callback spares the test the backoff, and the queue its memory. */
static void test_failures_in_a_row(void **state)
{
    struct place *place = *state;
    struct asker a = { .place = place, .name = "a", .quit_after = 4 };
    char *words[] = { (char[]){ "sh" }, place_path(place, "script") };
    struct command command = { words, 2, false };
    struct command_request request = request_of(&a, &command);

    place_write(place, "script", failing_script);
    request.is_retrying = true;
    a.again = &request;
    command_queue_add(place->queue, &request);
    assert_int_equal(rig_run(place->rig), 0);
    assert_int_equal(a.n_good, 1);
    assert_true(command_queue_is_idle(place->queue));
    place_assert_log(place,
                     "info a: output: no\n"
                     "err a: command 'sh DIR/script' failed: exit status 1; next attempt in T\n"
                     "err a: output: no\n"
                     "err a: output: worse\n"
                     "err a: command 'sh DIR/script' failed: exit status 2; next attempt in T\n"
                     "info a: output: no\n"
                     "info a: command 'sh DIR/script' succeeded (T) after 3 failures in T\n");
    free(words[1]);
}

static void test_retry_by_itself(void **state)
{
    struct place *place = *state;
    struct asker a = { .place = place, .name = "a", .quit_after = 2 };
    char *words[] = { (char[]){ "test -e $DIR/t || { : >$DIR/t; exit 1; }" } };
    struct command command = { words, 1, true };
    struct command_request request = request_of(&a, &command);

    request.is_retrying = true;
    command_queue_add(place->queue, &request);
    assert_int_equal(rig_run(place->rig), 0);
    assert_int_equal(a.n_calls, 2);
    assert_int_equal(a.n_good, 1);
}

/* The queue goes with a command running and one waiting for its next attempt. */
static void test_free_while_busy(void **state)
{
    struct place *place = *state;
    struct asker a = { .place = place, .name = "a", .quit_after = 1 }, b = a;
    char *words[] = { (char[]){ "exit 1" } };
    struct command command = { words, 1, true };
    struct command_request request = request_of(&a, &command);

    request.is_retrying = true;
    command_queue_add(place->queue, &request);
    assert_int_equal(rig_run(place->rig), 0);
    ask(&b, "sleep 60");
    log_hook = NULL;
    command_queue_free(TAKE(place->queue));
    assert_int_equal(a.n_calls, 1);
    assert_int_equal(b.n_calls, 0);
}

/* --- Several at a time ----------------------------------------------------------------------- */

static void set_pace(const struct place *place, size_t n_running)
{
    command_queue_set_pace(place->queue, &(struct command_pace){ .n_running = n_running });
}

#define UNTIL(file) "until test -e $DIR/" file "; do sleep 0.01; done"

/* One that hangs keeps nobody else waiting. */
static void test_commands_of_different_askers_run_together(void **state)
{
    struct place *place = *state;
    struct asker web = { .place = place, .name = "delivery 'web'", .quit_after = 1 };
    struct asker dns = { .place = place, .name = "delivery 'dns'" };

    set_pace(place, 2);
    ask(&web, UNTIL("go"));
    ask(&dns, "touch $DIR/go");
    assert_int_equal(rig_run(place->rig), 0);
    assert_int_equal(web.n_good, 1);
    assert_int_equal(dns.n_good, 1);
}

static void test_no_more_than_that_run_together(void **state)
{
    struct place *place = *state;
    struct asker askers[4];
    char script[128];

    set_pace(place, 2);
    for (size_t i = 0; i < ARRAY_SIZE(askers); i++) {
        askers[i] = (struct asker){ .place = place, .name = "x", .quit_after = i == 3 };
        snprintf(script, sizeof(script),
                 "mkdir $DIR/r%zu; ls -d $DIR/r* | wc -l >>$DIR/t; rmdir $DIR/r%zu", i, i);
        ask(&askers[i], script);
    }
    assert_int_equal(rig_run(place->rig), 0);
    assert_null(strpbrk(place_read(place, "t"), "34"));
}

/* Its earlier command runs when it asks for another one: that one waits for the end. */
static struct command_request next_request;

static void on_other_run(void *ctx, const struct child_result *result)
{
    struct asker *other = ctx;

    (void)result;
    command_queue_add(other->place->queue, &next_request);
    place_write(other->place, "go", "");
}

static void test_one_asker_has_one_command_at_a_time(void **state)
{
    struct place *place = *state;
    struct asker web = { .place = place, .name = "delivery 'web'", .quit_after = 1 };
    struct asker other = { .place = place, .name = "delivery 'other'" };
    char wait_words[] = UNTIL("t"), next_words[] = "echo second >>$DIR/t";
    char *wait_argv[] = { wait_words }, *next_argv[] = { next_words };
    struct command wait = { wait_argv, 1, true }, next = { next_argv, 1, true };
    struct command_request request = request_of(&other, &wait);

    set_pace(place, 3);
    ask(&web, "echo begins >>$DIR/t; " UNTIL("go") "; sleep 0.05; echo ends >>$DIR/t");
    next_request = request_of(&web, &next);
    request.on_run = on_other_run;
    command_queue_add(place->queue, &request);
    assert_int_equal(rig_run(place->rig), 0);
    assert_string_equal(place_read(place, "t"), "begins\nends\nsecond\n");
}

static void test_a_storm_is_paced(void **state)
{
    struct place *place = *state;
    struct asker web = { .place = place, .name = "delivery 'web'", .quit_after = 3 };
    char words[] = "echo ran >>$DIR/t";
    char *argv[] = { words };
    struct command command = { argv, 1, true };
    struct command_request request = request_of(&web, &command);
    uint64_t start_ms = loop_now_ms(place->rig->loop);

    command_queue_set_pace(place->queue,
                           &(struct command_pace){ .n_running = 1, 2, .period_ms = 200 });
    web.again = &request;
    command_queue_add(place->queue, &request);
    assert_int_equal(rig_run(place->rig), 0);
    assert_string_equal(place_read(place, "t"), "ran\nran\nran\n");
    assert_true(loop_now_ms(place->rig->loop) - start_ms >= 200);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        PLACE_TEST(test_success),
        PLACE_TEST(test_failure_without_retry),
        PLACE_TEST(test_output_of_failure_at_quiet_level),
        PLACE_TEST(test_timeout),
        PLACE_TEST(test_one_at_a_time_in_order),
        PLACE_TEST(test_equal_once),
        PLACE_TEST(test_secrets_are_not_shared),
        PLACE_TEST(test_manner),
        PLACE_TEST(test_kill_signal),
        PLACE_TEST(test_request_during_a_run),
        PLACE_TEST(test_request_during_a_failing_run),
        PLACE_TEST(test_own_request_during_a_run),
        PLACE_TEST(test_request_takes_the_place_of_an_earlier_one),
        PLACE_TEST(test_cancel),
        PLACE_TEST(test_cancel_from_a_callback),
        PLACE_TEST(test_failures_in_a_row),
        PLACE_TEST(test_retry_by_itself),
        PLACE_TEST(test_free_while_busy),
        PLACE_TEST(test_commands_of_different_askers_run_together),
        PLACE_TEST(test_no_more_than_that_run_together),
        PLACE_TEST(test_one_asker_has_one_command_at_a_time),
        PLACE_TEST(test_a_storm_is_paced),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
