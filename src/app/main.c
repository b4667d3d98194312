/* SPDX-License-Identifier: MIT */
/* Where the program begins: what the command line asks for. */
#include <stdio.h>

#include "app/cli.h"
#include "app/daemon.h"

static int print(const struct buf *text)
{
    return fputs(text->ptr, stdout) >= 0 && fflush(stdout) == 0 ? EXIT_STATUS_OK
                                                                : EXIT_STATUS_FAILED;
}

static int run(const struct cli *cli)
{
    const struct daemon_options options = {
        .flags = &cli->flags,
        .is_once = cli->once,
        .is_dry = cli->dry,
        .timeout_ms = cli->timeout_ms,
    };
    CLEANUP(buf_fini) struct buf text = BUF_EMPTY;

    if (cli->is_help) {
        cli_format_help(&text);
        return print(&text);
    }
    if (cli->is_version) {
        cli_format_version(&text);
        return print(&text);
    }
    switch (cli->command) {
    case CLI_RUN: return daemon_run(&options);
    case CLI_CHECK: return check_run(&cli->flags);
    }
    return EXIT_STATUS_USAGE;
}

int main(int argc, char **argv)
{
    struct error err = ERROR_EMPTY;
    struct cli cli;

    if (!cli_parse(argc, argv, &cli, &err)) {
        fprintf(stderr, "edgewright: %s\n", err.text);
        return EXIT_STATUS_USAGE;
    }

    int status = run(&cli);

    cli_fini(&cli);
    return status;
}
