/* SPDX-License-Identifier: MIT */
/* Where the program begins: what the command line asks for. */
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "app/ask.h"
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
        .is_once = cli->once || cli->command == CLI_RECORD,
        .is_dry = cli->dry || cli->command == CLI_RECORD,
        .is_diff = cli->diff,
        .timeout_ms = cli->timeout_ms,
        .data = cli->data,
        .record = cli->command == CLI_RECORD ? cli->argument : NULL,
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
    case CLI_RUN:
    case CLI_RECORD: return daemon_run(&options);
    case CLI_CHECK: return check_run(&cli->flags, cli->data);
    case CLI_STATUS: return status_run(&cli->flags, &cli->status);
    case CLI_ASK: return ask_run(&cli->flags, cli->verb, cli->argument);
    }
    return EXIT_STATUS_USAGE;
}

/* Where a standard stream is closed, the next file that we open would take its number, and get our
 * log. What stands there instead fails as the closed one would have. */
static bool occupy_standard_streams(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
        int flags = fd == STDIN_FILENO ? O_WRONLY : O_RDONLY;

        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", flags) != fd)
            return false;
    }
    return true;
}

int main(int argc, char **argv)
{
    struct error err = ERROR_EMPTY;
    struct cli cli;

    if (!occupy_standard_streams())
        return EXIT_STATUS_FAILED;
    if (!cli_parse(argc, argv, &cli, &err)) {
        fprintf(stderr, "edgewright: %s\n", err.text);
        return EXIT_STATUS_USAGE;
    }

    int status = run(&cli);

    cli_fini(&cli);
    return status;
}
