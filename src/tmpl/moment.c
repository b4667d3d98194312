/* SPDX-License-Identifier: MIT */
/* Formats times by Go's layouts, and durations. */
#include "moment.h"

#include <assert.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NANOSECONDS 1000000000

static const char *const months[] = { "January",   "February", "March",    "April",
                                      "May",       "June",     "July",     "August",
                                      "September", "October",  "November", "December" };
static const char *const weekdays[] = { "Sunday",   "Monday", "Tuesday", "Wednesday",
                                        "Thursday", "Friday", "Saturday" };

/* A time taken apart. */
struct moment {
    struct tm tm;
    int64_t year;
    long nanosecond;
};

static struct moment moment_from(struct timespec time)
{
    struct moment moment = { .nanosecond = time.tv_nsec };
    struct tm *tm = gmtime_r(&time.tv_sec, &moment.tm);

    assert(tm); /* fails beyond the year 2^31, which no reader of times lets in */
    moment.year = (int64_t)tm->tm_year + 1900;
    return moment;
}

/* At least so many digits, behind a sign for a negative number. */
static void add_number(struct buf *out, int64_t number, int width)
{
    if (number < 0)
        buf_add_byte(out, '-');
    buf_printf(out, "%0*lld", width, llabs((long long)number));
}

/* --- Fields of a layout -------------------------------------------------------------------- */

enum field {
    FIELD_LONG_MONTH,
    FIELD_SHORT_MONTH,
    FIELD_MONTH,
    FIELD_ZERO_MONTH,
    FIELD_LONG_WEEKDAY,
    FIELD_SHORT_WEEKDAY,
    FIELD_DAY,
    FIELD_SPACE_DAY,
    FIELD_ZERO_DAY,
    FIELD_SPACE_YEAR_DAY,
    FIELD_ZERO_YEAR_DAY,
    FIELD_HOUR,
    FIELD_HOUR_12,
    FIELD_ZERO_HOUR_12,
    FIELD_MINUTE,
    FIELD_ZERO_MINUTE,
    FIELD_SECOND,
    FIELD_ZERO_SECOND,
    FIELD_YEAR,
    FIELD_SHORT_YEAR,
    FIELD_UPPER_HALF_OF_DAY,
    FIELD_LOWER_HALF_OF_DAY,
    FIELD_FIXED, /* of a zone: the same text for every time */
};

struct field_form {
    const char *text; /* how it stands in a layout */
    enum field field;
    bool is_word;      /* followed by a lower-case letter it stands for itself: "Monkey" */
    const char *fixed; /* FIELD_FIXED: what is written */
};

/* Where two forms start alike, the one that is to be tried first comes first. */
static const struct field_form forms[] = {
    { "January", FIELD_LONG_MONTH, false, NULL },
    { "Jan", FIELD_SHORT_MONTH, true, NULL },
    { "Monday", FIELD_LONG_WEEKDAY, false, NULL },
    { "Mon", FIELD_SHORT_WEEKDAY, true, NULL },
    { "MST", FIELD_FIXED, false, "UTC" },
    { "01", FIELD_ZERO_MONTH, false, NULL },
    { "02", FIELD_ZERO_DAY, false, NULL },
    { "03", FIELD_ZERO_HOUR_12, false, NULL },
    { "04", FIELD_ZERO_MINUTE, false, NULL },
    { "05", FIELD_ZERO_SECOND, false, NULL },
    { "06", FIELD_SHORT_YEAR, false, NULL },
    { "002", FIELD_ZERO_YEAR_DAY, false, NULL },
    { "15", FIELD_HOUR, false, NULL },
    { "1", FIELD_MONTH, false, NULL },
    { "2006", FIELD_YEAR, false, NULL },
    { "2", FIELD_DAY, false, NULL },
    { "_2", FIELD_SPACE_DAY, false, NULL },
    { "__2", FIELD_SPACE_YEAR_DAY, false, NULL },
    { "3", FIELD_HOUR_12, false, NULL },
    { "4", FIELD_MINUTE, false, NULL },
    { "5", FIELD_SECOND, false, NULL },
    { "PM", FIELD_UPPER_HALF_OF_DAY, false, NULL },
    { "pm", FIELD_LOWER_HALF_OF_DAY, false, NULL },
    { "-070000", FIELD_FIXED, false, "+000000" },
    { "-07:00:00", FIELD_FIXED, false, "+00:00:00" },
    { "-0700", FIELD_FIXED, false, "+0000" },
    { "-07:00", FIELD_FIXED, false, "+00:00" },
    { "-07", FIELD_FIXED, false, "+00" },
    { "Z070000", FIELD_FIXED, false, "Z" },
    { "Z07:00:00", FIELD_FIXED, false, "Z" },
    { "Z0700", FIELD_FIXED, false, "Z" },
    { "Z07:00", FIELD_FIXED, false, "Z" },
    { "Z07", FIELD_FIXED, false, "Z" },
};

