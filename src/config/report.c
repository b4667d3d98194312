/* SPDX-License-Identifier: MIT */
/* Mistakes as lines with excerpts. */
#include "report.h"

#include "base/limits.h"

void report_add(struct report *report, const struct error *err, struct slice shown)
{
    if (report->n++ == 0)
        report->first = *err;
    if (report->n > LIMIT_MISTAKES)
        return;
    buf_printf(report->out, "%s\n", err->text);
    if (shown.len)
        error_add_excerpt(err, shown, report->out);
}

void report_finish(const struct report *report)
{
    if (report->n > LIMIT_MISTAKES)
        buf_printf(report->out, "... and %zu more\n", report->n - LIMIT_MISTAKES);
}
