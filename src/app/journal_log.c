/* SPDX-License-Identifier: MIT */
/* Lines of the log as entries of systemd's journal, with fields to select by. */
#include "journal_log.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <systemd/sd-journal.h>
#include <unistd.h>

#include "base/buf.h"

#define MOST_FIELDS 8

const char *journal_log_message_id(enum log_event event)
{
    /* Made by chance once, and never changed: people select by them. */
    static const char *const ids[] = {
        [LOG_EVENT_DELIVERED] = "0011a358100449faac630f09f6e89794",
        [LOG_EVENT_REFUSED] = "a90116814a8c4ed0ad38ce7900b1488d",
        [LOG_EVENT_CHECK_FAILED] = "c3855ca9de90478f972c90a512473958",
        [LOG_EVENT_WRITE_FAILED] = "7b0cc36fc1ee4d62bb43116d94fc38e5",
        [LOG_EVENT_COMMAND_FAILED] = "992d0d096a0d4c11ac972008cdca4cc0",
        [LOG_EVENT_RECOVERED] = "9de5f3750df64baebdf68fc985268d01",
        [LOG_EVENT_ROLLED_BACK] = "1aeef2e48b3149b7825e0a786a1bfa57",
        [LOG_EVENT_HELD] = "e724cd4775c640149195f74e5073e750",
        [LOG_EVENT_RELEASED] = "b92c862d29184fec83b5924a0c992164",
        [LOG_EVENT_QUARANTINED] = "7d4847a0b1c949b58463844be745ba9a",
        [LOG_EVENT_CURED] = "198e944e1dcb4ac787517c9affe000ca",
        [LOG_EVENT_FOREIGN] = "83dd6432c2a74d9db6910335aef775e3",
        [LOG_EVENT_PAUSED] = "0fa27a0cd810422f923fedb4979aaa2b",
        [LOG_EVENT_RESUMED] = "2e894b173b844fdcb860a936edfee666",
        [LOG_EVENT_CONSUL_LOST] = "4948e18682a04801915f95af26ad1970",
        [LOG_EVENT_CONSUL_BACK] = "7d5e4500329a40c8a60d375936a99ddd",
        [LOG_EVENT_TEMPLATE_FAILED] = "71354268adb3455cbd1fa5d84343b2fb",
        [LOG_EVENT_BLOCKED] = "a743cb80ad074b4c8b96be4a141a1470",
        [LOG_EVENT_CONFIG_READ] = "12a478ea1ed14a2fac38669973abbef1",
        [LOG_EVENT_CONFIG_REFUSED] = "73b7be8de4d847c28617dcdead961bec",
    };

    return event < ARRAY_SIZE(ids) ? ids[event] : NULL;
}

/* systemd.exec(5): $JOURNAL_STREAM is "DEVICE:INODE" of the stream; a program that was started with
 * its output somewhere else inherits the variable all the same. */
bool journal_log_is_stderr(void)
{
    const char *stream = getenv("JOURNAL_STREAM");
    unsigned long long device, inode;
    struct stat own;

    return stream && sscanf(stream, "%llu:%llu", &device, &inode) == 2 &&
           fstat(STDERR_FILENO, &own) == 0 && own.st_dev == device && own.st_ino == inode;
}

struct entry {
    struct buf texts[MOST_FIELDS];
    struct iovec fields[MOST_FIELDS];
    int n;
};

static void entry_add(struct entry *entry, const char *name, struct slice text)
{
    struct buf *field = &entry->texts[entry->n];

    if (text.len == 0)
        return;
    buf_printf(field, "%s=", name);
    buf_add(field, text);
    entry->fields[entry->n++] = (struct iovec){ field->ptr, field->len };
}

static void entry_fini(struct entry *entry)
{
    for (int i = 0; i < entry->n; i++)
        buf_fini(&entry->texts[i]);
}

bool journal_log_send(int priority, struct slice line, const struct log_about *about)
{
    CLEANUP(entry_fini) struct entry entry = { .n = 0 };
    const char digit[] = { (char)('0' + priority), '\0' };

    entry_add(&entry, "MESSAGE", line);
    entry_add(&entry, "PRIORITY", slice_from(digit));
    entry_add(&entry, "SYSLOG_IDENTIFIER", SLICE("edgewright"));
    entry_add(&entry, "MESSAGE_ID", slice_from(journal_log_message_id(about->event)));
    entry_add(&entry, "EDGEWRIGHT_EVENT", slice_from(log_event_name(about->event)));
    entry_add(&entry, "EDGEWRIGHT_GROUP", slice_from(about->group));
    entry_add(&entry, "EDGEWRIGHT_SERVICE", slice_from(about->service));
    entry_add(&entry, "EDGEWRIGHT_REASON", slice_from(about->reason));
    return sd_journal_sendv(entry.fields, entry.n) == 0;
}
