/* SPDX-License-Identifier: MIT */
/* runtime_dir/control: one line a connection, "VERB [NAME]". The reply is a line with the exit
 * status that the asking program ends with, then text for people. */
#include "control.h"

#include <stdlib.h>

#include "app/cycle.h"
#include "app/daemon.h"
#include "base/log.h"
#include "base/memory.h"
#include "io/line_server.h"

struct control {
    struct cycle *cycle;
    struct line_server *server; /* NULL: nobody can ask */
    bool is_taken;
};

static const struct {
    const char *verb;
    bool (*act)(struct cycle *cycle, struct slice name, struct buf *out);
} verbs[] = {
    { "pause", cycle_pause },
    { "release", cycle_release },
    { "resume", cycle_resume },
};

static bool control_act(struct control *control, struct slice line, struct buf *out)
{
    struct slice name = line, verb;

    if (!slice_next(&name, ' ', &verb))
        verb = SLICE_EMPTY;
    for (size_t i = 0; i < ARRAY_SIZE(verbs); i++) {
        if (slice_is(verb, verbs[i].verb))
            return verbs[i].act(control->cycle, name.ptr ? name : SLICE_EMPTY, out);
    }
    buf_printf(out, "unknown command '%.*s'\n", SLICE_ARG(slice_sub(verb, 0, 64)));
    return false;
}

static void control_on_line(void *ctx, struct slice line, struct buf *reply)
{
    CLEANUP(buf_fini) struct buf text = BUF_EMPTY;
    bool is_ok = control_act(ctx, line, &text);

    buf_printf(reply, "%d\n", is_ok ? EXIT_STATUS_OK : EXIT_STATUS_FAILED);
    buf_add(reply, buf_slice(&text));
}

struct control *control_new(struct loop *loop, const char *runtime_dir, struct cycle *cycle)
{
    struct control *control = NEW(struct control);
    struct error err = ERROR_EMPTY;

    control->cycle = cycle;
    if (runtime_dir && !line_server_new(loop, runtime_dir, CONTROL_SOCKET, control_on_line, control,
                                        &control->server, &err)) {
        control->is_taken = err.code == ERROR_INVALID;
        log_warn("%s; nobody can release, pause or resume%s", err.text,
                 control->is_taken ? " here, and the status is that process's" : "");
    }
    return control;
}

bool control_is_taken(const struct control *control)
{
    return control->is_taken;
}

void control_free(struct control *control)
{
    if (!control)
        return;
    line_server_free(control->server);
    free(control);
}
