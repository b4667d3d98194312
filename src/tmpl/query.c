/* SPDX-License-Identifier: MIT */
/* Parses queries. Each part begins with a byte that no part before it may hold, so that one look
 * ahead is enough. */
#include "query.h"

#include "function.h"

static bool is_word_char(char c)
{
    return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || c == '_';
}

/* The run of word characters and `others` at the start of the text, cut from it. */
static struct slice take_run(struct slice *text, const char *others)
{
    size_t n = 0;

    while (n < text->len &&
           (is_word_char(text->ptr[n]) || (text->ptr[n] && strchr(others, text->ptr[n]))))
        n++;

    struct slice run = slice_sub(*text, 0, n);

    *text = slice_sub(*text, n, text->len);
    return run;
}

static bool fail_format(struct slice text, const char *expected, struct error *err)
{
    return function_error(err, "invalid format: expected %s in '%.*s'", expected,
                          SLICE_ARG(slice_sub(text, 0, 128)));
}

/* "tag.name": the last dot splits. */
static bool take_service(struct slice *rest, bool may_have_tag, struct query *query,
                         struct slice text, struct error *err)
{
    struct slice run = take_run(rest, "=:.-");
    size_t dot = slice_find_last_byte(run, '.');

    query->name = run;
    if (may_have_tag && dot != SLICE_NOT_FOUND) {
        query->tag = slice_sub(run, 0, dot);
        query->name = slice_sub(run, dot + 1, run.len);
        if (query->tag.len == 0)
            return fail_format(text, "a tag before the '.'", err);
    }
    if (query->name.len == 0)
        return fail_format(text, "the name of a service", err);
    run = query->name;
    take_run(&run, "-");
    if (run.len)
        return fail_format(text, "letters, digits, '_' and '-' in the name of a service", err);
    return true;
}

/* Anything but '@' and '?'. One leading slash is dropped unless it is all. */
static bool take_key(struct slice *rest, struct query *query, struct slice text, struct error *err)
{
    size_t n = 0;

    while (n < rest->len && rest->ptr[n] != '@' && rest->ptr[n] != '?')
        n++;
    if (n == 0)
        return fail_format(text, "a key", err);
    query->name = slice_sub(*rest, n > 1 && rest->ptr[0] == '/', n);
    *rest = slice_sub(*rest, n, rest->len);
    return true;
}

/* One "key=value"; the first of two equal keys counts. */
static bool set_option(struct slice option, struct query *query, struct error *err)
{
    const struct {
        const char *name;
        struct slice *place;
    } options[] = {
        { "ns", &query->namespace_name }, { "partition", &query->partition },
        { "peer", &query->peer },         { "sameness-group", &query->sameness_group },
        { "filter", &query->filter },
    };
    size_t equals = slice_find_byte(option, '=');
    struct slice name = slice_sub(option, 0, equals);
    struct slice value =
        equals == SLICE_NOT_FOUND ? SLICE_EMPTY : slice_sub(option, equals + 1, option.len);

    for (size_t i = 0; i < ARRAY_SIZE(options); i++) {
        if (!slice_is(name, options[i].name))
            continue;
        if (options[i].place->len == 0)
            *options[i].place = value;
        return true;
    }
    return function_error(err,
                          "unknown query parameter '%.*s': expected ns, partition, peer, "
                          "sameness-group or filter",
                          SLICE_ARG(slice_sub(name, 0, 64)));
}

static bool take_options(struct slice *rest, struct query *query, struct slice text,
                         struct error *err)
{
    struct slice options = take_run(rest, "-=&"), option;

    if (options.len == 0)
        return fail_format(text, "a parameter behind '?'", err);
    while (slice_next(&options, '&', &option)) {
        if (option.len && !set_option(option, query, err))
            return false;
    }
    if (query->sameness_group.len && query->peer.len)
        return function_error(err, "a query has either a peer or a sameness-group, not both");
    return true;
}

/* "@dc" or "~near". */
static bool take_place(struct slice *rest, struct slice *ret_place, const char *expected,
                       struct slice text, struct error *err)
{
    *ret_place = take_run(rest, ".-");
    return ret_place->len || fail_format(text, expected, err);
}

static bool take_statuses(struct slice *rest, struct query *query, struct slice text,
                          struct error *err)
{
    static const struct {
        const char *name;
        enum query_status status;
    } words[] = {
        { "", 0 },
        { "any", QUERY_ANY },
        { "passing", QUERY_PASSING },
        { "warning", QUERY_WARNING },
        { "critical", QUERY_CRITICAL },
        { "maintenance", QUERY_MAINTENANCE },
    };
    struct slice list = take_run(rest, ","), word;

    if (list.len == 0)
        return fail_format(text, "a status behind '|'", err);
    query->statuses = 0;
    while (slice_next(&list, ',', &word)) {
        size_t i = 0;

        while (i < ARRAY_SIZE(words) && !slice_is(word, words[i].name))
            i++;
        if (i == ARRAY_SIZE(words))
            return function_error(err,
                                  "invalid filter '%.*s': expected passing, warning, critical, "
                                  "maintenance or any",
                                  SLICE_ARG(slice_sub(word, 0, 64)));
        query->statuses |= words[i].status;
    }
    return true;
}

/* True, and the byte is cut off, when the part is allowed and begins here. */
static bool begins(struct slice *rest, unsigned parts, enum query_part part, char byte)
{
    if (!(parts & part) || rest->len == 0 || rest->ptr[0] != byte)
        return false;
    *rest = slice_sub(*rest, 1, rest->len);
    return true;
}

static bool take_name(struct slice *rest, unsigned parts, struct query *query, struct slice text,
                      struct error *err)
{
    if (parts & QUERY_HAS_NAME)
        return take_service(rest, parts & QUERY_HAS_TAG, query, text, err);
    if (parts & QUERY_HAS_KEY)
        return take_key(rest, query, text, err);
    if (!(parts & QUERY_HAS_NODE))
        return true;
    query->name = take_run(rest, ".-");
    return query->name.len || fail_format(text, "the name of a node", err);
}

bool query_parse(struct slice text, unsigned parts, struct query *ret_query, struct error *err)
{
    struct query query = { .statuses = QUERY_PASSING };
    struct slice rest = text;

    if (!take_name(&rest, parts, &query, text, err))
        return false;
    if (begins(&rest, parts, QUERY_HAS_OPTIONS, '?') && !take_options(&rest, &query, text, err))
        return false;
    if (begins(&rest, parts, QUERY_HAS_DC, '@') &&
        !take_place(&rest, &query.dc, "a datacenter behind '@'", text, err))
        return false;
    if (begins(&rest, parts, QUERY_HAS_NEAR, '~') &&
        !take_place(&rest, &query.near, "a node behind '~'", text, err))
        return false;
    if (begins(&rest, parts, QUERY_HAS_STATUSES, '|') && !take_statuses(&rest, &query, text, err))
        return false;
    if (rest.len)
        return function_error(err, "invalid format: unexpected '%.*s' in '%.*s'",
                              SLICE_ARG(slice_sub(rest, 0, 32)),
                              SLICE_ARG(slice_sub(text, 0, 128)));
    *ret_query = query;
    return true;
}
