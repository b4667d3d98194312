/* SPDX-License-Identifier: MIT */
/* Takes the servers of one text into another one, line by line. */
#include "haproxy/splice.h"

#include "base/map.h"
#include "compare.h"
#include "haproxy/config.h"
#include "structure.h"

/* A text with more of them is not taken apart. */
#define MAX_UNREADABLE 16

struct splicer {
    const struct splice *splice;
    const struct haproxy_config *before, *other; /* the accepted and the refused text */
    struct buf *out;
    size_t at; /* so far the accepted text is copied */

    /* The proxy at hand, in both, and its servers by their addresses. */
    const struct haproxy_proxy *accepted, *refused;
    struct map accepted_by_address, refused_by_address;
    bool may_lose; /* servers that the refused text does not have */
};

static struct slice text_of(const struct haproxy_config *config)
{
    return config->files[0].text;
}

static size_t end_of_line(struct slice text, size_t at)
{
    size_t len = slice_find_byte(slice_sub(text, at, text.len), '\n');

    return len == SLICE_NOT_FOUND ? text.len : at + len + 1;
}

static size_t start_of_line(struct slice text, size_t at)
{
    size_t end = slice_find_last_byte(slice_sub(text, 0, at), '\n');

    return end == SLICE_NOT_FOUND ? 0 : end + 1;
}

/* --- One server ------------------------------------------------------------------------------ */

/* By its name, else by its address: an edit may have named it otherwise. */
static const struct haproxy_server *find_twin(const struct haproxy_proxy *proxy,
                                              const struct map *by_address,
                                              const struct haproxy_server *server)
{
    const struct haproxy_server *twin = haproxy_proxy_find(proxy, server->name);

    return twin ? twin : map_find(by_address, server->address_word);
}

static void add_rest(struct splicer *splicer, struct slice text, size_t from)
{
    buf_add(splicer->out, slice_sub(text, from, end_of_line(text, from)));
    if (end_of_line(text, from) == text.len && !slice_ends_with(text, SLICE("\n")))
        buf_add_byte(splicer->out, '\n');
}

static void copy_up_to(struct splicer *splicer, size_t to)
{
    buf_add(splicer->out, slice_sub(text_of(splicer->before), splicer->at, to));
    splicer->at = to;
}

static void add_line(struct splicer *splicer, const struct haproxy_server *server)
{
    struct slice text = text_of(splicer->other);

    add_rest(splicer, text, start_of_line(text, server->name_from));
}

/* The line of an accepted server with another one's name and address, as they are written. */
static void add_like(struct splicer *splicer, const struct haproxy_server *form,
                     const struct haproxy_server *server)
{
    struct slice text = text_of(splicer->before);
    struct slice other = text_of(splicer->other);

    buf_add(splicer->out, slice_sub(text, start_of_line(text, form->name_from), form->name_from));
    buf_add(splicer->out, slice_sub(other, server->name_from, server->name_to));
    buf_add(splicer->out, slice_sub(text, form->name_to, form->address_from));
    buf_add(splicer->out, slice_sub(other, server->address_from, server->address_to));
    add_rest(splicer, text, form->address_to);
}

static bool is_serving(const struct splice *splice, const struct haproxy_server *server)
{
    return splice->is_serving && server->has_address &&
           splice->is_serving(splice->ctx, &server->address);
}

/* One of the accepted text. */
static void splice_server(struct splicer *splicer, const struct haproxy_server *server)
{
    struct slice text = text_of(splicer->before);
    size_t end = end_of_line(text, server->name_from);
    const struct haproxy_server *twin =
        find_twin(splicer->refused, &splicer->refused_by_address, server);

    copy_up_to(splicer, start_of_line(text, server->name_from));
    if (!twin) {
        if (splicer->may_lose && !is_serving(splicer->splice, server))
            splicer->at = end;
    } else if (slice_equal(twin->name, server->name)) {
        if (splicer->splice->form == SPLICE_AS_WRITTEN)
            add_line(splicer, twin);
        else
            add_like(splicer, server, twin);
        splicer->at = end;
    }
    copy_up_to(splicer, end);
}

/* --- One proxy ------------------------------------------------------------------------------- */

/* All are alike, so that one more can be; what is an only server's own is not given to others. */
static const struct haproxy_server *find_form(const struct haproxy_proxy *proxy)
{
    const struct haproxy_server *first = proxy->servers;

    if (proxy->n_servers == 0 || first->id > 0 || first->cookie.len > 0)
        return NULL;
    for (size_t i = 1; i < proxy->n_servers; i++) {
        if (!server_has_same_words(first, &proxy->servers[i]))
            return NULL;
    }
    return first;
}

