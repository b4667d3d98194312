/* SPDX-License-Identifier: MIT */
/* The lines of a configuration: sections, what they inherit, and which lines are about servers. */
#include "config_reader.h"

#include <stdio.h>

#include "base/limits.h"
#include "base/memory.h"
#include "haproxy/quote.h"
#include "proxy_line.h"
#include "reference.h"
#include "server_line.h"
#include "structure.h"

struct defaults_section {
    struct slice name;
    struct proxy_settings settings;
    struct defaults_section *earlier;
};

enum section {
    SECTION_NONE,
    SECTION_GLOBAL,
    SECTION_DEFAULTS,
    SECTION_PROXY,    /* listen, backend */
    SECTION_FRONTEND, /* has no servers, but inherits and refers */
    SECTION_OTHER,
};

struct reader {
    struct haproxy_config *config;
    struct error *err;
    struct haproxy_place place;
    struct quote_line line;
    struct slice written;

    enum section section;
    struct slice section_name, section_title; /* "www", "frontend www" */
    struct proxy_settings settings;           /* of the present section */
    struct defaults_section *defaults;        /* the last one */
    struct haproxy_proxy *proxy;              /* SECTION_PROXY */
    size_t n_conditions;                      /* open .if */

    size_t cap_proxies, cap_servers, cap_templates, cap_lines;
    size_t n_servers; /* of all proxies */
};

static struct source_pos reader_pos(const struct reader *reader)
{
    return (struct source_pos){ haproxy_config_path(reader->config, reader->place),
                                reader->place.line, 1 };
}

/* "WHAT (haproxy.cfg:12)" */
static struct slice reader_reason(struct reader *reader, const char *what)
{
    CLEANUP(buf_fini) struct buf text = BUF_EMPTY;

    buf_printf(&text, "%s (%s:%u)", what, haproxy_config_path(reader->config, reader->place),
               reader->place.line);
    return arena_copy(&reader->config->arena, buf_slice(&text));
}

static void fix(struct reader *reader, struct slice *fixed, const char *what)
{
    if (fixed->len == 0)
        *fixed = reader_reason(reader, what);
}

static struct slice reader_word(const struct reader *reader, size_t i)
{
    return i < reader->line.n_words ? reader->line.words[i].text : SLICE_EMPTY;
}

/* Of the line in its file. */
static size_t reader_offset(const struct reader *reader)
{
    return (size_t)(reader->written.ptr - reader->config->files[reader->place.file].text.ptr);
}

/* --- Servers ------------------------------------------------------------------------------ */

static void read_server(struct reader *reader)
{
    struct haproxy_proxy *proxy = reader->proxy;

    if (reader->line.n_words < 3) {
        fix(reader, &proxy->fixed, "a 'server' without an address");
        return;
    }
    GROW(proxy->servers, proxy->n_servers, reader->cap_servers);

    struct haproxy_server *server = &proxy->servers[proxy->n_servers];

    server_line_read(server, &reader->settings.server, &reader->line, &reader->config->arena);
    server->index = proxy->n_servers++;
    server->place = reader->place;
    server->name_from += reader_offset(reader);
    server->name_to += reader_offset(reader);
    server->address_from += reader_offset(reader);
    server->address_to += reader_offset(reader);
    if (server->track.len > 0)
        reference_add(reader->config, server->track, proxy->name, "track", server->place);
}

/* Why we cannot tell what HAProxy makes of the line, or NULL. */
static const char *reader_doubt(const struct reader *reader)
{
    if (reader->line.n_sure < reader->line.n_words)
        return "a variable";
    return reader->n_conditions > 0 ? "a conditional block" : NULL;
}

/* The line matters, and nobody knows what it will be. */
static void fix_doubtful(struct reader *reader, const char *doubt)
{
    char what[80];

    snprintf(what, sizeof(what), "%s around '%.*s'", doubt,
             SLICE_ARG(slice_sub(reader_word(reader, 0), 0, 30)));
    fix(reader, reader->proxy ? &reader->proxy->fixed : &reader->settings.fixed, what);
}

static bool is_server_line(const struct reader *reader)
{
    return reader->section == SECTION_PROXY && slice_is(reader_word(reader, 0), "server");
}

