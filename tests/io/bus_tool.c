/* SPDX-License-Identifier: MIT */
/* A unit's reload over the system bus, for tests under a real systemd.
 *
 * bus_tool UNIT TIMEOUT_MS        says "done", or what went wrong
 * bus_tool right UNIT             says whether we may: "yes", "no", "unknown" */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "io/bus.h"
#include "io/bus_right.h"
#include "io/loop.h"

struct tool {
    struct loop *loop;
    struct bus_reload *reload;
    struct bus_right *right;
};

static void on_end(void *ctx, const struct error *err)
{
    struct tool *tool = ctx;

    printf("%s\n", err->code == ERROR_NONE ? "done" : err->text);
    bus_reload_free(tool->reload);
    loop_quit(tool->loop, err->code != ERROR_NONE);
}

static void on_right(void *ctx, enum bus_right_answer answer)
{
    static const char *const words[] = {
        [BUS_RIGHT_YES] = "yes",
        [BUS_RIGHT_NO] = "no",
        [BUS_RIGHT_UNKNOWN] = "unknown",
    };
    struct tool *tool = ctx;

    printf("%s\n", words[answer]);
    bus_right_free(tool->right);
    loop_quit(tool->loop, 0);
}

int main(int argc, char **argv)
{
    struct tool tool = { .loop = NULL };
    struct error err;
    int status = 1;

    if (argc != 3) {
        fprintf(stderr, "usage: bus_tool UNIT TIMEOUT_MS | right UNIT\n");
        return 2;
    }
    if (!loop_new(&tool.loop, &err))
        return 1;
    if (strcmp(argv[1], "right") == 0)
        tool.right = bus_right_ask(tool.loop, argv[2], 20000, on_right, &tool);
    else
        tool.reload =
            bus_reload_start(tool.loop, argv[1], strtoull(argv[2], NULL, 10), on_end, &tool);
    if (!loop_run(tool.loop, &status, &err))
        fprintf(stderr, "bus_tool: %s\n", err.text);
    loop_free(tool.loop);
    return status;
}
