/* SPDX-License-Identifier: MIT */
/* How long something lasted, for people: "0.3 s", "12 min 5 s", "3 h 20 min". */
#pragma once

#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>

struct duration_text {
    char text[32];
};

static inline struct duration_text duration_of(uint64_t ms)
{
    struct duration_text duration;
    uint64_t seconds = ms / 1000, minutes = seconds / 60;
    size_t size = sizeof(duration.text);

    if (minutes == 0)
        snprintf(duration.text, size, "%" PRIu64 ".%" PRIu64 " s", seconds, ms % 1000 / 100);
    else if (minutes < 60)
        snprintf(duration.text, size, "%" PRIu64 " min %" PRIu64 " s", minutes, seconds % 60);
    else
        snprintf(duration.text, size, "%" PRIu64 " h %" PRIu64 " min", minutes / 60, minutes % 60);
    return duration;
}
