/* SPDX-License-Identifier: MIT */
/* What the service manager is told. */
#include "app/notify.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <systemd/sd-daemon.h>
#include <time.h>

#include "base/buf.h"
#include "base/log.h"
#include "base/utf8.h"

/* What `systemctl status` still shows well. */
#define STATUS_BYTES 500

static char last_status[STATUS_BYTES + 1];
static bool is_failing;

/* No more than STATUS_BYTES, and no half of a code point at the end. */
static struct slice cut_status(struct slice status)
{
    size_t len = STATUS_BYTES;

    if (status.len <= len)
        return status;
    while (len > STATUS_BYTES - UTF8_MAX_BYTES && ((unsigned char)status.ptr[len] & 0xc0) == 0x80)
        len--;
    return slice_sub(status, 0, len);
}

/* "STATUS=..." in one line: a newline would begin another assignment, and systemd takes nothing
 * that is not UTF-8. */
static void add_status(struct buf *message, struct slice status)
{
    struct slice shown = cut_status(status);

    buf_add_string(message, "STATUS=");
    for (size_t at = 0, n; at < shown.len; at += n) {
        uint32_t rune;
        bool is_shown;

        n = utf8_decode(slice_sub(shown, at, shown.len), &rune);
        is_shown = rune >= 0x20 && rune != 0x7f && (rune != RUNE_REPLACEMENT || n > 1);
        buf_add(message, is_shown ? slice_sub(shown, at, at + n) : SLICE("?"));
    }
    memcpy(last_status, shown.ptr, shown.len);
    last_status[shown.len] = '\0';
}

/* The first failure is said, and when it works again; a manager that is away needs no more. */
static void send_message(const struct buf *message)
{
    int result = sd_notify(0, message->ptr);

    if (result < 0 && !is_failing)
        log_warn("notify: cannot tell the service manager: %s", strerror(-result));
    else if (result > 0 && is_failing)
        log_info("notify: the service manager listens again");
    is_failing = result < 0;
}

static void notify(const char *state, struct slice status)
{
    CLEANUP(buf_fini) struct buf message = BUF_EMPTY;

    buf_add_string(&message, state);
    add_status(&message, status);
    send_message(&message);
}

void notify_ready(struct slice status)
{
    notify("READY=1\n", status);
}

void notify_status(struct slice status)
{
    if (!slice_is(cut_status(status), last_status))
        notify("", status);
}

void notify_reloading(struct slice status)
{
    CLEANUP(buf_fini) struct buf state = BUF_EMPTY;
    struct timespec now;

    /* systemd compares it with the time of its own reload request: Type=notify-reload. */
    clock_gettime(CLOCK_MONOTONIC, &now);
    buf_printf(&state, "RELOADING=1\nMONOTONIC_USEC=%" PRIu64 "\n",
               (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000);
    notify(state.ptr, status);
}

void notify_stopping(struct slice status)
{
    notify("STOPPING=1\n", status);
}
