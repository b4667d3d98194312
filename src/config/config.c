/* SPDX-License-Identifier: MIT */
/* Flags, files, environment and defaults brought together. */
#include "config/config.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/arena.h"
#include "base/memory.h"
#include "haproxy.h"
#include "reading.h"
#include "schema.h"
#include "source.h"
#include "templates.h"

struct loader {
    struct draft draft;
    struct report report;
    struct source_list sources;
    struct reading reading; /* of the source at hand */
};

static void strings_free(char **strings, size_t n)
{
    for (size_t i = 0; i < n; i++)
        free(strings[i]);
    free(strings);
}

void config_flags_fini(struct config_flags *flags)
{
    strings_free(flags->paths, flags->n_paths);
    strings_free(flags->templates, flags->n_templates);
    for (size_t i = 0; i < flags->n_settings; i++) {
        free(flags->settings[i].flag);
        free(flags->settings[i].value);
    }
    free(flags->settings);
    *flags = (struct config_flags){ .paths = NULL };
}

static void consul_options_fini(struct consul_options *options)
{
    strings_free(options->addresses, options->n_addresses);
    strings_free(options->optional_datacenters, options->n_optional_datacenters);
    free(options->token);
    free(options->token_file);
    free(options->auth);
    free(options->ca_file);
    free(options->ca_path);
    free(options->client_cert);
    free(options->client_key);
    free(options->server_name);
    free(options->namespace_name);
    free(options->partition);
    for (size_t i = 0; i < options->n_filters; i++) {
        free(options->filters[i].name);
        free(options->filters[i].expression);
    }
    free(options->filters);
}

static void config_fini(struct config *config)
{
    consul_options_fini(&config->consul);
    for (size_t i = 0; i < config->n_templates; i++)
        template_config_fini(&config->templates[i]);
    free(config->templates);
    free(config->default_left_delimiter);
    free(config->default_right_delimiter);
    free(config->pid_file);
    free(config->syslog.name);
    exec_options_fini(&config->exec);
    free(config->runtime_dir);
    free(config->metrics_file);
    free(config->state_dir);
    strings_free(config->public_keys, config->n_public_keys);
    strings_free(config->sources, config->n_sources);
    buf_fini(&config->notes);
    buf_fini(&config->warnings);
}

void config_free(struct config *config)
{
    if (!config)
        return;
    config_fini(config);
    free(config);
}

static void loader_begin(struct loader *loader, const char *name, struct source *source)
{
    loader->reading.number++;
    loader->reading.name = name;
    loader->reading.source = source;
}

/* A token that anyone on the machine can read is worth a word, but no reason not to start. */
static void loader_warn_of_readable_secret(struct loader *loader, const struct source *source)
{
    const struct draft *draft = &loader->draft;
    unsigned number = loader->reading.number;
    struct stat status;

    if ((draft->token_from == number || draft->password_from == number) &&
        stat(source->path, &status) == 0 && (status.st_mode & S_IROTH))
        buf_printf(&loader->draft.config.warnings,
                   "'%s': everybody can read this file, and it holds a secret (mode %04o)\n",
                   source->path, (unsigned)status.st_mode & 07777);
}

static void loader_read_source(struct loader *loader, struct source *source)
{
    struct arena arena = ARENA_EMPTY;
    struct yaml_node *root = NULL;
    struct error err;

    loader_begin(loader, NULL, source);
    if (!source_read(source, &err)) {
        report_add(&loader->report, &err, SLICE_EMPTY);
    } else if (!source_parse(source, &arena, &root, &err)) {
        report_add(&loader->report, &err, source_shown(source));
    } else if (root) {
        read_section(&loader->reading, &setting_root, root, &loader->draft);
        loader_warn_of_readable_secret(loader, source);
    }
    arena_fini(&arena);
}

static void loader_read_files(struct loader *loader, const struct config_flags *flags)
{
    for (size_t i = 0; i < flags->n_paths; i++) {
        struct error err;

        if (!source_list_add(&loader->sources, flags->paths[i], &err)) {
            error_wrap(&err, "--config");
            report_add(&loader->report, &err, SLICE_EMPTY);
        }
    }
    /* The list does not grow any more, so that pointers into it stay good. */
    for (size_t i = 0; i < loader->sources.n; i++)
        loader_read_source(loader, &loader->sources.sources[i]);
}

static void loader_read_flags(struct loader *loader, const struct config_flags *flags)
{
    for (size_t i = 0; i < flags->n_settings; i++) {
        const struct config_setting *setting = &flags->settings[i];

        /* One source, all of them: a token and a token file go together, as in one file. */
        if (i == 0)
            loader_begin(loader, NULL, NULL);
        loader->reading.name = setting->flag;
        schema_apply_text(&loader->reading, setting->key, slice_from(setting->value));
    }
    for (size_t i = 0; i < flags->n_templates; i++) {
        struct buf name = BUF_EMPTY;

        buf_printf(&name, "--template '%s'", flags->templates[i]);
        loader_begin(loader, name.ptr, NULL);
        template_read_flag(&loader->reading, slice_from(flags->templates[i]));
        loader->reading.name = NULL;
        buf_fini(&name);
    }
}

