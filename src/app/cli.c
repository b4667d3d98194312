/* SPDX-License-Identifier: MIT */
/* Reads the command line by the table of options. */
#include "app/cli.h"

#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/memory.h"
#include "options.h"

struct argument_list {
    char *const *next; /* ends with NULL */
    struct cli *cli;
    struct error *err;
    size_t cap_paths, cap_templates, cap_settings;
    bool has_command, may_have_argument;
};

static const struct {
    const char *name;
    bool is_available;
    enum cli_command command;
    bool has_argument; /* may have one */
} commands[] = {
    { "check", true, CLI_CHECK, false },  { "pause", true, CLI_ASK, true },
    { "record", true, CLI_RECORD, true }, { "release", true, CLI_ASK, true },
    { "resume", true, CLI_ASK, true },    { "status", true, CLI_STATUS, false },
};

/* An argument in two: "--name=value". */
struct typed_option {
    const struct option *option;
    struct slice typed; /* with its dashes, without a value */
    struct slice value; /* ptr NULL: none */
};

static bool fail(struct argument_list *list, const struct typed_option *typed, const char *what)
{
    return error_set(list->err, ERROR_INVALID, "option '%.*s' %s", SLICE_ARG(typed->typed), what);
}

/* As Go's flags take them, and nothing else. */
static bool parse_bool(struct slice text, bool *ret_value)
{
    static const char *const words[] = { "false", "true", "0", "1", "f", "t" };

    for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
        if (text.len == strlen(words[i]) && strncasecmp(text.ptr, words[i], text.len) == 0) {
            *ret_value = i % 2 == 1;
            return true;
        }
    }
    return false;
}

static bool take_bool(struct argument_list *list, const struct typed_option *typed, bool *ret_value)
{
    if (typed->value.ptr && !parse_bool(typed->value, ret_value))
        return fail(list, typed, "takes true or false");
    if (!typed->value.ptr)
        *ret_value = true;
    return true;
}

static bool take_duration(struct argument_list *list, const struct typed_option *typed)
{
    uint64_t *place = (uint64_t *)(void *)((char *)list->cli + typed->option->at);

    return slice_parse_duration_ms(typed->value, place) ||
           fail(list, typed, "takes a duration such as 30s or 1m30s");
}

static void add_setting(struct argument_list *list, const struct typed_option *typed,
                        struct slice value)
{
    struct config_flags *flags = &list->cli->flags;

    GROW(flags->settings, flags->n_settings, list->cap_settings);
    flags->settings[flags->n_settings++] = (struct config_setting){
        .flag = slice_to_string(typed->typed),
        .key = typed->option->text,
        .value = slice_to_string(value),
    };
}

static bool take_option(struct argument_list *list, const struct typed_option *typed)
{
    const struct option *option = typed->option;
    struct config_flags *flags = &list->cli->flags;
    bool value = false;

    switch (option->kind) {
    case OPTION_CONFIG:
        GROW(flags->paths, flags->n_paths, list->cap_paths);
        flags->paths[flags->n_paths++] = slice_to_string(typed->value);
        return true;
    case OPTION_TEMPLATE:
        GROW(flags->templates, flags->n_templates, list->cap_templates);
        flags->templates[flags->n_templates++] = slice_to_string(typed->value);
        return true;
    case OPTION_SETTING: add_setting(list, typed, typed->value); return true;
    case OPTION_SETTING_BOOL:
        add_setting(list, typed, typed->value.ptr ? typed->value : SLICE("true"));
        return true;
    case OPTION_BOOL: return take_bool(list, typed, (bool *)list->cli + option->at);
    case OPTION_TEXT:
        free(*(char **)(void *)((char *)list->cli + option->at));
        *(char **)(void *)((char *)list->cli + option->at) = slice_to_string(typed->value);
        return true;
    case OPTION_DURATION: return take_duration(list, typed);
    case OPTION_CHECK:
        if (!take_bool(list, typed, &value))
            return false;
        if (value)
            list->cli->command = CLI_CHECK;
        return true;
    case OPTION_REFUSED:
        return error_set(list->err, ERROR_INVALID, "option '%.*s' is not served: %s",
                         SLICE_ARG(typed->typed), option->text);
    }
    return true;
}

static bool fail_unknown(struct argument_list *list, struct slice typed, struct slice name)
{
    const char *nearest = option_nearest(name);

    if (nearest)
        return error_set(list->err, ERROR_INVALID, "unknown option '%.*s', did you mean '--%s'?",
                         SLICE_ARG(typed), nearest);
    return error_set(list->err, ERROR_INVALID, "unknown option '%.*s'", SLICE_ARG(typed));
}

static bool read_option(struct argument_list *list, struct slice text)
{
    struct typed_option typed = { .value = text };
    struct slice name;

    slice_next(&typed.value, '=', &typed.typed);
    name = slice_sub(typed.typed, slice_starts_with(text, SLICE("--")) ? 2 : 1, text.len);
    typed.option = option_find(name);
    if (!typed.option)
        return fail_unknown(list, typed.typed, name);
    if (typed.option->argument && !typed.value.ptr) {
        if (!*list->next)
            return error_set(list->err, ERROR_INVALID, "option '%.*s' needs a value: %s",
                             SLICE_ARG(typed.typed), typed.option->argument);
        typed.value = slice_from(*list->next++);
    }
    return take_option(list, &typed);
}

