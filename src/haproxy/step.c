/* SPDX-License-Identifier: MIT */
/* Commands of HAProxy's runtime API, their answers and their effects. */
#include "haproxy/step.h"

#include "haproxy/config.h"
#include "haproxy/state.h"
#include "server_key.h"

/* MAX_CLI_ARGS, and well below tune.bufsize, whose default is 16384. */
#define MAX_WORDS         64
#define MAX_COMMAND_BYTES 8000
/* `add server PROXY/SERVER ADDRESS` */
#define N_ADD_WORDS 4

/* --- Commands -------------------------------------------------------------------------------- */

/* Between commands stands a ';', between words white space; a backslash takes the meaning away. */
static void add_word(struct buf *out, struct slice word)
{
    for (size_t i = 0; i < word.len; i++) {
        char byte = word.ptr[i];

        if (byte == ' ' || byte == '\t' || byte == ';' || byte == '\\')
            buf_add_byte(out, '\\');
        buf_add_byte(out, byte);
    }
}

static struct haproxy_step step_with(enum step_kind kind, struct slice proxy, struct slice server,
                                     struct buf *command, struct arena *arena)
{
    struct haproxy_step step = {
        .kind = kind,
        .proxy = arena_copy(arena, proxy),
        .server = arena_copy(arena, server),
        .command = arena_copy(arena, buf_slice(command)),
    };

    buf_fini(command);
    return step;
}

/* "VERB PROXY/SERVER" */
static void add_target(struct buf *out, const char *verb, struct slice proxy, struct slice server)
{
    buf_add_string(out, verb);
    buf_add_byte(out, ' ');
    add_word(out, proxy);
    buf_add_byte(out, '/');
    add_word(out, server);
}

/* "VERB PROXY/SERVER END" of a step without a value, or with a number behind that. */
static void add_command(struct buf *out, enum step_kind kind, struct slice proxy,
                        struct slice server)
{
    static const struct {
        const char *verb, *end;
    } words[] = {
        [STEP_DELETE] = { "del server", "" },
        [STEP_ENABLE_HEALTH] = { "enable health", "" },
        [STEP_ENABLE_AGENT] = { "enable agent", "" },
        [STEP_DISABLE_AGENT] = { "disable agent", "" },
        [STEP_READY] = { "set server", " state ready" },
        [STEP_DRAIN] = { "set server", " state drain" },
        [STEP_MAINT] = { "set server", " state maint" },
        [STEP_CHECK_PORT] = { "set server", " check-port" },
        [STEP_WEIGHT] = { "set server", " weight" },
        [STEP_MAXCONN] = { "set maxconn server", "" },
    };

    add_target(out, words[kind].verb, proxy, server);
    buf_add_string(out, words[kind].end);
}

struct haproxy_step step_make(enum step_kind kind, struct slice proxy, struct slice server,
                              struct arena *arena)
{
    struct buf command = BUF_EMPTY;

    add_command(&command, kind, proxy, server);
    return step_with(kind, proxy, server, &command, arena);
}

struct haproxy_step step_make_number(enum step_kind kind, struct slice proxy, struct slice server,
                                     unsigned number, struct arena *arena)
{
    struct buf command = BUF_EMPTY;

    add_command(&command, kind, proxy, server);
    buf_printf(&command, " %u", number);

    struct haproxy_step step = step_with(kind, proxy, server, &command, arena);

    step.number = number;
    return step;
}

struct haproxy_step step_make_address(struct slice proxy, struct slice server,
                                      const struct haproxy_address *address, struct arena *arena)
{
    struct buf command = BUF_EMPTY;

    add_target(&command, "set server", proxy, server);
    buf_add_string(&command, " addr ");
    haproxy_address_add_ip(address, &command);
    buf_printf(&command, " port %u", address->port);

    struct haproxy_step step = step_with(STEP_ADDRESS, proxy, server, &command, arena);

    step.address = *address;
    return step;
}

