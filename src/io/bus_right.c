/* SPDX-License-Identifier: MIT */
/* Asks systemd for a reload that it cannot do.
 *
 * polkit answers nobody but root whether a unit may be reloaded: it takes the unit's name from
 * trusted callers alone. But systemd has polkit decide first, and looks at how the job is to be
 * queued after that: "isolate is only valid for start". */
#include "io/bus_right.h"

#include <stdlib.h>
#include <string.h>
#include <systemd/sd-bus.h>

#include "base/memory.h"
#include "io/timer.h"
#include "source.h"

#define IMPOSSIBLE "isolate"

struct bus_right {
    bus_right_fn fn;
    void *ctx;
    sd_bus *bus;
    sd_bus_slot *slot;
    struct timer timer;
};

/* The last thing that happens: fn may free it. */
static void bus_right_end(struct bus_right *right, enum bus_right_answer answer)
{
    timer_stop(&right->timer);
    right->fn(right->ctx, answer);
}

static enum bus_right_answer answer_of(const char *name)
{
    static const struct {
        const char *name;
        enum bus_right_answer answer;
    } names[] = {
        { SD_BUS_ERROR_INVALID_ARGS, BUS_RIGHT_YES },
        { SD_BUS_ERROR_ACCESS_DENIED, BUS_RIGHT_NO },
        { SD_BUS_ERROR_INTERACTIVE_AUTHORIZATION_REQUIRED, BUS_RIGHT_NO },
    };

    for (size_t i = 0; i < ARRAY_SIZE(names); i++)
        if (strcmp(names[i].name, name) == 0)
            return names[i].answer;
    return BUS_RIGHT_UNKNOWN;
}

static int bus_right_on_answer(sd_bus_message *message, void *ctx, sd_bus_error *bus_error)
{
    const sd_bus_error *failure = sd_bus_message_get_error(message);

    (void)bus_error;
    bus_right_end(ctx, failure ? answer_of(failure->name) : BUS_RIGHT_UNKNOWN);
    return 0;
}

static void bus_right_on_timer(void *ctx)
{
    bus_right_end(ctx, BUS_RIGHT_UNKNOWN);
}

struct bus_right *bus_right_ask(struct loop *loop, const char *unit, uint64_t timeout_ms,
                                bus_right_fn fn, void *ctx)
{
    struct bus_right *right = NEW(struct bus_right);
    int r = sd_bus_open_system(&right->bus);

    right->fn = fn;
    right->ctx = ctx;
    timer_init(&right->timer, loop, bus_right_on_timer, right);
    if (r >= 0)
        r = sd_bus_attach_event(right->bus, loop_get_event(loop), SD_EVENT_PRIORITY_NORMAL);
    if (r >= 0)
        r = sd_bus_call_method_async(right->bus, &right->slot, "org.freedesktop.systemd1",
                                     "/org/freedesktop/systemd1",
                                     "org.freedesktop.systemd1.Manager", "ReloadUnit",
                                     bus_right_on_answer, right, "ss", unit, IMPOSSIBLE);
    timer_start_ms(&right->timer, r < 0 ? 0 : timeout_ms);
    return right;
}

void bus_right_free(struct bus_right *right)
{
    if (!right)
        return;
    timer_fini(&right->timer);
    sd_bus_slot_unref(right->slot);
    sd_bus_close_unref(right->bus);
    free(right);
}
