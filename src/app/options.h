/* SPDX-License-Identifier: MIT */
/* The table of options: it drives parsing and --help. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/slice.h"

enum option_kind {
    OPTION_CONFIG,       /* a path of the configuration */
    OPTION_TEMPLATE,     /* IN:OUT[:COMMAND[:WAIT]] */
    OPTION_SETTING,      /* a value for a key of the configuration */
    OPTION_SETTING_BOOL, /* the same; no value means true */
    OPTION_BOOL,         /* a bool of struct cli */
    OPTION_TEXT,         /* a char * of struct cli, on the heap */
    OPTION_DURATION,     /* milliseconds in struct cli */
    OPTION_CHECK,        /* the same as the command `check` */
    OPTION_REFUSED,      /* consul-template's; never served */
};

struct option {
    const char *name;     /* without dashes; a refused one that ends with '-' is a prefix */
    const char *argument; /* what --help calls its value; NULL: it takes none */
    enum option_kind kind;
    const char *short_name; /* NULL: none */
    size_t at;              /* in struct cli */
    const char *text;       /* a setting: its key; refused: why */
    const char *help;
};

struct option_group {
    const char *title;
    const struct option *options;
    size_t n_options;
};

extern const struct option_group option_groups[];
extern const size_t n_option_groups;

/* NULL if there is none. */
const struct option *option_find(struct slice name);
/* The name of the option that may have been meant, or NULL. */
const char *option_nearest(struct slice name);
/* What --help shows; refused options are not shown. */
bool option_is_served(const struct option *option);
