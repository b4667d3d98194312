/* SPDX-License-Identifier: MIT */
#include "consul/homing.h"

#include <string.h>

#include "base/log.h"
#include "io/rig.h"
#include "unit.h"

/* Three addresses, of which the last is asked. Each answers as its text says, one byte for each
 * question: '+' there is a leader, '-' there is none, 'x' no answer, '5' status 500, '!' too much.
 */
struct play {
    struct rig *rig;
    struct homing homing;
    const char *answers[2];
    struct timer timer;
    const struct http_handler *handler;
    void *handler_ctx;
    size_t address;
};

static void on_answer(void *ctx)
{
    struct play *play = ctx;
    char answer = *play->answers[play->address]++;
    struct http_reply reply = { .outcome = answer == 'x' ? HTTP_REFUSED : HTTP_DONE,
                                .status = answer == '5' ? 500 : 200 };
    struct slice text = answer == '-' ? SLICE("\"\"\n") : SLICE("\"10.0.0.1:8300\"");
    bool is_taken = true;

    for (int i = 0; i < (answer == '!' ? 100 : 1); i++)
        is_taken = is_taken && play->handler->on_body(play->handler_ctx, text);
    if (!is_taken)
        reply.outcome = HTTP_REJECTED;
    play->handler->on_done(play->handler_ctx, &reply);
}

static struct http_request *ask(void *ctx, size_t address, const char *path,
                                const struct http_handler *handler, void *handler_ctx)
{
    struct play *play = ctx;

    assert_string_equal(path, "/v1/status/leader");
    buf_printf(&play->rig->trace, "%zu", address);
    if (*play->answers[address] == '\0') {
        loop_quit(play->rig->loop, 0);
        return NULL;
    }
    play->address = address;
    play->handler = handler;
    play->handler_ctx = handler_ctx;
    timer_start_ms(&play->timer, 0);
    return NULL;
}

static void on_home(void *ctx, size_t address, uint64_t good_ms)
{
    struct play *play = ctx;

    (void)good_ms;
    buf_printf(&play->rig->trace, " home:%zu ", address);
    if (address == 0)
        loop_quit(play->rig->loop, 0);
}

static void play_begin(struct play *play, struct rig *rig)
{
    *play = (struct play){ .rig = rig };
    play->homing = (struct homing){ .ask = ask, .on_home = on_home, .ctx = play, .interval_ms = 1 };
    homing_init(&play->homing, rig->loop);
    timer_init(&play->timer, rig->loop, on_answer, play);
}

static void play_end(struct play *play)
{
    timer_fini(&play->timer);
    homing_fini(&play->homing);
}

static void test_ways_back(void **state)
{
    static const struct {
        const char *name, *first, *second, *want;
    } cases[] = {
        { "it answers three times", "+++", "", "000 home:0 " },
        { "not in a row", "++x+++", "x", "0001000 home:0 " },
        { "it has no leader", "---+++", "---", "010101000 home:0 " },
        { "errors and nonsense", "5!+++", "xx", "0101000 home:0 " },
        { "half the way", "xxxxxxxx", "+++",
          "0111 home:1 0000000"
          "0" },
        { "never", "xx", "xx", "01010" },
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct play play;
        struct rig *rig = *state;

        buf_clear(&rig->trace);
        play_begin(&play, rig);
        play.answers[0] = cases[i].first;
        play.answers[1] = cases[i].second;
        homing_leave(&play.homing, 2);
        assert_int_equal(rig_run(rig), 0);
        if (!slice_is(buf_slice(&rig->trace), cases[i].want))
            fail_msg("%s: %s", cases[i].name, rig->trace.ptr);
        play_end(&play);
    }
}

/* One that comes and goes is asked for longer each time. */
static void test_hysteresis(void **state)
{
    struct rig *rig = *state;
    struct play play;

    play_begin(&play, rig);
    play.answers[0] = "++++++++++++++++++++++++++++++++++++++++";
    for (int i = 0; i < 3; i++) {
        homing_leave(&play.homing, 1);
        assert_int_equal(rig_run(rig), 0);
    }
    assert_string_equal(rig->trace.ptr, "000 home:0 000000 home:0 000000000000 home:0 ");
    play_end(&play);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_ways_back, rig_setup, rig_teardown),
        cmocka_unit_test_setup_teardown(test_hysteresis, rig_setup, rig_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