static bool reader_take_server(struct reader *reader)
{
    const char *doubt = reader_doubt(reader);

    if (reader->n_servers++ >= LIMIT_HAPROXY_SERVERS)
        return error_set_at(reader->err, ERROR_LIMIT, reader_pos(reader), "more than %u servers",
                            LIMIT_HAPROXY_SERVERS);
    if (doubt)
        fix_doubtful(reader, doubt);
    read_server(reader);
    return true;
}

static void reader_take_proxy_line(struct reader *reader)
{
    const struct proxy_line line = {
        .line = &reader->line,
        .settings = &reader->settings,
        .proxy = reader->proxy,
        .cap_templates = &reader->cap_templates,
        .arena = &reader->config->arena,
    };
    const char *doubt = reader_doubt(reader);

    if (doubt && proxy_line_matters(reader_word(reader, 0)))
        fix_doubtful(reader, doubt);
    proxy_line_read(&line);
}

/* --- Sections ------------------------------------------------------------------------------ */

static const struct {
    const char *keyword;
    enum section section;
} sections[] = {
    { "global", SECTION_GLOBAL },     { "defaults", SECTION_DEFAULTS },
    { "listen", SECTION_PROXY },      { "backend", SECTION_PROXY },
    { "frontend", SECTION_FRONTEND }, { "peers", SECTION_OTHER },
    { "userlist", SECTION_OTHER },    { "mailers", SECTION_OTHER },
    { "resolvers", SECTION_OTHER },   { "program", SECTION_OTHER },
    { "http-errors", SECTION_OTHER }, { "ring", SECTION_OTHER },
    { "log-forward", SECTION_OTHER }, { "cache", SECTION_OTHER },
    { "fcgi-app", SECTION_OTHER },    { "crt-store", SECTION_OTHER },
    { "log-profile", SECTION_OTHER }, { "traces", SECTION_OTHER },
    { "acme", SECTION_OTHER },        { "dynamic-update", SECTION_OTHER },
};

static enum section find_section(struct slice keyword)
{
    for (size_t i = 0; i < ARRAY_SIZE(sections); i++) {
        if (slice_is(keyword, sections[i].keyword))
            return sections[i].section;
    }
    return SECTION_NONE;
}

/* Keeps what the section that ends here has said. */
static void reader_leave_section(struct reader *reader)
{
    const struct proxy_settings *settings = &reader->settings;
    struct haproxy_proxy *proxy = reader->proxy;

    if (reader->section == SECTION_DEFAULTS) {
        reader->defaults->settings = *settings;
        return;
    }
    if (!proxy)
        return;
    proxy_settings_apply(settings, proxy);
    reader->proxy = NULL;
}

/* The words after the section's name may be `from NAME`; `defaults from NAME` has no name. */
static struct slice section_parent(struct reader *reader)
{
    for (size_t i = 1; i <= 2; i++) {
        if (slice_is(reader_word(reader, i), "from") && reader->line.n_words == i + 2)
            return reader_word(reader, i + 1);
    }
    return SLICE_EMPTY;
}

/* What the section that begins here inherits: from the named `defaults`, or from the last ones, but
 * for another `defaults`. */
static void reader_inherit(struct reader *reader)
{
    struct slice parent = section_parent(reader);
    const struct defaults_section *from = reader->defaults;

    proxy_settings_init(&reader->settings);
    if (parent.len > 0) {
        while (from && !slice_equal(from->name, parent))
            from = from->earlier;
        if (!from)
            fix(reader, &reader->settings.fixed, "'from' names no 'defaults' that we know");
    } else if (reader->section == SECTION_DEFAULTS) {
        from = NULL;
    }
    if (from)
        reader->settings = from->settings;
}

static void reader_add_defaults(struct reader *reader)
{
    struct defaults_section *defaults = ARENA_NEW(&reader->config->arena, struct defaults_section);

    defaults->name = slice_is(reader->section_name, "from") ? SLICE_EMPTY : reader->section_name;
    defaults->earlier = reader->defaults;
    reader->defaults = defaults;
}

static void reader_add_proxy(struct reader *reader)
{
    struct haproxy_config *config = reader->config;

    GROW(config->proxies, config->n_proxies, reader->cap_proxies);
    reader->proxy = &config->proxies[config->n_proxies++];
    *reader->proxy = (struct haproxy_proxy){ .name = reader->section_name, .place = reader->place };
    reader->cap_servers = reader->cap_templates = 0;
}