static bool is_digit_at(struct slice text, size_t at)
{
    return at < text.len && text.ptr[at] >= '0' && text.ptr[at] <= '9';
}

static bool is_lower_at(struct slice text, size_t at)
{
    return at < text.len && text.ptr[at] >= 'a' && text.ptr[at] <= 'z';
}

/* The field that the layout starts with, or NULL. */
static const struct field_form *find_form(struct slice layout)
{
    if (slice_starts_with(layout, SLICE("_2006"))) /* a '_' and the year, not "_2" and "006" */
        return NULL;
    for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
        if (forms[i].text[0] != layout.ptr[0])
            continue;

        struct slice form = slice_from(forms[i].text);

        if (slice_starts_with(layout, form) && !(forms[i].is_word && is_lower_at(layout, form.len)))
            return &forms[i];
    }
    return NULL;
}

/* The length of a point or comma and zeros or nines at the start of the layout; 0 if there is no
 * such thing or another digit follows. */
static size_t fraction_length(struct slice layout)
{
    size_t n = 1;

    if (layout.len < 2 || (layout.ptr[0] != '.' && layout.ptr[0] != ',') ||
        (layout.ptr[1] != '0' && layout.ptr[1] != '9'))
        return 0;
    while (n < layout.len && layout.ptr[n] == layout.ptr[1])
        n++;
    return is_digit_at(layout, n) ? 0 : n;
}

/* Zeros ask for so many digits, nines for as many of them as are needed. */
static void add_fraction(struct buf *out, struct slice form, long nanosecond)
{
    char digits[16];
    size_t n = form.len - 1 < 9 ? form.len - 1 : 9;

    snprintf(digits, sizeof(digits), "%09ld", nanosecond);
    if (form.ptr[1] == '9') {
        while (n > 0 && digits[n - 1] == '0')
            n--;
        if (n == 0)
            return;
    }
    buf_add_byte(out, form.ptr[0]);
    buf_add(out, slice_of(digits, n));
}

static int hour_of_12(const struct tm *tm)
{
    return tm->tm_hour % 12 ? tm->tm_hour % 12 : 12;
}

static void add_field(struct buf *out, const struct field_form *form, const struct moment *moment)
{
    const struct tm *tm = &moment->tm;

    switch (form->field) {
    case FIELD_LONG_MONTH: buf_add_string(out, months[tm->tm_mon]); return;
    case FIELD_SHORT_MONTH: buf_add(out, slice_of(months[tm->tm_mon], 3)); return;
    case FIELD_MONTH: add_number(out, tm->tm_mon + 1, 1); return;
    case FIELD_ZERO_MONTH: add_number(out, tm->tm_mon + 1, 2); return;
    case FIELD_LONG_WEEKDAY: buf_add_string(out, weekdays[tm->tm_wday]); return;
    case FIELD_SHORT_WEEKDAY: buf_add(out, slice_of(weekdays[tm->tm_wday], 3)); return;
    case FIELD_DAY: add_number(out, tm->tm_mday, 1); return;
    case FIELD_SPACE_DAY: buf_printf(out, "%2d", tm->tm_mday); return;
    case FIELD_ZERO_DAY: add_number(out, tm->tm_mday, 2); return;
    case FIELD_SPACE_YEAR_DAY: buf_printf(out, "%3d", tm->tm_yday + 1); return;
    case FIELD_ZERO_YEAR_DAY: add_number(out, tm->tm_yday + 1, 3); return;
    case FIELD_HOUR: add_number(out, tm->tm_hour, 2); return;
    case FIELD_HOUR_12: add_number(out, hour_of_12(tm), 1); return;
    case FIELD_ZERO_HOUR_12: add_number(out, hour_of_12(tm), 2); return;
    case FIELD_MINUTE: add_number(out, tm->tm_min, 1); return;
    case FIELD_ZERO_MINUTE: add_number(out, tm->tm_min, 2); return;
    case FIELD_SECOND: add_number(out, tm->tm_sec, 1); return;
    case FIELD_ZERO_SECOND: add_number(out, tm->tm_sec, 2); return;
    case FIELD_YEAR: add_number(out, moment->year, 4); return;
    case FIELD_SHORT_YEAR: add_number(out, llabs(moment->year) % 100, 2); return;
    case FIELD_UPPER_HALF_OF_DAY: buf_add_string(out, tm->tm_hour < 12 ? "AM" : "PM"); return;
    case FIELD_LOWER_HALF_OF_DAY: buf_add_string(out, tm->tm_hour < 12 ? "am" : "pm"); return;
    case FIELD_FIXED: buf_add_string(out, form->fixed); return;
    }
}

