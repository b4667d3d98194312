/* SPDX-License-Identifier: MIT */
/* What all tests of io/ need: a loop per test, and a trace of what was called, in order. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/buf.h"
#include "io/loop.h"
#include "io/timer.h"

/* A run that lasts longer has gone wrong; the test ends with this status. */
#define RIG_DEADLINE_MS 20000
#define RIG_TIMED_OUT   99

struct rig {
    struct loop *loop;
    struct timer deadline;
    struct buf trace; /* words with a space behind each */
    struct error err;
};

static inline void rig_on_deadline(void *ctx)
{
    struct rig *rig = ctx;

    loop_quit(rig->loop, RIG_TIMED_OUT);
}

static inline int rig_setup(void **state)
{
    struct rig *rig = calloc(1, sizeof(*rig));

    if (!rig || !loop_new(&rig->loop, &rig->err))
        return -1;
    timer_init(&rig->deadline, rig->loop, rig_on_deadline, rig);
    *state = rig;
    return 0;
}

static inline int rig_teardown(void **state)
{
    struct rig *rig = *state;

    timer_fini(&rig->deadline);
    buf_fini(&rig->trace);
    loop_free(rig->loop);
    free(rig);
    return 0;
}

/* Until somebody quits; returns the status given there. */
static inline int rig_run(struct rig *rig)
{
    int status = -1;

    timer_start_ms(&rig->deadline, RIG_DEADLINE_MS);
    if (!loop_run(rig->loop, &status, &rig->err))
        fail_msg("loop_run: %s", rig->err.text);
    timer_stop(&rig->deadline);
    return status;
}

static inline void rig_note(struct rig *rig, const char *word)
{
    buf_add_string(&rig->trace, word);
    buf_add_byte(&rig->trace, ' ');
}

static inline void rig_assert_trace(struct rig *rig, const char *want)
{
    assert_string_equal(rig->trace.ptr ? rig->trace.ptr : "", want);
    buf_clear(&rig->trace);
}

#define RIG_TEST(fn) cmocka_unit_test_setup_teardown(fn, rig_setup, rig_teardown)
