/* SPDX-License-Identifier: MIT */
/* The text of --help, made from the table of options. */
#include "app/cli.h"

#include <string.h>

#include "options.h"

#define HELP_COLUMN 36 /* where explanations begin */
#define HELP_WIDTH  100

static size_t column_of(const struct buf *out, size_t line_start)
{
    return out->len - line_start;
}

/* The words of a text from HELP_COLUMN on, on as many lines as it takes. */
static void add_wrapped(struct buf *out, size_t line_start, struct slice text)
{
    struct slice word;

    if (column_of(out, line_start) + 2 > HELP_COLUMN) {
        buf_add_byte(out, '\n');
        line_start = out->len;
    }
    buf_add_repeated(out, ' ', HELP_COLUMN - column_of(out, line_start));
    for (bool is_first = true; slice_next(&text, ' ', &word); is_first = false) {
        if (!is_first && column_of(out, line_start) + 1 + word.len > HELP_WIDTH) {
            buf_add_byte(out, '\n');
            line_start = out->len;
            buf_add_repeated(out, ' ', HELP_COLUMN);
        } else if (!is_first) {
            buf_add_byte(out, ' ');
        }
        buf_add(out, word);
    }
    buf_add_byte(out, '\n');
}

static void add_option(struct buf *out, const struct option *option)
{
    size_t line_start = out->len;

    buf_add_string(out, "  ");
    if (option->short_name)
        buf_printf(out, "-%s, ", option->short_name);
    buf_printf(out, "--%s", option->name);
    if (option->argument)
        buf_printf(out, " %s", option->argument);
    add_wrapped(out, line_start, slice_from(option->help));
}

static void add_command(struct buf *out, const char *usage, const char *help)
{
    size_t line_start = out->len;

    buf_printf(out, "  %s", usage);
    add_wrapped(out, line_start, slice_from(help));
}

void cli_format_help(struct buf *out)
{
    buf_add_string(out, "Watches Consul, renders templates, replaces files, runs commands.\n\n"
                        "Usage:\n");
    add_command(out, "edgewright [OPTIONS]", "Runs in the foreground until it is told to stop.");
    add_command(out, "edgewright check [OPTIONS]",
                "Reads configuration and templates, and says all that is wrong with them; "
                "does not ask Consul.");
    add_command(out, "edgewright status [OPTIONS]",
                "Shows what the running daemon is doing. Exit status: 0 healthy, 1 something is to "
                "be looked at, 3 it does not run.");
    add_command(out, "edgewright record [OPTIONS] FILE",
                "Asks Consul for all that the templates need, and saves the answers for --data.");
    add_command(out, "edgewright release [NAME]",
                "Lets go what is held back of a service, a group or everything.");
    add_command(out, "edgewright pause [NAME]",
                "Stops the deliveries of a group or all, also over a restart; watching goes on.");
    add_command(out, "edgewright resume [NAME]", "Delivers again, at once what is current.");
    for (size_t i = 0; i < n_option_groups; i++) {
        if (!option_groups[i].title)
            continue;
        buf_printf(out, "\n%s:\n", option_groups[i].title);
        for (size_t j = 0; j < option_groups[i].n_options; j++)
            add_option(out, &option_groups[i].options[j]);
    }
    buf_add_string(out, "\nLong options take one dash or two, and their value behind a space or "
                        "'='. What is true or false\nmay be given as --once=false. A duration is "
                        "written like 250ms, 30s or 1m30s.\n");
}

void cli_format_version(struct buf *out)
{
    buf_add_string(out, "edgewright " EDGEWRIGHT_VERSION "\n");
}
