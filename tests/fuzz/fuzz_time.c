/* SPDX-License-Identifier: MIT */
/* Any layout and any time: formatting ends, and does to a layout what the C library does where both
 * can say the same. An input is eight bytes of time and the layout. */
#include <string.h>
#include <time.h>

#include "fuzz/fuzz.h"
#include "tmpl/moment.h"

#define LONGEST_GROWTH 9 /* "3" may become "10", "Mon" "Tue"; never more than this a byte */

static void check_layout(const char *layout, struct timespec time, const char *want)
{
    CLEANUP(buf_fini) struct buf got = BUF_EMPTY;

    moment_add_layout(&got, slice_from(layout), time);
    FUZZ_CHECK(slice_is(buf_slice(&got), want));
}

static void check_against_c(struct timespec time)
{
    struct tm tm;
    char want[128];

    gmtime_r(&time.tv_sec, &tm);
    strftime(want, sizeof(want), "%Y-%m-%d %H:%M:%S", &tm);
    check_layout("2006-01-02 15:04:05", time, want);
    strftime(want, sizeof(want), "%A %a %B %b", &tm);
    check_layout("Monday Mon January Jan", time, want);
    strftime(want, sizeof(want), "%e %j %I%p", &tm);
    check_layout("_2 002 03PM", time, want);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint64_t bits = 0;
    size_t n = size < sizeof(bits) ? size : sizeof(bits);
    struct buf first = BUF_EMPTY, second = BUF_EMPTY, longer = BUF_EMPTY;

    memcpy(&bits, data, n);

    /* The years 1000 to 9999, where C writes four digits, too. */
    struct timespec time = { (time_t)(bits % 283990000000) - 30610000000,
                             (long)(bits >> 32) % 1000000000 };
    struct slice layout = fuzz_text(data + n, size - n);

    check_against_c(time);
    moment_add_layout(&first, layout, time);
    FUZZ_CHECK(first.len <= layout.len * LONGEST_GROWTH);

    /* What no field continues with ends every field. */
    buf_add(&longer, layout);
    buf_add_byte(&longer, '|');
    moment_add_layout(&second, buf_slice(&longer), time);
    buf_add_byte(&first, '|');
    FUZZ_CHECK(slice_equal(buf_slice(&first), buf_slice(&second)));

    buf_clear(&first);
    moment_add_duration(&first, (int64_t)bits);
    moment_add_go_syntax(&first, time);
    buf_fini(&first);
    buf_fini(&second);
    buf_fini(&longer);
    return 0;
}