static struct slice section_title(struct reader *reader)
{
    CLEANUP(buf_fini) struct buf title = BUF_EMPTY;

    buf_add(&title, reader_word(reader, 0));
    if (reader->section_name.len > 0)
        buf_add_byte(&title, ' ');
    buf_add(&title, reader->section_name);
    return arena_copy(&reader->config->arena, buf_slice(&title));
}

static void reader_enter_section(struct reader *reader, enum section section)
{
    const char *doubt = reader_doubt(reader);

    reader_leave_section(reader);
    if (doubt)
        fix(reader, &reader->config->fixed,
            reader->n_conditions > 0 ? "a section in a conditional block"
                                     : "a section named by a variable");
    reader->section = section;
    reader->section_name = reader_word(reader, 1);
    reader->section_title = section_title(reader);
    if (section == SECTION_DEFAULTS || section == SECTION_PROXY || section == SECTION_FRONTEND)
        reader_inherit(reader);
    if (section == SECTION_DEFAULTS)
        reader_add_defaults(reader);
    if (section == SECTION_PROXY)
        reader_add_proxy(reader);
    if (slice_is(reader_word(reader, 0), "peers"))
        reader->config->has_peers = true;
}

/* --- Lines --------------------------------------------------------------------------------- */

static void reader_take_global(struct reader *reader)
{
    uint64_t n;

    if (slice_is(reader_word(reader, 0), "nbproc") &&
        !(slice_parse_u64(reader_word(reader, 1), 1, &n) && n == 1))
        fix(reader, &reader->config->fixed, "'nbproc', of which each process has its own servers");
}

/* .if and its like; true if it was one. */
static bool reader_take_condition(struct reader *reader)
{
    struct slice word = reader_word(reader, 0);

    if (slice_is(word, ".if"))
        reader->n_conditions++;
    else if (slice_is(word, ".endif"))
        reader->n_conditions -= reader->n_conditions > 0;
    return slice_starts_with(word, SLICE("."));
}

static void reader_take_structure(struct reader *reader)
{
    enum section section = find_section(reader_word(reader, 0));

    if (section != SECTION_NONE)
        reader_enter_section(reader, section);
    structure_add(reader->config, &reader->cap_lines, &reader->line, reader->written,
                  reader->section_title, reader->place);
    if (section != SECTION_NONE || reader_take_condition(reader))
        return;
    if (reader->section == SECTION_GLOBAL)
        reader_take_global(reader);
    if (reader->section == SECTION_DEFAULTS || reader->section == SECTION_PROXY)
        reader_take_proxy_line(reader);
    reference_find(reader->config, &reader->line, reader->section_name, reader->place);
}

static bool reader_take_line(struct reader *reader)
{
    if (!quote_split(reader->written, reader_pos(reader), &reader->config->arena, &reader->line,
                     reader->err))
        return false;
    if (reader->line.n_words == 0 && !reader->line.is_scope)
        return true;
    if (reader->line.n_words > 0 && reader->line.n_sure == 0)
        fix(reader, &reader->config->fixed, "a line that begins with a variable");
    if (is_server_line(reader))
        return reader_take_server(reader);
    reader_take_structure(reader);
    return true;
}

static bool reader_take_file(struct reader *reader, struct slice text)
{
    struct slice rest = text;

    reader_leave_section(reader);
    reader->section = SECTION_NONE;
    reader->section_name = reader->section_title = SLICE_EMPTY;
    reader->n_conditions = 0;
    reader->place.line = 0;
    while (slice_next(&rest, '\n', &reader->written)) {
        reader->place.line++;
        if (!reader_take_line(reader))
            return false;
    }
    return true;
}

bool config_reader_run(struct haproxy_config *config, struct error *err)
{
    struct reader reader = { .config = config, .err = err };

    proxy_settings_init(&reader.settings);
    for (size_t i = 0; i < config->n_files; i++) {
        reader.place.file = i;
        if (!reader_take_file(&reader, config->files[i].text))
            return false;
    }
    reader_leave_section(&reader);
    return true;
}
