/* SPDX-License-Identifier: MIT */
/* The settings there are, as tables: what they are called, how their value is read, where it goes.
 *
 * The tables know nothing of syntax: what is read is a tree of struct yaml_node, which a file, a
 * flag (one scalar), a variable of the environment or a default is turned into. */
#pragma once

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"
#include "config/config.h"
#include "data/yaml.h"

/* A configuration in the making, and what of it has no place in the finished one. */
struct draft {
    struct config config;
    size_t cap_templates;
    char *auth_user, *auth_password;
    bool auth_enabled, tls_enabled, retry_enabled, syslog_enabled, exec_enabled;
    bool has_fatal_errors;
    /* The number of the source that a value came from; 0: nothing but the default. */
    unsigned token_from, token_file_from, password_from, tls_from, tls_detail_from;
    unsigned syslog_from, syslog_detail_from;
    bool may_lack_destination;
    bool is_lenient;
};

/* One template in the making. */
struct template_draft {
    struct template_config config;
    struct delivery_file file;
    struct delivery_command command;
    bool is_run_enabled;
    char *group; /* as written: an owner or a transaction */
    bool has_haproxy;
    struct haproxy_options haproxy; /* its defaults, without the section */
};

struct reading;
struct setting;

/* Reads a value into its place in `base`. What is wrong goes to the reading's report. */
typedef void setting_read_fn(struct reading *reading, const struct setting *setting,
                             const struct yaml_node *node, void *base);
/* What is wrong with a text (it goes behind "'key': "), or NULL. */
typedef const char *setting_check_fn(struct slice text);

struct setting {
    const char *name;
    setting_read_fn *read;
    const char *initial;     /* the default, as one would write it; NULL: zero */
    const char *env;         /* variables, the first that is set: above the default, below files */
    setting_check_fn *check; /* of a text; may be NULL */
    uint32_t min, max;       /* of a number */
    const struct setting *rows; /* of a section */
    const char *short_form;     /* of a section: the key that is meant when it is a scalar */
    const char *note;           /* of a key that is refused or ignored: why */
    uint16_t at;                /* of the value in base: struct draft or struct template_draft */
    uint16_t n_at;              /* of a list's length */
    uint16_t from_at;           /* of the source's number, in struct draft; 0: nobody asks */
    uint16_t n_rows;
    bool is_secret;    /* its text appears in no error */
    bool counts_empty; /* a key without a value is there, too */
    bool adds_up;      /* in HCL it may be there several times, and all of them count */
};

static_assert(sizeof(struct draft) <= UINT16_MAX && sizeof(struct template_draft) <= UINT16_MAX,
              "places in them fit");

extern const struct setting setting_root;     /* a section: all that a file may contain */
extern const struct setting setting_template; /* a section: one entry of `template` */
