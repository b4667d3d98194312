/* SPDX-License-Identifier: MIT */
/* The `haproxy` section of a template. */
#include "haproxy.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "schema.h"
#include "templates.h"

void read_haproxy(struct reading *reading, const struct setting *setting,
                  const struct yaml_node *node, void *base)
{
    *(bool *)setting_place(setting, base) = true;
    if (!yaml_node_is_null(node))
        read_section(reading, setting, node, base);
}

void read_updates(struct reading *reading, const struct setting *setting,
                  const struct yaml_node *node, void *base)
{
    const char *expected = "auto or reload-only";
    bool *place = setting_place(setting, base);
    struct slice text;

    if (!reading_get_text(reading, setting, node, expected, &text))
        return;
    *place = slice_is(text, "reload-only");
    if (!*place && !slice_is(text, "auto"))
        reading_add_unexpected(reading, setting, node, expected);
}

/* --- What is left to us ---------------------------------------------------------------------- */

static void add_word(struct command *command, char *word)
{
    command->words =
        memory_resize_array(command->words, command->n_words + 1, sizeof(*command->words));
    command->words[command->n_words++] = word;
}

static void add_copy(struct command *command, const char *word)
{
    add_word(command, memory_copy_string(word));
}

static char *in_braces(const char *path)
{
    struct buf word = BUF_EMPTY;

    buf_printf(&word, "{%s}", path);
    return buf_take(&word);
}

/* haproxy -c -f {}, or all files in their order: in braces, because others of them may be staged by
 * the same group. */
static struct command make_check(const struct template_draft *tmpl)
{
    struct command check = COMMAND_NONE;

    add_copy(&check, tmpl->haproxy.binary);
    add_copy(&check, "-c");
    for (size_t i = 0; i < tmpl->haproxy.n_files; i++) {
        const char *path = tmpl->haproxy.files[i];

        add_copy(&check, "-f");
        add_word(&check, in_braces(strcmp(path, tmpl->file.destination) == 0 ? "" : path));
    }
    return check;
}

static bool is_beneath(const char *path, const char *folder)
{
    size_t len = strlen(folder);

    while (len > 0 && folder[len - 1] == '/')
        len--;
    return strncmp(path, folder, len) == 0 && path[len] == '/';
}

static void settle_files(struct reading *reading, const struct yaml_node *node,
                         struct template_draft *tmpl)
{
    struct haproxy_options *options = &tmpl->haproxy;
    bool has_own = false;

    if (options->n_files == 0) {
        options->files = memory_resize_array(NULL, 1, sizeof(*options->files));
        options->files[0] = memory_copy_string(tmpl->file.destination);
        options->n_files = 1;
        return;
    }
    for (size_t i = 0; i < options->n_files; i++) {
        has_own |= strcmp(options->files[i], tmpl->file.destination) == 0;
        if (is_beneath(tmpl->file.destination, options->files[i])) {
            reading_add_mistake(reading, NULL, node,
                                "'haproxy.config': list the files of '%s', or what is staged "
                                "cannot take its place in a check",
                                options->files[i]);
            return;
        }
    }
    if (!has_own)
        reading_add_mistake(reading, NULL, node,
                            "'haproxy.config' lists all files that HAProxy reads, and '%s' is "
                            "not among them",
                            tmpl->file.destination);
}

void template_settle_haproxy(struct reading *reading, const struct yaml_node *node,
                             struct template_draft *tmpl)
{
    if (!tmpl->has_haproxy || !tmpl->file.destination)
        return;
    if (!tmpl->haproxy.socket)
        reading_add_mistake(reading, NULL, node, "'haproxy.socket' is needed");
    if (!tmpl->haproxy.binary)
        tmpl->haproxy.binary = memory_copy_string("haproxy");
    settle_files(reading, node, tmpl);
    if (tmpl->file.check.n_words == 0)
        tmpl->file.check = make_check(tmpl);
}

/* --- All templates --------------------------------------------------------------------------- */

static bool same_group(const struct template_config *a, const struct template_config *b)
{
    return a->transaction && b->transaction && strcmp(a->transaction, b->transaction) == 0;
}

static void check_pair(struct reading *reading, struct source_list *sources,
                       const struct template_config *later, const struct template_config *earlier)
{
    CLEANUP(buf_fini) struct buf what = BUF_EMPTY;

    if (same_group(later, earlier))
        buf_printf(&what, "group '%s' has two 'haproxy' sections", later->transaction);
    else if (strcmp(later->delivery.haproxy->socket, earlier->delivery.haproxy->socket) == 0)
        buf_printf(&what, "two groups have the HAProxy at '%s'", later->delivery.haproxy->socket);
    if (what.len > 0)
        templates_add_clash(reading, sources, later, earlier, what.ptr);
}

void templates_check_haproxy(struct reading *reading, struct source_list *sources)
{
    const struct config *config = &reading->draft->config;
    const struct template_config **found =
        memory_resize_array(NULL, config->n_templates + 1, sizeof(struct template_config *));
    size_t n = 0;

    for (size_t i = 0; i < config->n_templates; i++) {
        const struct haproxy_options *options = config->templates[i].delivery.haproxy;

        if (!options || !options->socket)
            continue;
        for (size_t j = 0; j < n; j++)
            check_pair(reading, sources, &config->templates[i], found[j]);
        found[n++] = &config->templates[i];
    }
    free(found);
}
