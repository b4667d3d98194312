/* SPDX-License-Identifier: MIT */
/* How often a watch may be woken. */
#include "pace.h"

#include "backoff.h"

#define PACE_BURST   2
#define PACE_HISTORY 16 /* wakes that are looked back on */
#define PACE_ENOUGH  5  /* of them before anything is concluded */

void pace_init(struct pace *pace, const struct watch_tuning *tuning)
{
    *pace = (struct pace){ .interval_ms = tuning->pace_ms };
}

static bool is_mostly_useless(const struct pace *pace)
{
    unsigned n = pace->n_wakes < PACE_HISTORY ? pace->n_wakes : PACE_HISTORY;
    unsigned useless = (unsigned)__builtin_popcount(pace->useless & ((1u << n) - 1));

    return n >= PACE_ENOUGH && useless * 10 > n * 8; /* more than 80 % */
}

/* The bucket as a clock that runs ahead: each wake moves full_ms on by one interval, and a wake is
 * early when that is more than the burst ahead of now. */
static uint64_t pace_take(struct pace *pace, uint64_t now_ms)
{
    uint64_t room = PACE_BURST * pace->interval_ms;

    if (pace->full_ms < now_ms)
        pace->full_ms = now_ms;
    pace->full_ms += pace->interval_ms;
    return pace->full_ms - now_ms > room ? pace->full_ms - now_ms - room : 0;
}

uint64_t pace_wake(struct pace *pace, const struct watch_tuning *tuning, uint64_t now_ms,
                   bool was_useful)
{
    bool is_slow = pace->last_ms && now_ms - pace->last_ms >= 2 * pace->interval_ms;

    pace->useless = pace->useless << 1 | !was_useful;
    pace->n_wakes++;
    pace->last_ms = now_ms;

    if (!is_mostly_useless(pace)) {
        pace->interval_ms = tuning->pace_ms;
        if (pace->full_ms > now_ms + PACE_BURST * pace->interval_ms)
            pace->full_ms = now_ms + PACE_BURST * pace->interval_ms;
    } else if (is_slow && pace->interval_ms > tuning->pace_ms) {
        pace->interval_ms /= 2; /* slower than we would allow: it has calmed down */
        if (pace->interval_ms < tuning->pace_ms)
            pace->interval_ms = tuning->pace_ms;
    }

    uint64_t delay = pace_take(pace, now_ms);

    /* Only a watch that meets its limit is slowed down further: rare wakes harm nobody. */
    if (delay > 0 && is_mostly_useless(pace)) {
        pace->interval_ms *= 2;
        if (pace->interval_ms > tuning->pace_max_ms)
            pace->interval_ms = tuning->pace_max_ms;
    }
    return delay;
}
