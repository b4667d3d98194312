/* SPDX-License-Identifier: MIT */
/* The world of a test: a folder with configuration files, an environment, flags. */
#pragma once

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "config/config.h"
#include "unit.h"

/* The smallest configuration, as a line of a file. */
#define TEMPLATE "template: {source: in, destination: out}\n"
/* The same with one more key. */
#define WITH(more) "template: {source: in, destination: out, " more "}\n"

static char folder[] = "/tmp/edgewright-test-XXXXXX";
static const char *env_lines; /* "NAME=value\n" of the case at hand */

static inline const char *get_env(const char *name)
{
    static char value[256];
    struct slice rest = slice_from(env_lines), line, key;

    while (slice_next(&rest, '\n', &line)) {
        if (slice_next(&line, '=', &key) && slice_is(key, name)) {
            snprintf(value, sizeof(value), "%.*s", SLICE_ARG(line));
            return value;
        }
    }
    return NULL;
}

static inline char *in_folder(const char *name)
{
    struct buf path = BUF_EMPTY;

    buf_printf(&path, "%s/%s", folder, name);
    return buf_take(&path);
}

static inline void write_file(const char *name, struct slice text, mode_t mode)
{
    char *path = in_folder(name);
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    assert_int_equal(fwrite(text.ptr, 1, text.len, file), text.len);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(chmod(path, mode), 0);
    free(path);
}

static inline void remove_file(const char *name)
{
    char *path = in_folder(name);

    assert_int_equal(remove(path), 0);
    free(path);
}

/* The text with the folder's name taken out, so that tables can say what they want. */
static inline void without_folder(struct buf *text)
{
    char *raw = buf_take(text);
    struct slice rest = slice_from(raw), prefix = slice_from(folder);

    while (rest.len > 0) {
        if (slice_starts_with(rest, prefix)) {
            rest = slice_sub(rest, prefix.len + 1, rest.len);
            continue;
        }
        buf_add_byte(text, rest.ptr[0]);
        rest = slice_sub(rest, 1, rest.len);
    }
    free(raw);
}

struct flag {
    const char *flag, *key, *value;
};

#define MAX_FLAGS 3

static inline struct config_flags make_flags(const char *const *files, const struct flag *settings,
                                             const char *tmpl)
{
    struct config_flags flags = { .is_dry = false };

    flags.paths = memory_alloc(8 * sizeof(char *));
    for (size_t i = 0; files && files[i]; i++)
        flags.paths[flags.n_paths++] = in_folder(files[i]);
    flags.settings = memory_alloc(MAX_FLAGS * sizeof(*flags.settings));
    for (size_t i = 0; settings && i < MAX_FLAGS && settings[i].flag; i++)
        flags.settings[flags.n_settings++] = (struct config_setting){
            memory_copy_string(settings[i].flag),
            settings[i].key,
            memory_copy_string(settings[i].value),
        };
    flags.templates = memory_alloc(sizeof(char *));
    if (tmpl)
        flags.templates[flags.n_templates++] = memory_copy_string(tmpl);
    return flags;
}

/* The report of a configuration that is refused, without the folder; err is its first mistake. */
static inline void expect_report(const struct config_flags *flags, const char *want)
{
    struct config *config = NULL;
    struct buf report = BUF_EMPTY, first = BUF_EMPTY;
    struct error err = ERROR_EMPTY;

    if (config_load(flags, get_env, &config, &report, &err))
        fail_msg("no mistake found");
    assert_null(config);
    without_folder(&report);
    assert_string_equal(report.ptr, want);
    buf_add_string(&first, err.text);
    without_folder(&first);
    buf_add_byte(&first, '\n');
    assert_true(slice_starts_with(slice_from(want), buf_slice(&first)));
    buf_fini(&first);
    buf_fini(&report);
}
static inline int make_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) ? 0 : -1;
}

static inline int remove_folder(void **state)
{
    char *path = in_folder("a.yaml");

    (void)state;
    unlink(path);
    free(path);
    return rmdir(folder);
}
