/* SPDX-License-Identifier: MIT */
/* The manual pages against the program's own tables: every option, key and function is described,
 * and nothing else is. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/metrics.h"
#include "app/options.h"
#include "base/buf.h"
#include "config/schema.h"
#include "config/setting.h"
#include "io/file.h"
#include "tmpl/function.h"
#include "unit.h"

#define LARGEST_PAGE 1000000

static struct buf page;

static void read_page(const char *path)
{
    struct error err;

    buf_fini(&page);
    if (!file_read(path, LARGEST_PAGE, &page, &err))
        fail_msg("%s", err.text);
}

/* Whether a line of the page that begins with `tag` has the word. */
static bool page_has(const char *tag, const char *word)
{
    struct slice rest = buf_slice(&page), line;

    while (slice_next(&rest, '\n', &line)) {
        struct slice words = line, found;

        if (!slice_starts_with(line, slice_from(tag)))
            continue;
        while (slice_next(&words, ' ', &found)) {
            if (slice_is(found, word))
                return true;
        }
    }
    return false;
}

static void test_options(void **state)
{
    char name[64];
    (void)state;

    read_page("contrib/man/edgewright.8");
    for (size_t i = 0; i < n_option_groups; i++) {
        for (size_t k = 0; k < option_groups[i].n_options; k++) {
            const struct option *option = &option_groups[i].options[k];

            snprintf(name, sizeof(name), "-%s", option->name);
            if (option_is_served(option) && !page_has(".It Fl", name))
                fail_msg("edgewright.8 says nothing of -%s", name);
        }
    }
}

/* The other way round: an `.It Fl` names options there are. */
static void test_no_other_options(void **state)
{
    struct slice rest, line, word;
    (void)state;

    read_page("contrib/man/edgewright.8");
    rest = buf_slice(&page);
    while (slice_next(&rest, '\n', &line)) {
        if (!slice_starts_with(line, SLICE(".It Fl")))
            continue;
        while (slice_next(&line, ' ', &word)) {
            const struct option *option;

            if (word.len < 2 || word.ptr[0] != '-')
                continue;
            option = option_find(slice_sub(word, 1, word.len));
            if (!option || option->kind == OPTION_REFUSED)
                fail_msg("edgewright.8: there is no option -%.*s", SLICE_ARG(word));
        }
    }
}

static bool is_served(const struct setting *setting)
{
    return setting->read != read_refused && setting->read != read_ignored;
}

static bool is_known(const struct setting *setting)
{
    return setting->read != read_refused && setting->read != read_ignored;
}

/* Calls for each key of a section and those in it, with its path: "consul.ssl.verify". A section
 * itself counts only where it has a short form. */
static void each_key(const struct setting *section, const char *prefix,
                     bool (*counts)(const struct setting *setting),
                     void (*act)(const char *path, void *ctx), void *ctx)
{
    char path[128];

    for (size_t i = 0; i < section->n_rows; i++) {
        const struct setting *row = &section->rows[i];

        if (!counts(row))
            continue;
        snprintf(path, sizeof(path), "%s%s", prefix, row->name);
        if (row->n_rows == 0) {
            act(path, ctx);
        } else {
            snprintf(path, sizeof(path), "%s%s.", prefix, row->name);
            each_key(row, path, counts, act, ctx);
        }
    }
}

static void assert_described(const char *path, void *ctx)
{
    /* Older names of keys that have newer ones. */
    static const char *const synonyms[] = { "whitelist", "blacklist" };
    const char *last = strrchr(path, '.') ? strrchr(path, '.') + 1 : path;
    (void)ctx;

    for (size_t i = 0; i < ARRAY_SIZE(synonyms); i++) {
        if (strcmp(last, synonyms[i]) == 0)
            return;
    }
    if (strcmp(path, "template") == 0 || page_has(".It Cm", path))
        return;
    if (strncmp(path, "exec.env.", 9) == 0 && page_has(".It Cm", "exec.env"))
        return;
    if (strncmp(path, "wait.", 5) == 0 && page_has(".It Cm", "wait"))
        return;
    fail_msg("edgewright.yaml.5 says nothing of '%s'", path);
}

static void test_keys(void **state)
{
    (void)state;
    read_page("contrib/man/edgewright.yaml.5");
    each_key(&setting_root, "", is_served, assert_described, NULL);
    each_key(&setting_template, "", is_served, assert_described, NULL);
}

static void assert_variables(const struct setting *section)
{
    for (size_t i = 0; i < section->n_rows; i++) {
        struct slice rest = slice_from(section->rows[i].env), name;

        while (section->rows[i].env && slice_next(&rest, ' ', &name)) {
            char *word = slice_to_string(name);

            if (!page_has(".Ev", word))
                fail_msg("edgewright.8 says nothing of $%s", word);
            free(word);
        }
        assert_variables(&section->rows[i]);
    }
}

static void test_variables(void **state)
{
    (void)state;
    read_page("contrib/man/edgewright.8");
    assert_variables(&setting_root);
}

struct search {
    struct slice path;
    bool is_found;
};

static void compare(const char *path, void *ctx)
{
    struct search *search = ctx;
    struct slice whole = slice_from(path);
    struct slice shorter = whole.len < search->path.len ? whole : search->path;
    struct slice longer = whole.len < search->path.len ? search->path : whole;

    /* A section stands for what is in it, and the other way round. */
    search->is_found |= slice_equal(whole, search->path) ||
                        (slice_starts_with(longer, shorter) && longer.ptr[shorter.len] == '.');
}

static void test_no_other_keys(void **state)
{
    struct slice rest, line, word;
    (void)state;

    read_page("contrib/man/edgewright.yaml.5");
    rest = buf_slice(&page);
    while (slice_next(&rest, '\n', &line)) {
        if (!slice_starts_with(line, SLICE(".It Cm ")))
            continue;
        line = slice_sub(line, strlen(".It Cm "), line.len);
        while (slice_next(&line, ' ', &word)) {
            struct search search = { .path = word };

            if (slice_is(word, ","))
                continue;
            each_key(&setting_root, "", is_known, compare, &search);
            each_key(&setting_template, "", is_known, compare, &search);
            if (!search.is_found)
                fail_msg("edgewright.yaml.5: there is no key '%.*s'", SLICE_ARG(word));
        }
    }
}

static void test_functions(void **state)
{
    const struct function *function;
    (void)state;

    read_page("contrib/man/edgewright-templates.5");
    for (size_t i = 0; (function = function_at(i)) != NULL; i++) {
        if (!page_has(".It Ic", function->name))
            fail_msg("edgewright-templates.5 says nothing of '%s'", function->name);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_options),       cmocka_unit_test(test_no_other_options),
        cmocka_unit_test(test_keys),          cmocka_unit_test(test_variables),
        cmocka_unit_test(test_no_other_keys), cmocka_unit_test(test_functions),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);

    buf_fini(&page);
    return failed;
}