/* It becomes a part of a line. */
static bool take_argument(struct argument_list *list, const char *word)
{
    if (!*word || strchr(word, '\n') || strlen(word) > LIMIT_CONTROL_LINE_BYTES / 2)
        return error_set(list->err, ERROR_INVALID, "argument '%.*s' is no name",
                         SLICE_ARG(slice_sub(slice_from(word), 0, 64)));
    list->cli->argument = memory_copy_string(word);
    return true;
}

static bool read_command(struct argument_list *list, const char *word)
{
    const char *names[ARRAY_SIZE(commands)];
    const char *nearest;

    if (list->may_have_argument) {
        list->may_have_argument = false;
        return take_argument(list, word);
    }
    if (list->has_command)
        return error_set(list->err, ERROR_INVALID, "unexpected argument '%s'", word);
    for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
        names[i] = commands[i].name;
        if (strcmp(word, commands[i].name) != 0)
            continue;
        if (!commands[i].is_available)
            return error_set(list->err, ERROR_INVALID,
                             "command '%s' is not available in this version", word);
        list->has_command = true;
        list->may_have_argument = commands[i].has_argument;
        list->cli->command = commands[i].command;
        list->cli->verb = commands[i].name;
        return true;
    }
    nearest = slice_nearest(slice_from(word), names, ARRAY_SIZE(names));
    if (nearest)
        return error_set(list->err, ERROR_INVALID, "unknown command '%s', did you mean '%s'?", word,
                         nearest);
    return error_set(list->err, ERROR_INVALID, "unexpected argument '%s'", word);
}

static bool read_arguments(struct argument_list *list)
{
    bool is_option_allowed = true;

    while (*list->next && !list->cli->is_help && !list->cli->is_version) {
        const char *word = *list->next++;

        if (is_option_allowed && strcmp(word, "--") == 0)
            is_option_allowed = false;
        else if (is_option_allowed && word[0] == '-' && word[1]) {
            if (!read_option(list, slice_from(word)))
                return false;
        } else if (!read_command(list, word))
            return false;
    }
    return true;
}

/* Options that mean nothing without another one, or to the command. */
static bool check_together(const struct cli *cli, struct error *err)
{
    if (cli->is_help || cli->is_version)
        return true;
    if (cli->command == CLI_ASK && (cli->once || cli->dry || cli->diff || cli->timeout_ms))
        return error_set(err, ERROR_INVALID,
                         "--once, --dry, --diff and --timeout mean nothing to '%s'", cli->verb);
    if (cli->command == CLI_STATUS && (cli->once || cli->dry || cli->diff || cli->timeout_ms))
        return error_set(err, ERROR_INVALID,
                         "--once, --dry, --diff and --timeout mean nothing to 'status'");
    if (cli->command != CLI_STATUS && (cli->status.is_json || cli->status.is_prometheus ||
                                       cli->status.is_watching || cli->status.max_age_ms))
        return error_set(err, ERROR_INVALID,
                         "--json, --prometheus, --watch and --max-age belong to 'status'");
    if (cli->status.is_json && cli->status.is_prometheus)
        return error_set(err, ERROR_INVALID, "either '--json' or '--prometheus'");
    if (cli->command == CLI_CHECK && (cli->once || cli->dry || cli->diff || cli->timeout_ms))
        return error_set(err, ERROR_INVALID,
                         "--once, --dry, --diff and --timeout mean nothing to a check");
    if (cli->command == CLI_RECORD && !cli->argument)
        return error_set(err, ERROR_INVALID, "record needs the name of a file");
    if (cli->command == CLI_RECORD && (cli->once || cli->dry || cli->diff))
        return error_set(err, ERROR_INVALID, "--once, --dry and --diff mean nothing to 'record'");
    if (cli->data && cli->command != CLI_RUN && cli->command != CLI_RECORD &&
        cli->command != CLI_CHECK)
        return error_set(err, ERROR_INVALID, "option '--data' means nothing to '%s'", cli->verb);
    if (cli->diff && !cli->dry)
        return error_set(err, ERROR_INVALID, "option '--diff' needs '--dry'");
    if (cli->timeout_ms && !cli->once && cli->command != CLI_RECORD)
        return error_set(err, ERROR_INVALID, "option '--timeout' needs '--once'");
    return true;
}

bool cli_parse(int argc, char *const *argv, struct cli *ret_cli, struct error *err)
{
    struct cli cli = { .command = CLI_RUN };
    struct argument_list list = { .next = argv + (argc > 0), .cli = &cli, .err = err };

    if (!read_arguments(&list) || !check_together(&cli, err)) {
        cli_fini(&cli);
        return false;
    }
    cli.flags.is_dry = cli.dry || cli.command == CLI_RECORD;
    *ret_cli = cli;
    return true;
}

void cli_fini(struct cli *cli)
{
    free(cli->argument);
    free(cli->data);
    config_flags_fini(&cli->flags);
}