struct haproxy_step step_make_check_address(struct slice proxy, struct slice server,
                                            struct slice address, struct arena *arena)
{
    struct buf command = BUF_EMPTY;

    add_target(&command, "set server", proxy, server);
    buf_add_string(&command, " check-addr ");
    add_word(&command, address);
    return step_with(STEP_CHECK_ADDRESS, proxy, server, &command, arena);
}

/* What HAProxy before 2.8 needs to be told, or a server that was added opens a connection for each
 * request: the defaults of a static server. */
static size_t add_pool(struct buf *command, const struct keyword_list *list, unsigned version)
{
    size_t n_words = 0;

    if (version >= 300)
        return 0;
    if (!keyword_list_find(list, KEYWORD_POOL_PURGE_DELAY)) {
        buf_add_string(command, " pool-purge-delay 5s");
        n_words += 2;
    }
    if (!keyword_list_find(list, KEYWORD_POOL_MAX_CONN)) {
        buf_add_string(command, " pool-max-conn -1");
        n_words += 2;
    }
    return n_words;
}

static bool is_one_line(struct slice command)
{
    return slice_find_byte(command, '\n') == SLICE_NOT_FOUND &&
           slice_find_byte(command, '\r') == SLICE_NOT_FOUND;
}

bool step_make_add(struct slice proxy, const struct haproxy_server *server, unsigned version,
                   struct arena *arena, struct haproxy_step *ret_step)
{
    CLEANUP(buf_fini) struct buf command = BUF_EMPTY;
    struct keyword_list list = keyword_list_merge(&server->defaults, &server->own, arena);
    size_t n_words = N_ADD_WORDS;

    add_target(&command, "add server", proxy, server->name);
    buf_add_byte(&command, ' ');
    add_word(&command, server->address_word);
    for (size_t i = 0; i < list.n; i++) {
        for (size_t j = 0; j < list.items[i].n_words; j++) {
            buf_add_byte(&command, ' ');
            add_word(&command, list.items[i].words[j]);
        }
        n_words += list.items[i].n_words;
    }
    n_words += add_pool(&command, &list, version);
    if (n_words > MAX_WORDS || command.len > MAX_COMMAND_BYTES || !is_one_line(buf_slice(&command)))
        return false;
    *ret_step = step_with(STEP_ADD, proxy, server->name, &command, arena);
    ret_step->address = server->address;
    ret_step->number = server->weight;
    ret_step->has_agent = server->has_agent_check;
    return true;
}

/* --- Answers --------------------------------------------------------------------------------- */

static struct slice last_line(struct slice text)
{
    size_t at;

    text = slice_trim(text);
    at = slice_find_last_byte(text, '\n');
    return at == SLICE_NOT_FOUND ? text : slice_sub(text, at + 1, text.len);
}

static bool is_address_answer(struct slice answer)
{
    return slice_find(answer, SLICE(" changed from ")) != SLICE_NOT_FOUND ||
           slice_starts_with(answer,
                             SLICE("no need to change the addr, no need to change the port")) ||
           slice_is(answer, "nothing changed");
}

enum step_answer step_judge(enum step_kind kind, struct slice answer)
{
    bool is_good = false;

    answer = slice_trim(answer);
    switch (kind) {
    case STEP_ADD:
        /* Warnings may stand before it. */
        is_good = slice_is(last_line(answer), "New server registered.");
        break;
    case STEP_DELETE:
        if (slice_starts_with(answer, SLICE("Server still has connections attached to it")))
            return STEP_BUSY;
        is_good = slice_is(answer, "Server deleted.");
        break;
    case STEP_ADDRESS: is_good = is_address_answer(answer); break;
    case STEP_CHECK_PORT:
        is_good = answer.len == 0 || slice_is(answer, "health check port updated.");
        break;
    case STEP_ENABLE_HEALTH:
    case STEP_ENABLE_AGENT:
    case STEP_DISABLE_AGENT:
    case STEP_READY:
    case STEP_DRAIN:
    case STEP_MAINT:
    case STEP_CHECK_ADDRESS:
    case STEP_WEIGHT:
    case STEP_MAXCONN: is_good = answer.len == 0; break;
    }
    return is_good ? STEP_DONE : STEP_WRONG;
}

