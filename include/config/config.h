/* SPDX-License-Identifier: MIT */
/* The configuration: files, flags and environment brought together into checked structs.
 *
 * Precedence: flag, file, environment, default. Every error in a file names file:line:column and,
 * for an unknown key, the nearest known one. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "base/log.h"
#include "consul/options.h"
#include "data/guard.h"
#include "delivery/options.h"

struct wait_options {
    bool is_set; /* with min_ms 0: deliver at once, whatever the other `wait` says */
    uint64_t min_ms, max_ms;
};

/* What becomes of texts of Consul's catalogue in what a template prints. */
enum escape_mode {
    ESCAPE_LINES,   /* refused when they hold a newline, a carriage return or a NUL byte */
    ESCAPE_HAPROXY, /* each is written as one word, by HAProxy's rules */
    ESCAPE_OFF,     /* as they are */
};

/* What is spread over the machines of a fleet: each waits for its own part of it. */
struct splay_options {
    uint64_t endpoints_ms; /* before a group's HAProxy is brought to what was installed */
    uint64_t structure_ms; /* before commands */
};

struct template_config {
    char *source;                           /* path, or NULL with contents */
    char *contents;                         /* the template itself */
    char *left_delimiter, *right_delimiter; /* NULL: the defaults */
    bool error_on_missing_key, error_fatal;
    char **denylist;
    size_t n_denylist;
    char *sandbox_path;
    struct wait_options wait;
    struct guard guard; /* for its questions without one of their own */
    enum escape_mode escape;
    bool quarantine;                  /* an input that is refused is left out */
    struct delivery_options delivery; /* one file; destination, command, perms … */
    char *transaction;     /* name of the group that is delivered as a whole; NULL: on its own */
    struct source_pos pos; /* of the entry; source is owned by the config */
};

struct syslog_options {
    bool is_enabled; /* instead of standard error */
    int facility;    /* as LOG_LOCAL0 of <syslog.h> */
    char *name;
};

struct config {
    struct consul_options consul;
    struct template_config *templates;
    size_t n_templates;
    struct wait_options wait;
    struct splay_options splay;
    char *default_left_delimiter, *default_right_delimiter;
    enum log_level log_level;
    enum log_format log_format;
    bool has_log_format;
    bool is_once; /* as the flag --once */
    struct syslog_options syslog;
    struct exec_options exec; /* without a command: no exec mode */
    char *pid_file;
    char *runtime_dir;
    char *metrics_file; /* for node_exporter's folder; NULL: none */
    char **public_keys; /* of the KV store: these, and below those that end with a slash, may be
                         * named in logs with their values */
    size_t n_public_keys;
    uint64_t snapshot_max_age_ms; /* older answers of an earlier process mean nothing */
    char *state_dir; /* what outlives the process: journal, rejected texts, …; NULL: nothing does */
    int reload_signal, kill_signal; /* 0: that signal is switched off */
    uint64_t ready_timeout_ms;
    char **sources; /* files it was read from, and what positions refer to */
    size_t n_sources;
    uint64_t hash;       /* of their texts */
    struct buf notes;    /* what is good to know, one a line; often empty */
    struct buf warnings; /* what is worth a line in the log, one a line; often empty */
};

/* What the command line says, as far as it overrides or adds to files. Filled by app/cli.c. */
struct config_flags {
    char **paths; /* -config, in order: files or folders */
    size_t n_paths;
    char **templates; /* -template "IN:OUT[:COMMAND[:WAIT]]", in order */
    size_t n_templates;
    /* Other flags that set a key of the configuration, as (dotted key, text): "consul.address", …
     * They go through the same schema as a file's keys. */
    struct config_setting {
        char *flag; /* as typed, for errors: "--consul-addr" */
        const char *key;
        char *value;
    } * settings;
    size_t n_settings;
    bool is_lenient; /* what is consul-template's and not served is ignored, with a warning */
    bool is_dry;     /* nothing is written: a template needs no destination (it is NULL then) */
};

void config_flags_fini(struct config_flags *flags);

/* Reads and checks everything. On failure every mistake found is appended to `report`, one a line
 * with its excerpt, and err holds the first. get_env: as getenv(), for tests. */
MUST_CHECK bool config_load(const struct config_flags *flags,
                            const char *(*get_env)(const char *name), struct config **ret_config,
                            struct buf *report, struct error *err);
void config_free(struct config *config);
DEFINE_FREEP(struct config, config_free)
