/* SPDX-License-Identifier: MIT */
/* Server lines: their keywords, and what those mean that the planner asks about. */
#include "server_line.h"

#include "base/limits.h"

#define WEIGHT_MAX       256 /* SRV_UWGHT_MAX */
#define ID_MAX           INT32_MAX
#define MAXCONN_MAX      INT32_MAX
#define TEMPLATE_MAX     UINT32_MAX
#define N_FIRST_WORDS    3 /* server NAME ADDRESS */
#define DEFAULT_WEIGHT   1
#define DEFAULT_INTER_MS 2000

void server_line_init(struct haproxy_server *server)
{
    *server = (struct haproxy_server){
        .weight = DEFAULT_WEIGHT,
        .inter_ms = DEFAULT_INTER_MS,
    };
}

static bool read_number(struct slice word, uint64_t max, unsigned *number)
{
    uint64_t found;

    if (!slice_parse_u64(word, max, &found))
        return false;
    *number = (unsigned)found;
    return true;
}

/* False for a value that we cannot read. */
static bool apply_keyword(struct haproxy_server *server, const struct keyword *keyword)
{
    bool is_set = !keyword->info->is_reset;
    struct slice value = keyword->n_words > 1 ? keyword->words[1] : SLICE_EMPTY;

    switch (keyword->info->kind) {
    case KEYWORD_ADDR: server->check_address = value; return true;
    case KEYWORD_AGENT_CHECK: server->has_agent_check = is_set; return true;
    case KEYWORD_BACKUP: server->is_backup = is_set; return true;
    case KEYWORD_CHECK: server->has_check = is_set; return true;
    case KEYWORD_COOKIE: server->cookie = value; return true;
    case KEYWORD_DISABLED: server->is_disabled = is_set; return true;
    case KEYWORD_ID: return slice_parse_u64(value, ID_MAX, &server->id) && server->id > 0;
    case KEYWORD_INTER: return keyword_parse_time(value, &server->inter_ms);
    case KEYWORD_MAXCONN: return read_number(value, MAXCONN_MAX, &server->maxconn);
    case KEYWORD_MINCONN: server->has_minconn = true; return true;
    case KEYWORD_ON_MARKED_DOWN:
        server->cuts_sessions = slice_is(value, "shutdown-sessions");
        return true;
    case KEYWORD_PORT: server->check_port = value; return true;
    case KEYWORD_TRACK: server->track = value; return true;
    case KEYWORD_WEIGHT: return read_number(value, WEIGHT_MAX, &server->weight);
    case KEYWORD_POOL_MAX_CONN:
    case KEYWORD_POOL_PURGE_DELAY:
    case KEYWORD_OTHER: return true;
    }
    return true;
}

static void apply_list(struct haproxy_server *server, const struct keyword_list *list)
{
    for (size_t i = 0; i < list->n; i++) {
        if (!apply_keyword(server, &list->items[i]) && server->unknown.len == 0)
            server->unknown = list->items[i].words[0];
    }
    if (server->unknown.len == 0)
        server->unknown = list->unknown;
}

/* The words from the n-th on, in the arena. */
static const struct slice *copy_words(const struct quote_line *line, size_t from,
                                      struct arena *arena, size_t *ret_n)
{
    size_t n = line->n_words > from ? line->n_words - from : 0;
    struct slice *words = ARENA_ARRAY(arena, n, struct slice);

    for (size_t i = 0; i < n; i++)
        words[i] = line->words[from + i].text;
    *ret_n = n;
    return words;
}

void server_line_add_defaults(struct haproxy_server *defaults, const struct quote_line *line,
                              struct arena *arena)
{
    size_t n_words;
    const struct slice *words = copy_words(line, 1, arena, &n_words);
    struct keyword_list list = keyword_list_read(words, n_words, arena);

    apply_list(defaults, &list);
    defaults->defaults = keyword_list_merge(&defaults->defaults, &list, arena);
    if (defaults->defaults.n > LIMIT_HAPROXY_KEYWORDS) {
        defaults->defaults = KEYWORD_LIST_EMPTY;
        defaults->unknown = SLICE("too many keywords");
    }
}

void server_line_read(struct haproxy_server *server, const struct haproxy_server *defaults,
                      const struct quote_line *line, struct arena *arena)
{
    *server = *defaults;
    server->name = line->words[1].text;
    server->name_from = line->words[1].from;
    server->name_to = line->words[1].to;
    server->address_word = line->words[2].text;
    server->address_from = line->words[2].from;
    server->address_to = line->words[2].to;
    server->has_address = haproxy_address_parse(server->address_word, &server->address);
    server->words = copy_words(line, 3, arena, &server->n_words);
    server->own = keyword_list_read(server->words, server->n_words, arena);
    apply_list(server, &server->own);
}

bool server_line_read_template(const struct quote_line *line, struct haproxy_template *ret_template)
{
    struct haproxy_template found = { .from = 1 };

    if (line->n_words < 3)
        return false;

    struct slice range = line->words[2].text;
    size_t dash = slice_find_byte(range, '-');

    if (dash != SLICE_NOT_FOUND) {
        if (!slice_parse_u64(slice_sub(range, 0, dash), TEMPLATE_MAX, &found.from))
            return false;
        range = slice_sub(range, dash + 1, range.len);
    }
    if (!slice_parse_u64(range, TEMPLATE_MAX, &found.to))
        return false;
    found.prefix = line->words[1].text;
    *ret_template = found;
    return true;
}

/* --- Lines of their own ---------------------------------------------------------------------- */

static void write_word(struct buf *out, struct slice word)
{
    if (word.len == 0)
        buf_add_string(out, "\"\"");
    for (size_t i = 0; i < word.len; i++) {
        if (word.ptr[i] == '\n' || word.ptr[i] == '\r')
            buf_add_string(out, word.ptr[i] == '\n' ? "\\n" : "\\r");
        else
            quote_add_byte(out, QUOTE_BARE, word.ptr[i]);
    }
}

static size_t count_all_words(const struct keyword_list *list)
{
    size_t n = N_FIRST_WORDS;

    for (size_t i = 0; i < list->n; i++)
        n += list->items[i].n_words;
    return n;
}

void server_line_write(const struct haproxy_server *server, struct buf *out)
{
    CLEANUP(arena_fini) struct arena arena = ARENA_EMPTY;
    struct keyword_list list = keyword_list_merge(&server->defaults, &server->own, &arena);
    bool is_whole = server->unknown.len == 0 && count_all_words(&list) <= QUOTE_MAX_WORDS;

    buf_add_string(out, "server ");
    write_word(out, server->name);
    buf_add_byte(out, ' ');
    write_word(out, server->address_word);
    if (!is_whole)
        buf_add_string(out, " ?");
    for (size_t i = 0; i < list.n && is_whole; i++) {
        for (size_t j = 0; j < list.items[i].n_words; j++) {
            buf_add_byte(out, ' ');
            write_word(out, list.items[i].words[j]);
        }
    }
}

bool server_line_parse(struct slice text, struct arena *arena, struct haproxy_server *ret_server)
{
    struct source_pos pos = { .source = "", .line = 1 };
    struct haproxy_server defaults;
    struct quote_line line;
    struct error err;

    if (!quote_split(text, pos, arena, &line, &err) || line.n_words < 3 ||
        !slice_is(line.words[0].text, "server"))
        return false;
    server_line_init(&defaults);
    server_line_read(ret_server, &defaults, &line, arena);
    return true;
}
