/* SPDX-License-Identifier: MIT */
/* Reads `show servers state`: a version, a line of column names, a line for each server. */
#include "haproxy/state.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/limits.h"
#include "base/memory.h"
#include "server_key.h"

/* The columns that we read, by the names that HAProxy gives them. */
enum column {
    COLUMN_PROXY,
    COLUMN_ID,
    COLUMN_NAME,
    COLUMN_ADDRESS,
    COLUMN_OPERATIONAL,
    COLUMN_ADMIN,
    COLUMN_WEIGHT,
    COLUMN_CHECK_RESULT,
    COLUMN_PORT,
    COLUMN_CHECK_PORT, /* since 2.4 */
};

static const char *const column_names[] = {
    [COLUMN_PROXY] = "be_name",
    [COLUMN_ID] = "srv_id",
    [COLUMN_NAME] = "srv_name",
    [COLUMN_ADDRESS] = "srv_addr",
    [COLUMN_OPERATIONAL] = "srv_op_state",
    [COLUMN_ADMIN] = "srv_admin_state",
    [COLUMN_WEIGHT] = "srv_uweight",
    [COLUMN_CHECK_RESULT] = "srv_check_result",
    [COLUMN_PORT] = "srv_port",
    [COLUMN_CHECK_PORT] = "srv_check_port",
};

#define N_COLUMNS  ARRAY_SIZE(column_names)
#define N_NEEDED   COLUMN_CHECK_PORT
#define MAX_FIELDS 64
#define NO_COLUMN  SIZE_MAX

struct fields {
    struct slice items[MAX_FIELDS];
    size_t n;
};

/* Fields that one space separates; those beyond the most that we can need are dropped. */
static void split_fields(struct slice line, struct fields *fields)
{
    fields->n = 0;
    while (fields->n < MAX_FIELDS && slice_next(&line, ' ', &fields->items[fields->n]))
        fields->n++;
}

static bool find_columns(struct slice line, size_t *columns, struct error *err)
{
    struct fields fields;

    if (!slice_starts_with(line, SLICE("# ")))
        return error_set(err, ERROR_SYNTAX, "no line with the names of columns");
    split_fields(slice_sub(line, 2, line.len), &fields);
    for (size_t i = 0; i < N_COLUMNS; i++) {
        columns[i] = NO_COLUMN;
        for (size_t j = 0; j < fields.n; j++) {
            if (slice_is(fields.items[j], column_names[i]))
                columns[i] = j;
        }
        if (i < N_NEEDED && columns[i] == NO_COLUMN)
            return error_set(err, ERROR_SYNTAX, "no column '%s'", column_names[i]);
    }
    return true;
}

static bool read_unsigned(struct slice text, unsigned *number)
{
    uint64_t found;

    if (!slice_parse_u64(text, UINT32_MAX, &found))
        return false;
    *number = (unsigned)found;
    return true;
}

static bool read_server(const struct fields *fields, const size_t *columns,
                        struct live_server *server)
{
    struct slice items[N_COLUMNS] = { { NULL, 0 } };
    unsigned port;

    for (size_t i = 0; i < N_COLUMNS; i++) {
        if (columns[i] < fields->n)
            items[i] = fields->items[columns[i]];
        else if (i < N_NEEDED)
            return false;
    }
    server->proxy = items[COLUMN_PROXY];
    server->name = items[COLUMN_NAME];
    if (!name_is_plain(server->proxy) || !name_is_plain(server->name) ||
        !slice_parse_u64(items[COLUMN_ID], UINT32_MAX, &server->id) ||
        !read_unsigned(items[COLUMN_OPERATIONAL], &server->operational) ||
        !read_unsigned(items[COLUMN_ADMIN], &server->admin) ||
        !read_unsigned(items[COLUMN_WEIGHT], &server->weight) ||
        !read_unsigned(items[COLUMN_CHECK_RESULT], &server->check_result) ||
        !read_unsigned(items[COLUMN_PORT], &port) || port > UINT16_MAX)
        return false;
    server->address.port = (uint16_t)port;
    server->has_address = haproxy_address_parse_ip(items[COLUMN_ADDRESS], &server->address);
    server->has_check_port = items[COLUMN_CHECK_PORT].ptr &&
                             read_unsigned(items[COLUMN_CHECK_PORT], &server->check_port);
    return true;
}

static bool read_servers(struct haproxy_state *state, struct slice text, struct error *err)
{
    size_t columns[N_COLUMNS], cap = 0;
    struct slice line;
    struct fields fields;

    if (!slice_next(&text, '\n', &line) || !slice_is(line, "1"))
        return error_set(err, ERROR_SYNTAX, "not of version 1");
    if (!slice_next(&text, '\n', &line))
        line = SLICE_EMPTY;
    if (!find_columns(line, columns, err))
        return false;
    while (slice_next(&text, '\n', &line)) {
        if (line.len == 0)
            continue;
        if (state->n_servers >= LIMIT_HAPROXY_SERVERS)
            return error_set(err, ERROR_LIMIT, "more than %u servers", LIMIT_HAPROXY_SERVERS);
        GROW(state->servers, state->n_servers, cap);
        split_fields(line, &fields);
        state->servers[state->n_servers] = (struct live_server){ .id = 0 };
        if (!read_server(&fields, columns, &state->servers[state->n_servers]))
            return error_set(err, ERROR_SYNTAX, "a line that is no server's");
        state->n_servers++;
    }
    return true;
}

static bool index_servers(struct haproxy_state *state, struct error *err)
{
    struct live_range *range = NULL;

    for (size_t i = 0; i < state->n_servers; i++) {
        struct live_server *server = &state->servers[i];

        map_put(&state->by_name, server_key(&state->arena, server->proxy, server->name), server);
        if (range && slice_equal(range->servers->proxy, server->proxy)) {
            range->n++;
            continue;
        }
        range = ARENA_NEW(&state->arena, struct live_range);
        *range = (struct live_range){ server, 1 };
        if (map_put(&state->by_proxy, server->proxy, range))
            return error_set(err, ERROR_SYNTAX, "the servers of a proxy are not together");
    }
    return true;
}

bool haproxy_state_parse(struct slice text, struct haproxy_state **ret_state, struct error *err)
{
    CLEANUP(haproxy_state_freep) struct haproxy_state *state = NEW(struct haproxy_state);

    if (!read_servers(state, arena_copy(&state->arena, text), err))
        return error_wrap(err, "'show servers state'");
    if (!index_servers(state, err))
        return error_wrap(err, "'show servers state'");
    *ret_state = TAKE(state);
    return true;
}

void haproxy_state_free(struct haproxy_state *state)
{
    if (!state)
        return;
    map_fini(&state->by_name);
    map_fini(&state->by_proxy);
    free(state->servers);
    arena_fini(&state->arena);
    free(state);
}

const struct live_server *haproxy_state_find(const struct haproxy_state *state, struct slice proxy,
                                             struct slice server)
{
    return server_map_find(&state->by_name, proxy, server);
}

struct live_range haproxy_state_range(const struct haproxy_state *state, struct slice proxy)
{
    const struct live_range *range = map_find(&state->by_proxy, proxy);

    return range ? *range : (struct live_range){ NULL, 0 };
}

bool live_server_is_ready(const struct live_server *server)
{
    bool is_running = server->operational == 1 || server->operational == 2;

    return is_running && !(server->admin & (LIVE_MAINT | LIVE_DRAIN)) && server->weight > 0;
}