/* --- Effects --------------------------------------------------------------------------------- */

static bool shows_address(const struct live_server *server, const struct haproxy_step *step)
{
    return server->has_address && haproxy_address_equal(&server->address, &step->address);
}

static bool shows_admin(const struct live_server *server, const struct haproxy_step *step,
                        unsigned bits)
{
    return step->has_agent || (server->admin & (LIVE_FORCED_MAINT | LIVE_FORCED_DRAIN)) == bits;
}

static bool shows_weight(const struct live_server *server, const struct haproxy_step *step)
{
    return step->has_agent || server->weight == step->number;
}

bool step_is_visible(const struct haproxy_step *step, const struct haproxy_state *live)
{
    const struct live_server *server = haproxy_state_find(live, step->proxy, step->server);

    if (step->kind == STEP_DELETE || !server)
        return (step->kind == STEP_DELETE) == !server;
    switch (step->kind) {
    case STEP_ADD: return shows_address(server, step) && shows_weight(server, step);
    case STEP_READY: return shows_admin(server, step, 0);
    case STEP_DRAIN: return shows_admin(server, step, LIVE_FORCED_DRAIN);
    case STEP_MAINT: return shows_admin(server, step, LIVE_FORCED_MAINT);
    case STEP_ADDRESS: return shows_address(server, step);
    case STEP_CHECK_PORT: return !server->has_check_port || server->check_port == step->number;
    case STEP_WEIGHT: return shows_weight(server, step);
    case STEP_DELETE:
    case STEP_ENABLE_HEALTH:
    case STEP_ENABLE_AGENT:
    case STEP_DISABLE_AGENT:
    case STEP_CHECK_ADDRESS:
    case STEP_MAXCONN: return true;
    }
    return true;
}

/* Of a server, what a step changes and a later one may change again. */
static unsigned step_effects(enum step_kind kind)
{
    switch (kind) {
    case STEP_ADD: return 1u << STEP_ADDRESS | 1u << STEP_WEIGHT | 1u << STEP_ADD;
    case STEP_DELETE: return ~0u;
    case STEP_READY:
    case STEP_DRAIN:
    case STEP_MAINT: return 1u << STEP_READY;
    case STEP_ADDRESS:
    case STEP_CHECK_PORT:
    case STEP_CHECK_ADDRESS:
    case STEP_WEIGHT:
    case STEP_MAXCONN:
    case STEP_ENABLE_HEALTH:
    case STEP_ENABLE_AGENT:
    case STEP_DISABLE_AGENT: return 1u << kind;
    }
    return 0;
}

struct effects {
    unsigned changed; /* by later steps */
};

const struct haproxy_step *steps_find_invisible(const struct haproxy_step *steps, size_t n,
                                                const struct haproxy_state *live)
{
    CLEANUP(arena_fini) struct arena arena = ARENA_EMPTY;
    CLEANUP(map_fini) struct map servers = MAP_EMPTY;
    const struct haproxy_step *invisible = NULL;

    for (size_t i = n; i > 0; i--) {
        const struct haproxy_step *step = &steps[i - 1];
        struct effects *effects = server_map_find(&servers, step->proxy, step->server);
        unsigned changes = step_effects(step->kind);

        if (!effects) {
            effects = ARENA_NEW(&arena, struct effects);
            map_put(&servers, server_key(&arena, step->proxy, step->server), effects);
        }
        if (!(effects->changed & changes) && !step_is_visible(step, live))
            invisible = step;
        effects->changed |= changes;
    }
    return invisible;
}
