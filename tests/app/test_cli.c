/* SPDX-License-Identifier: MIT */
/* The command line: what is read from it, and what is said of mistakes. */
#include "app/cli.h"

#include <stdlib.h>
#include <string.h>

#include "app/options.h"
#include "base/memory.h"
#include "unit.h"

#define MAX_WORDS 16

struct words {
    char *argv[MAX_WORDS + 2];
    int argc;
};

/* "edgewright" and the words of a line, which are separated by '|'. */
static struct words split(const char *line)
{
    struct words words = { .argc = 1 };
    struct slice rest = slice_from(line), word;

    words.argv[0] = memory_copy_string("edgewright");
    while (*line && slice_next(&rest, '|', &word)) {
        assert_true(words.argc <= MAX_WORDS);
        words.argv[words.argc++] = slice_to_string(word);
    }
    return words;
}

static void words_fini(struct words *words)
{
    for (int i = 0; i < words->argc; i++)
        free(words->argv[i]);
}

static void dump(const struct cli *cli, struct buf *out)
{
    const struct config_flags *flags = &cli->flags;

    buf_add_string(out, cli->is_help ? "help " : "");
    buf_add_string(out, cli->is_version ? "version " : "");
    buf_add_string(out, cli->command == CLI_CHECK ? "check " : "");
    if (cli->command == CLI_ASK)
        buf_printf(out, "ask:%s:%s ", cli->verb, cli->argument ? cli->argument : "");
    if (cli->command == CLI_RECORD)
        buf_printf(out, "record:%s ", cli->argument);
    buf_add_string(out, cli->once ? "once " : "");
    if (cli->data)
        buf_printf(out, "data=%s ", cli->data);
    buf_add_string(out, cli->dry ? "dry " : "");
    buf_add_string(out, cli->diff ? "diff " : "");
    buf_add_string(out, flags->is_lenient ? "lenient " : "");
    if (cli->timeout_ms)
        buf_printf(out, "timeout=%llu ", (unsigned long long)cli->timeout_ms);
    for (size_t i = 0; i < flags->n_paths; i++)
        buf_printf(out, "config=%s ", flags->paths[i]);
    for (size_t i = 0; i < flags->n_templates; i++)
        buf_printf(out, "template=%s ", flags->templates[i]);
    for (size_t i = 0; i < flags->n_settings; i++)
        buf_printf(out, "%s:%s=%s ", flags->settings[i].flag, flags->settings[i].key,
                   flags->settings[i].value);
}

