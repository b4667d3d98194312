/* SPDX-License-Identifier: MIT */
/* The way back to an earlier address. */
#include "homing.h"

#include "base/cleanup.h"
#include "leader.h"
#include "query.h"

#define WANTED_AT_FIRST 3
#define WANTED_AT_MOST  48
#define SOON            40 /* intervals: a return that did not last so long was a mistake */

static void homing_rest(struct homing *homing)
{
    timer_start_ms(&homing->timer, homing->interval_ms);
}

static void homing_go(struct homing *homing, size_t address)
{
    uint64_t now = loop_now_ms(homing->loop);

    homing->has_returned = true;
    homing->home_ms = now;
    homing->away = address;
    homing->candidate = 0;
    homing->n_good = 0;
    if (address > 0)
        homing_rest(homing);
    homing->on_home(homing->ctx, address, now - homing->good_since_ms);
}

static bool on_body(void *ctx, struct slice piece)
{
    struct homing *homing = ctx;

    return leader_take(&homing->answer, piece);
}

static void on_done(void *ctx, const struct http_reply *reply)
{
    struct homing *homing = ctx;
    bool is_good = reply->outcome == HTTP_DONE && reply->status == 200 &&
                   leader_is_named(buf_slice(&homing->answer));

    http_request_free(TAKE(homing->request));
    if (is_good && homing->n_good == 0)
        homing->good_since_ms = loop_now_ms(homing->loop);
    homing->n_good = is_good ? homing->n_good + 1 : 0;
    if (homing->n_good >= homing->n_wanted) {
        homing_go(homing, homing->candidate);
        return;
    }
    if (!is_good)
        homing->candidate = (homing->candidate + 1) % homing->away;
    homing_rest(homing);
}

static void on_timer(void *ctx)
{
    static const struct http_handler handler = { .on_body = on_body, .on_done = on_done };
    CLEANUP(buf_fini) struct buf path = BUF_EMPTY;
    struct homing *homing = ctx;

    buf_clear(&homing->answer);
    query_add_leader(&path, SLICE_EMPTY);
    homing->request = homing->ask(homing->ctx, homing->candidate, path.ptr, &handler, homing);
}

void homing_init(struct homing *homing, struct loop *loop)
{
    homing->loop = loop;
    homing->n_wanted = WANTED_AT_FIRST;
    timer_init(&homing->timer, loop, on_timer, homing);
}

void homing_fini(struct homing *homing)
{
    timer_fini(&homing->timer);
    http_request_free(TAKE(homing->request));
    buf_fini(&homing->answer);
}

/* How much is wanted of an address follows from how long the last return lasted. */
static void judge_last_return(struct homing *homing)
{
    uint64_t lasted_ms = loop_now_ms(homing->loop) - homing->home_ms;

    if (!homing->has_returned)
        return;
    homing->has_returned = false;
    if (lasted_ms >= SOON * homing->interval_ms)
        homing->n_wanted = WANTED_AT_FIRST;
    else if (homing->n_wanted < WANTED_AT_MOST)
        homing->n_wanted *= 2;
}

void homing_leave(struct homing *homing, size_t address)
{
    judge_last_return(homing);
    timer_stop(&homing->timer);
    http_request_free(TAKE(homing->request));
    homing->away = address;
    homing->candidate = 0;
    homing->n_good = 0;
    if (address > 0)
        homing_rest(homing);
}
