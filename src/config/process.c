/* SPDX-License-Identifier: MIT */
/* Settings of the process and of those it runs. */
#include "process.h"

#include <strings.h>
#include <syslog.h>

#include "base/cleanup.h"
#include "compound.h"
#include "reading.h"

void read_facility(struct reading *reading, const struct setting *setting,
                   const struct yaml_node *node, void *base)
{
    static const struct {
        const char *name;
        int facility;
    } facilities[] = {
        { "AUTH", LOG_AUTH },     { "AUTHPRIV", LOG_AUTHPRIV }, { "CRON", LOG_CRON },
        { "DAEMON", LOG_DAEMON }, { "FTP", LOG_FTP },           { "KERN", LOG_KERN },
        { "LOCAL0", LOG_LOCAL0 }, { "LOCAL1", LOG_LOCAL1 },     { "LOCAL2", LOG_LOCAL2 },
        { "LOCAL3", LOG_LOCAL3 }, { "LOCAL4", LOG_LOCAL4 },     { "LOCAL5", LOG_LOCAL5 },
        { "LOCAL6", LOG_LOCAL6 }, { "LOCAL7", LOG_LOCAL7 },     { "LPR", LOG_LPR },
        { "MAIL", LOG_MAIL },     { "NEWS", LOG_NEWS },         { "SYSLOG", LOG_SYSLOG },
        { "USER", LOG_USER },     { "UUCP", LOG_UUCP },
    };
    const char *expected = "a facility of syslog such as LOCAL0 or DAEMON";
    struct slice text;

    if (!reading_get_text(reading, setting, node, expected, &text))
        return;
    for (size_t i = 0; i < ARRAY_SIZE(facilities); i++) {
        if (text.len == strlen(facilities[i].name) &&
            strncasecmp(text.ptr, facilities[i].name, text.len) == 0) {
            *(int *)setting_place(setting, base) = facilities[i].facility;
            return;
        }
    }
    reading_add_unexpected(reading, setting, node, expected);
}

static const char *check_assignment(struct slice text)
{
    size_t at = slice_find_byte(text, '=');

    return at == SLICE_NOT_FOUND || at == 0 ? "expected NAME=value" : NULL;
}

void read_assignments(struct reading *reading, const struct setting *setting,
                      const struct yaml_node *node, void *base)
{
    struct setting checked = *setting;

    checked.check = check_assignment;
    read_strings(reading, &checked, node, base);
}