static const struct {
    const char *name, *line, *want, *want_error;
} cases[] = {
    { "nothing", "", "", NULL },
    { "one dash or two", "-once|--dry", "once dry ", NULL },
    { "a value behind a space", "-config|/a|--config|/b", "config=/a config=/b ", NULL },
    { "a value behind '='", "-config=/a|--config=b=c", "config=/a config=b=c ", NULL },
    { "an empty value", "--config=|--pid-file|", "config= --pid-file:pid_file= ", NULL },
    { "a value that looks like an option", "--config|--once", "config=--once ", NULL },
    { "true or false", "-once=true|-dry=F|--diff=0", "once ", NULL },
    { "a boolean takes no word", "--once|check|--once=false", "check ", NULL },
    { "a template", "-template|in:out:a b=c:5s", "template=in:out:a b=c:5s ", NULL },
    { "settings are passed on as they are",
      "--consul-addr|c:1|-wait=5s:10s|--consul-ssl|--consul-ssl-verify=false|-log-level|loud",
      "--consul-addr:consul.address=c:1 -wait:wait=5s:10s --consul-ssl:consul.ssl.enabled=true "
      "--consul-ssl-verify:consul.ssl.verify=false -log-level:log_level=loud ",
      NULL },
    { "exec mode", "-exec|/bin/x|-exec-splay=1s",
      "-exec:exec.command=/bin/x "
      "-exec-splay:exec.splay=1s ",
      NULL },
    { "leniency", "--lenient", "lenient ", NULL },
    { "a time limit", "--once|--timeout|1m30s", "once timeout=90000 ", NULL },
    { "a check", "check|--config|a", "check config=a ", NULL },
    { "a command behind options", "--config|a|check", "check config=a ", NULL },
    { "a check as consul-template has it", "-parse-only", "check ", NULL },
    { "no check", "-parse-only=false", "", NULL },
    { "a word for the daemon", "release", "ask:release: ", NULL },
    { "with a name", "--runtime-dir|/r|pause|a b", "ask:pause:a b --runtime-dir:runtime_dir=/r ",
      NULL },
    { "a name that looks like a command", "resume|check", "ask:resume:check ", NULL },
    { "a name that looks like an option", "resume|--|--once", "ask:resume:--once ", NULL },
    { "recording", "record|--timeout=1s|f|--config|c", "record:f timeout=1000 config=c ", NULL },
    { "answers from a file", "--data|a|--once|--data=b", "once data=b ", NULL },
    { "help", "--help", "help ", NULL },
    { "help in short", "-h", "help ", NULL },
    { "help in spite of the rest", "--diff|--help|--nonsense", "help diff ", NULL },
    { "version", "-v", "version ", NULL },
    { "version with two dashes", "--version", "version ", NULL },
    { "dry needs no destination", "--dry|--diff", "dry diff ", NULL },

    { "an unknown option", "--consul-adr|x", NULL,
      "unknown option '--consul-adr', did you mean '--consul-addr'?" },
    { "an unknown option with a value", "-consul-tokn=s3cret", NULL,
      "unknown option '-consul-tokn', did you mean '--consul-token'?" },
    { "an option like nothing", "--frobnicate", NULL, "unknown option '--frobnicate'" },
    { "case matters", "--Once", NULL, "unknown option '--Once', did you mean '--once'?" },
    { "only dashes", "---", NULL, "unknown option '---'" },
    { "no value", "--once|--config", NULL, "option '--config' needs a value: PATH" },
    { "no boolean", "--once=maybe", NULL, "option '--once' takes true or false" },
    { "no duration", "--once|--timeout|5", NULL,
      "option '--timeout' takes a duration such as 30s or 1m30s" },
    { "recording where to", "record", NULL, "record needs the name of a file" },
    { "recording once", "record|f|--once", NULL,
      "--once, --dry and --diff mean nothing to 'record'" },
    { "a pause of a file", "pause|--data=f", NULL, "option '--data' means nothing to 'pause'" },
    { "a pool that is not there", "-consul-transport-dial-timeout=1s", NULL,
      "option '-consul-transport-dial-timeout' is not served: connections are few and kept; "
      "'consul.connections' says how many" },
    { "what is never served", "-vault-token=x", NULL,
      "option '-vault-token' is not served: answers come from Consul alone" },
    { "nor this", "--nomad-addr|x", NULL,
      "option '--nomad-addr' is not served: answers come from Consul alone" },
    { "nor that", "-dedup", NULL,
      "option '-dedup' is not served: every daemon asks Consul itself" },
    { "an old name", "-consul=x", NULL,
      "option '-consul' is not served: it is called --consul-addr by now" },
    { "what belongs to status alone", "--json", NULL,
      "--json, --prometheus, --watch and --max-age belong to 'status'" },
    { "what status does not do", "status|--once", NULL,
      "--once, --dry, --diff and --timeout mean nothing to 'status'" },
    { "an unknown command", "chekc", NULL, "unknown command 'chekc', did you mean 'check'?" },
    { "a word too many", "check|this", NULL, "unexpected argument 'this'" },
    { "a word that is no command", "haproxy.ctmpl:haproxy.cfg", NULL,
      "unexpected argument 'haproxy.ctmpl:haproxy.cfg'" },
    { "two names", "release|a|b", NULL, "unexpected argument 'b'" },
    { "no name", "release|", NULL, "argument '' is no name" },
    { "a name of two lines", "release|a\nb", NULL, "argument 'a\nb' is no name" },
    { "a word for the daemon once", "pause|--once", NULL,
      "--once, --dry, --diff and --timeout mean nothing to 'pause'" },
    { "a dash", "-", NULL, "unexpected argument '-'" },
    { "what follows two dashes is no option", "--|--once", NULL, "unexpected argument '--once'" },
    { "a diff of what", "--diff", NULL, "option '--diff' needs '--dry'" },
    { "a time limit for ever", "--timeout=1s", NULL, "option '--timeout' needs '--once'" },
    { "a check once", "check|--once", NULL,
      "--once, --dry, --diff and --timeout mean nothing to a check" },
};