static void loader_add_mistake(struct loader *loader, const char *text)
{
    struct error err;

    error_set(&err, ERROR_INVALID, "%s", text);
    report_add(&loader->report, &err, SLICE_EMPTY);
}

/* Between a token and a token file the later source decides; of one source, the file. */
static void loader_settle_token(struct loader *loader)
{
    struct consul_options *consul = &loader->draft.config.consul;
    const struct draft *draft = &loader->draft;

    if (!consul->token || !consul->token_file)
        return;

    char **loser =
        draft->token_from > draft->token_file_from ? &consul->token_file : &consul->token;

    free(*loser);
    *loser = NULL;
}

static void loader_settle_consul(struct loader *loader)
{
    struct consul_options *consul = &loader->draft.config.consul;
    const struct draft *draft = &loader->draft;
    struct buf auth = BUF_EMPTY;

    loader_settle_token(loader);
    /* As with consul-template, any word about TLS switches it on, unless it is switched off. */
    consul->use_tls = draft->tls_from ? draft->tls_enabled : draft->tls_detail_from > 0;
    if (!draft->retry_enabled)
        consul->retry_attempts = 1;
    if (draft->auth_enabled && draft->auth_user) {
        buf_printf(&auth, "%s:%s", draft->auth_user,
                   draft->auth_password ? draft->auth_password : "");
        consul->auth = buf_take(&auth);
    }
    if (consul->client_key && !consul->client_cert)
        loader_add_mistake(loader, "'consul.ssl.key' is of no use without 'consul.ssl.cert'");
}

/* As with TLS, any word about syslog switches it on. */
static void loader_settle_process(struct loader *loader)
{
    struct config *config = &loader->draft.config;
    const struct draft *draft = &loader->draft;

    config->syslog.is_enabled =
        draft->syslog_from ? draft->syslog_enabled : draft->syslog_detail_from > 0;
    if (!draft->exec_enabled)
        command_fini(&config->exec.command);
    if (draft->has_fatal_errors)
        buf_add_string(&config->warnings,
                       "'template_error_fatal' has no effect: an error in a template ends --once, "
                       "never the daemon\n");
}

/* What a template does not say of its own. */
static void loader_settle_delimiters(struct loader *loader)
{
    const struct config *config = &loader->draft.config;

    for (size_t i = 0; i < config->n_templates; i++) {
        struct template_config *tmpl = &config->templates[i];

        if (!tmpl->left_delimiter)
            tmpl->left_delimiter = memory_copy_string(config->default_left_delimiter);
        if (!tmpl->right_delimiter)
            tmpl->right_delimiter = memory_copy_string(config->default_right_delimiter);
    }
}

static void loader_settle(struct loader *loader)
{
    const struct config *config = &loader->draft.config;

    loader_settle_delimiters(loader);
    loader_settle_process(loader);
    loader_settle_consul(loader);
    if (config->reload_signal && config->reload_signal == config->kill_signal)
        loader_add_mistake(loader, "'reload_signal' and 'kill_signal' are the same");
    if (config->reload_signal == SIGTERM || config->reload_signal == SIGINT)
        loader_add_mistake(loader, "'reload_signal': SIGTERM and SIGINT end the daemon");
    templates_check_destinations(&loader->reading, &loader->sources);
    templates_check_haproxy(&loader->reading, &loader->sources);
    if (config->n_templates == 0 && loader->report.n == 0)
        loader_add_mistake(loader, "nothing to do: no template is configured");
}

/* The finished configuration; the positions in it point to its own copy of the paths. */
static struct config *loader_finish(struct loader *loader)
{
    struct config *config = NEW(struct config);

    *config = loader->draft.config;
    loader->draft.config = (struct config){ .templates = NULL };
    config->n_sources = loader->sources.n;
    config->sources = memory_resize_array(NULL, config->n_sources, sizeof(char *));
    for (size_t i = 0; i < config->n_sources; i++) {
        struct source *source = &loader->sources.sources[i];

        config->hash = config->hash * 31 + slice_hash(buf_slice(&source->text));
        config->sources[i] = TAKE(source->path); /* the string stays where it is */
    }
    return config;
}

static void loader_fini(struct loader *loader)
{
    config_fini(&loader->draft.config);
    free(loader->draft.auth_user);
    free(loader->draft.auth_password);
    source_list_fini(&loader->sources);
}

bool config_load(const struct config_flags *flags, const char *(*get_env)(const char *name),
                 struct config **ret_config, struct buf *report, struct error *err)
{
    struct loader loader = {
        .draft.may_lack_destination = flags->is_dry,
        .draft.is_lenient = flags->is_lenient,
        .report.out = report,
        .sources = SOURCE_LIST_EMPTY,
    };
    bool is_good;

    loader.reading = (struct reading){ .draft = &loader.draft, .report = &loader.report };
    schema_apply_defaults(&loader.reading, &setting_root, &loader.draft);
    loader_begin(&loader, NULL, NULL);
    schema_apply_environment(&loader.reading, &setting_root, get_env, &loader.draft);
    loader_read_files(&loader, flags);
    loader_read_flags(&loader, flags);
    loader_settle(&loader);
    report_finish(&loader.report);
    is_good = loader.report.n == 0;
    if (is_good)
        *ret_config = loader_finish(&loader);
    else
        *err = loader.report.first;
    loader_fini(&loader);
    return is_good;
}
