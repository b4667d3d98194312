/* SPDX-License-Identifier: MIT */
/* A point in time as Consul writes it. */
#include "moment.h"

#include <stddef.h>

/* Takes n digits off the front of the text. */
static bool take_number(struct slice *text, size_t n, int max, int *ret_number)
{
    uint64_t number;

    if (text->len < n || !slice_parse_u64(slice_sub(*text, 0, n), (uint64_t)max, &number))
        return false;
    *text = slice_sub(*text, n, text->len);
    *ret_number = (int)number;
    return true;
}

static bool take_byte(struct slice *text, char byte)
{
    if (text->len == 0 || text->ptr[0] != byte)
        return false;
    *text = slice_sub(*text, 1, text->len);
    return true;
}

/* ".5" of a second; more than nine digits are ignored. */
static bool take_fraction(struct slice *text, long *ret_nanoseconds)
{
    long unit = 100000000;

    *ret_nanoseconds = 0;
    if (!take_byte(text, '.'))
        return true;
    if (text->len == 0 || text->ptr[0] < '0' || text->ptr[0] > '9')
        return false;
    while (text->len > 0 && text->ptr[0] >= '0' && text->ptr[0] <= '9') {
        *ret_nanoseconds += (text->ptr[0] - '0') * unit;
        unit /= 10;
        *text = slice_sub(*text, 1, text->len);
    }
    return true;
}

/* "Z" or "+01:00", in seconds; nothing may follow. */
static bool take_zone(struct slice *text, long *ret_offset)
{
    int hours, minutes;
    bool is_east = take_byte(text, '+');

    *ret_offset = 0;
    if (!is_east && take_byte(text, 'Z'))
        return text->len == 0;
    if (!is_east && !take_byte(text, '-'))
        return false;
    if (!take_number(text, 2, 23, &hours) || !take_byte(text, ':') ||
        !take_number(text, 2, 59, &minutes))
        return false;
    *ret_offset = (is_east ? 1 : -1) * (hours * 3600L + minutes * 60L);
    return text->len == 0;
}

bool moment_parse(struct slice text, struct timespec *ret_time)
{
    struct tm tm = { .tm_isdst = 0 };
    long nanoseconds, offset;

    if (!take_number(&text, 4, 9999, &tm.tm_year) || !take_byte(&text, '-') ||
        !take_number(&text, 2, 12, &tm.tm_mon) || !take_byte(&text, '-') ||
        !take_number(&text, 2, 31, &tm.tm_mday) || !take_byte(&text, 'T') ||
        !take_number(&text, 2, 23, &tm.tm_hour) || !take_byte(&text, ':') ||
        !take_number(&text, 2, 59, &tm.tm_min) || !take_byte(&text, ':') ||
        !take_number(&text, 2, 60, &tm.tm_sec) || !take_fraction(&text, &nanoseconds) ||
        !take_zone(&text, &offset) || tm.tm_mon == 0 || tm.tm_mday == 0)
        return false;
    tm.tm_year -= 1900;
    tm.tm_mon -= 1;
    ret_time->tv_sec = timegm(&tm) - offset;
    ret_time->tv_nsec = nanoseconds;
    return true;
}

void moment_format(const struct timespec *time, struct buf *out)
{
    struct tm tm;

    gmtime_r(&time->tv_sec, &tm);
    buf_printf(out, "%04d-%02d-%02dT%02d:%02d:%02d", tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday,
               tm.tm_hour, tm.tm_min, tm.tm_sec);
    if (time->tv_nsec)
        buf_printf(out, ".%09ld", time->tv_nsec);
    buf_add_byte(out, 'Z');
}