static void test_cases(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct words words = split(cases[i].line);
        struct cli cli;
        struct error err = ERROR_EMPTY;
        struct buf got = BUF_EMPTY;

        print_message("%s\n", cases[i].name);
        if (cli_parse(words.argc, words.argv, &cli, &err)) {
            dump(&cli, &got);
            assert_int_equal(cli.flags.is_dry, cli.dry || cli.command == CLI_RECORD);
            cli_fini(&cli);
        } else {
            buf_add_string(&got, err.text);
        }
        assert_string_equal(buf_slice(&got).ptr,
                            cases[i].want ? cases[i].want : cases[i].want_error);
        assert_int_equal(err.code, cases[i].want ? ERROR_NONE : ERROR_INVALID);
        buf_fini(&got);
        words_fini(&words);
    }
}

static const char *no_env(const char *name)
{
    (void)name;
    return NULL;
}

/* A value that the setting behind an option takes. */
static const char *good_value(const struct option *option)
{
    static const char *const values[] = { "true", "1s", "20", "info", "text", "HUP", "x:1" };
    struct slice argument = slice_from(option->argument);

    return !option->argument                ? values[0]
           : slice_is(argument, "NUMBER")   ? values[2]
           : slice_is(argument, "LEVEL")    ? values[3]
           : slice_is(argument, "FORMAT")   ? values[4]
           : slice_is(argument, "SIGNAL")   ? values[5]
           : slice_is(argument, "ADDRESS")  ? values[6]
           : slice_is(argument, "FACILITY") ? "DAEMON"
                                            : values[1];
}

/* Every option that sets a key of the configuration names one that exists. */
static void test_options_name_settings(void **state)
{
    size_t n = 0;

    (void)state;
    for (size_t i = 0; i < n_option_groups; i++) {
        for (size_t j = 0; j < option_groups[i].n_options; j++) {
            const struct option *option = &option_groups[i].options[j];
            struct config_setting setting = { .key = option->text };
            struct config_flags flags = { .settings = &setting, .n_settings = 1 };
            struct config *config = NULL;
            struct buf report = BUF_EMPTY;
            struct error err;

            if (option->kind != OPTION_SETTING && option->kind != OPTION_SETTING_BOOL)
                continue;
            print_message("%s\n", option->name);
            setting.flag = memory_copy_string(option->name);
            setting.value = memory_copy_string(good_value(option));
            assert_false(config_load(&flags, no_env, &config, &report, &err));
            if (strcmp(option->name, "consul-ssl-key") != 0 &&
                strcmp(option->name, "kill-signal") != 0)
                assert_string_equal(err.text, "nothing to do: no template is configured");
            buf_fini(&report);
            free(setting.flag);
            free(setting.value);
            n++;
        }
    }
    assert_true(n > 25);
}

/* As a whole: followed by its explanation, on this line or the next. */
static bool contains_usage(struct slice help, struct slice usage)
{
    size_t at = slice_find(help, usage);

    return at != SLICE_NOT_FOUND && at + usage.len < help.len &&
           (help.ptr[at + usage.len] == ' ' || help.ptr[at + usage.len] == '\n');
}

static void test_help(void **state)
{
    struct buf help = BUF_EMPTY;
    struct slice rest, line;

    (void)state;
    cli_format_help(&help);
    for (size_t i = 0; i < n_option_groups; i++) {
        for (size_t j = 0; j < option_groups[i].n_options; j++) {
            const struct option *option = &option_groups[i].options[j];
            struct buf usage = BUF_EMPTY;
            bool is_there;

            buf_printf(&usage, "--%s%s%s", option->name, option->argument ? " " : "",
                       option->argument ? option->argument : "");
            is_there = contains_usage(buf_slice(&help), buf_slice(&usage));
            print_message("%s\n", option->name);
            assert_int_equal(is_there, option_is_served(option));
            assert_true(!option_is_served(option) || option->help);
            buf_fini(&usage);
        }
    }
    rest = buf_slice(&help);
    assert_true(slice_ends_with(rest, SLICE("\n")));
    while (slice_next(&rest, '\n', &line)) {
        assert_true(line.len <= 100);
        assert_false(slice_ends_with(line, SLICE(" ")));
    }
    buf_fini(&help);
}

static void test_version(void **state)
{
    struct buf version = BUF_EMPTY;

    (void)state;
    cli_format_version(&version);
    assert_true(slice_starts_with(buf_slice(&version), SLICE("edgewright ")));
    assert_true(slice_ends_with(buf_slice(&version), SLICE("\n")));
    buf_fini(&version);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cases),
        cmocka_unit_test(test_options_name_settings),
        cmocka_unit_test(test_help),
        cmocka_unit_test(test_version),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
