/* SPDX-License-Identifier: MIT */
/* Reads `show info` and the CSV of `show stat`. */
#include "haproxy/state.h"

#include "server_key.h"

/* --- show stat ------------------------------------------------------------------------------- */

/* The next field of a line; quotes may hold commas, and stay. */
static bool next_field(struct slice *rest, struct slice *ret_field)
{
    bool is_quoted = false;
    size_t i = 0;

    if (!rest->ptr)
        return false;
    while (i < rest->len && (is_quoted || rest->ptr[i] != ',')) {
        if (rest->ptr[i] == '"')
            is_quoted = !is_quoted;
        i++;
    }
    *ret_field = slice_sub(*rest, 0, i);
    *rest = i < rest->len ? slice_sub(*rest, i + 1, rest->len) : (struct slice){ NULL, 0 };
    return true;
}

enum load_column {
    LOAD_PROXY,
    LOAD_NAME,
    LOAD_QUEUED,
    LOAD_SESSIONS,
    LOAD_LIMIT,
    LOAD_CONNECTIONS,
};

static const char *const load_columns[] = {
    [LOAD_PROXY] = "pxname",  [LOAD_NAME] = "svname", [LOAD_QUEUED] = "qcur",
    [LOAD_SESSIONS] = "scur", [LOAD_LIMIT] = "slim",  [LOAD_CONNECTIONS] = "used_conn_cur",
};

#define N_LOAD_COLUMNS ARRAY_SIZE(load_columns)

static bool find_load_columns(struct slice line, size_t *columns)
{
    struct slice field;
    size_t n_found = 0;

    if (!slice_starts_with(line, SLICE("# ")))
        return false;
    line = slice_sub(line, 2, line.len);
    for (size_t at = 0; next_field(&line, &field); at++) {
        for (size_t i = 0; i < N_LOAD_COLUMNS; i++) {
            if (!slice_is(field, load_columns[i]))
                continue;
            columns[i] = at;
            n_found++;
        }
    }
    return n_found == N_LOAD_COLUMNS;
}

static void pick_fields(struct slice line, const size_t *columns, struct slice *items)
{
    struct slice field;

    for (size_t i = 0; i < N_LOAD_COLUMNS; i++)
        items[i] = SLICE_EMPTY;
    for (size_t at = 0; next_field(&line, &field); at++) {
        for (size_t i = 0; i < N_LOAD_COLUMNS; i++) {
            if (columns[i] == at)
                items[i] = field;
        }
    }
}

static void read_load(struct haproxy_loads *loads, const struct slice *items)
{
    struct haproxy_load load = { .sessions = 0 };

    /* Of a proxy as a whole some are empty; connections are counted for its servers alone. */
    if (!slice_parse_u64(items[LOAD_SESSIONS], UINT64_MAX, &load.sessions) ||
        !slice_parse_u64(items[LOAD_QUEUED], UINT64_MAX, &load.queued) ||
        (!slice_parse_u64(items[LOAD_CONNECTIONS], UINT64_MAX, &load.connections) &&
         !slice_is(items[LOAD_NAME], "BACKEND")))
        return;
    if (!slice_parse_u64(items[LOAD_LIMIT], UINT64_MAX, &load.limit))
        load.limit = 0;

    struct haproxy_load *kept = ARENA_NEW(&loads->arena, struct haproxy_load);

    *kept = load;
    map_put(&loads->by_name, server_key(&loads->arena, items[LOAD_PROXY], items[LOAD_NAME]), kept);
}

bool haproxy_loads_add(struct haproxy_loads *loads, struct slice csv, struct error *err)
{
    size_t columns[N_LOAD_COLUMNS];
    struct slice line, items[N_LOAD_COLUMNS];

    if (!slice_next(&csv, '\n', &line) || !find_load_columns(line, columns))
        return error_set(err, ERROR_SYNTAX, "'show stat': no line with the names of columns");
    while (slice_next(&csv, '\n', &line)) {
        if (line.len == 0)
            continue;
        pick_fields(line, columns, items);
        read_load(loads, items);
    }
    return true;
}

void haproxy_loads_fini(struct haproxy_loads *loads)
{
    map_fini(&loads->by_name);
    arena_fini(&loads->arena);
}

const struct haproxy_load *haproxy_loads_find(const struct haproxy_loads *loads, struct slice proxy,
                                              struct slice server)
{
    return server_map_find(&loads->by_name, proxy, server);
}

/* --- show info ------------------------------------------------------------------------------- */

/* "2.6.12-1+deb12u4", "3.0-dev5-…": the first two numbers. */
static bool read_version(struct slice text, unsigned *ret_version)
{
    uint64_t major, minor;
    size_t dot = slice_find_byte(text, '.');
    size_t end = dot + 1;

    if (dot == SLICE_NOT_FOUND)
        return false;
    while (end < text.len && text.ptr[end] >= '0' && text.ptr[end] <= '9')
        end++;
    if (!slice_parse_u64(slice_sub(text, 0, dot), 99, &major) ||
        !slice_parse_u64(slice_sub(text, dot + 1, end), 99, &minor))
        return false;
    *ret_version = (unsigned)(major * 100 + minor);
    return true;
}

bool haproxy_info_parse(struct slice text, struct haproxy_info *ret_info, struct error *err)
{
    struct haproxy_info info = { .version = 0 };
    struct slice line;

    while (slice_next(&text, '\n', &line)) {
        size_t colon = slice_find_byte(line, ':');
        struct slice name = slice_sub(line, 0, colon);
        struct slice value = colon == SLICE_NOT_FOUND
                                 ? SLICE_EMPTY
                                 : slice_trim(slice_sub(line, colon + 1, line.len));
        bool ok = true;

        if (slice_is(name, "Version"))
            ok = read_version(value, &info.version);
        else if (slice_is(name, "Pid"))
            ok = slice_parse_u64(value, UINT32_MAX, &info.pid);
        else if (slice_is(name, "Start_time_sec"))
            ok = slice_parse_u64(value, UINT64_MAX, &info.started);
        else if (slice_is(name, "Uptime_sec"))
            ok = slice_parse_u64(value, UINT64_MAX, &info.uptime);
        if (!ok)
            return error_set(err, ERROR_SYNTAX, "'show info': no value for '%.*s'",
                             SLICE_ARG(name));
    }
    if (info.version == 0 || info.pid == 0)
        return error_set(err, ERROR_SYNTAX, "'show info': no version or no process");
    *ret_info = info;
    return true;
}