static void add_new(struct splicer *splicer)
{
    const struct haproxy_server *form = find_form(splicer->accepted);

    for (size_t i = 0; i < splicer->refused->n_servers; i++) {
        const struct haproxy_server *server = &splicer->refused->servers[i];

        if (find_twin(splicer->accepted, &splicer->accepted_by_address, server))
            continue;
        if (splicer->splice->form == SPLICE_AS_WRITTEN)
            add_line(splicer, server);
        else if (form)
            add_like(splicer, form, server);
    }
}

/* Behind the last line of its section. */
static size_t end_of_section(const struct haproxy_config *config, const struct haproxy_proxy *proxy)
{
    struct slice text = text_of(config);
    unsigned last = proxy->place.line;
    const char *section = NULL;
    size_t at = 0;

    for (size_t i = 0; i < config->n_lines; i++) {
        const struct haproxy_line *line = &config->lines[i];

        if (line->place.line == proxy->place.line)
            section = line->section.ptr;
        if (line->section.ptr == section)
            last = line->place.line;
    }
    for (unsigned i = 0; i < last; i++)
        at = end_of_line(text, at);
    return at;
}

static size_t index_servers(const struct haproxy_proxy *proxy, struct map *by_address)
{
    for (size_t i = 0; i < proxy->n_servers; i++)
        map_put(by_address, proxy->servers[i].address_word, &proxy->servers[i]);
    return proxy->n_servers;
}

static void splice_proxy(struct splicer *splicer)
{
    const struct haproxy_proxy *accepted = splicer->accepted;
    size_t n = index_servers(accepted, &splicer->accepted_by_address), n_common = 0;

    index_servers(splicer->refused, &splicer->refused_by_address);
    for (size_t i = 0; i < n; i++)
        n_common += find_twin(splicer->refused, &splicer->refused_by_address,
                              &accepted->servers[i]) != NULL;
    splicer->may_lose = n_common * 2 >= n;
    for (size_t i = 0; i < n; i++)
        splice_server(splicer, &accepted->servers[i]);
    if (n == 0)
        copy_up_to(splicer, end_of_section(splicer->before, accepted));
    add_new(splicer);
    map_fini(&splicer->accepted_by_address);
    map_fini(&splicer->refused_by_address);
    splicer->accepted_by_address = splicer->refused_by_address = MAP_EMPTY;
}

static void splice_proxies(struct splicer *splicer)
{
    for (size_t i = 0; i < splicer->before->n_proxies; i++) {
        splicer->accepted = &splicer->before->proxies[i];
        splicer->refused = haproxy_config_find(splicer->other, splicer->accepted->name);
        /* What may be another line when HAProxy reads it is not taken apart. */
        if (splicer->refused && splicer->accepted->fixed.len == 0 &&
            splicer->refused->fixed.len == 0)
            splice_proxy(splicer);
    }
    copy_up_to(splicer, text_of(splicer->before).len);
}

/* --- Both ------------------------------------------------------------------------------------ */

static struct haproxy_config *read_text(struct slice text, struct error *err)
{
    const struct haproxy_file file = { "", text };
    struct haproxy_config *config = NULL;

    return haproxy_config_new(&file, 1, &config, err) ? config : NULL;
}

static struct haproxy_config *read_refused(struct slice text)
{
    CLEANUP(buf_fini) struct buf copy = BUF_EMPTY;
    struct haproxy_config *config = NULL;
    struct error err = ERROR_EMPTY;

    buf_add(&copy, text);
    for (size_t n = 0; n < MAX_UNREADABLE && !config; n++) {
        size_t at = 0;

        config = read_text(buf_slice(&copy), &err);
        for (unsigned i = 1; i < err.line; i++)
            at = end_of_line(buf_slice(&copy), at);
        if (!config && at < copy.len)
            copy.ptr[at] = '#';
    }
    return config;
}

bool splice_servers(const struct splice *splice, struct buf *out)
{
    struct error err;
    CLEANUP(haproxy_config_freep)
    struct haproxy_config *before = read_text(splice->accepted, &err);
    CLEANUP(haproxy_config_freep) struct haproxy_config *other = read_refused(splice->refused);
    struct splicer splicer = { .splice = splice, .before = before, .other = other, .out = out };
    size_t start = out->len;

    if (!before || !other || before->fixed.len > 0 || other->fixed.len > 0)
        return false;
    splice_proxies(&splicer);
    if (!slice_equal(slice_sub(buf_slice(out), start, out->len), splice->accepted))
        return true;
    out->len = start;
    return false;
}