void moment_add_layout(struct buf *out, struct slice layout, struct timespec time)
{
    struct moment moment = moment_from(time);

    while (layout.len > 0) {
        const struct field_form *form = find_form(layout);
        size_t length = form ? strlen(form->text) : fraction_length(layout);

        if (form) {
            add_field(out, form, &moment);
        } else if (length > 0) {
            add_fraction(out, slice_sub(layout, 0, length), moment.nanosecond);
        } else {
            length = 1;
            buf_add_byte(out, layout.ptr[0]);
        }
        layout = slice_sub(layout, length, layout.len);
    }
}

void moment_add_default(struct buf *out, struct timespec time)
{
    moment_add_layout(out, SLICE("2006-01-02 15:04:05.999999999 -0700 MST"), time);
}

void moment_add_go_syntax(struct buf *out, struct timespec time)
{
    struct moment moment = moment_from(time);
    const struct tm *tm = &moment.tm;

    buf_printf(out, "time.Date(%lld, time.%s, %d, %d, %d, %d, %ld, time.UTC)",
               (long long)moment.year, months[tm->tm_mon], tm->tm_mday, tm->tm_hour, tm->tm_min,
               tm->tm_sec, moment.nanosecond);
}

/* --- Durations ----------------------------------------------------------------------------- */

/* number / 10^n_digits as a decimal fraction without zeros at the end. */
static void add_quotient(struct buf *out, uint64_t number, int n_digits)
{
    char digits[24]; /* of the fraction */
    uint64_t unit = 1;
    size_t n = (size_t)n_digits;

    for (int i = 0; i < n_digits; i++)
        unit *= 10;
    buf_printf(out, "%ju", (uintmax_t)(number / unit));
    snprintf(digits, sizeof(digits), "%0*ju", n_digits, (uintmax_t)(number % unit));
    while (n > 0 && digits[n - 1] == '0')
        n--;
    if (n > 0)
        buf_add_byte(out, '.');
    buf_add(out, slice_of(digits, n));
}

void moment_add_duration(struct buf *out, int64_t nanoseconds)
{
    uint64_t left = nanoseconds < 0 ? 0 - (uint64_t)nanoseconds : (uint64_t)nanoseconds;

    if (nanoseconds < 0)
        buf_add_byte(out, '-');
    if (left == 0) {
        buf_add_string(out, "0s");
    } else if (left < 1000) {
        buf_printf(out, "%juns", (uintmax_t)left);
    } else if (left < 1000000) {
        add_quotient(out, left, 3);
        buf_add_string(out, "µs");
    } else if (left < NANOSECONDS) {
        add_quotient(out, left, 6);
        buf_add_string(out, "ms");
    } else {
        uint64_t minutes = left / NANOSECONDS / 60;

        if (minutes >= 60)
            buf_printf(out, "%juh", (uintmax_t)(minutes / 60));
        if (minutes > 0)
            buf_printf(out, "%jum", (uintmax_t)(minutes % 60));
        add_quotient(out, left - minutes * 60 * NANOSECONDS, 9);
        buf_add_byte(out, 's');
    }
}
