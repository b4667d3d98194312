/* SPDX-License-Identifier: MIT */
/* The driver's memory as lines of text. */
#include "memory.h"

#include "base/memory.h"

#define HEAD SLICE("haproxy 1")

#define MAX_STEPS 1000000

static const char *const step_names[] = {
    [STEP_ADD] = "add",
    [STEP_DELETE] = "delete",
    [STEP_ENABLE_HEALTH] = "enable-health",
    [STEP_ENABLE_AGENT] = "enable-agent",
    [STEP_DISABLE_AGENT] = "disable-agent",
    [STEP_READY] = "ready",
    [STEP_DRAIN] = "drain",
    [STEP_MAINT] = "maint",
    [STEP_ADDRESS] = "address",
    [STEP_CHECK_PORT] = "check-port",
    [STEP_CHECK_ADDRESS] = "check-address",
    [STEP_WEIGHT] = "weight",
    [STEP_MAXCONN] = "maxconn",
};

/* --- Workers --------------------------------------------------------------------------------- */

struct worker worker_from(const struct haproxy_info *info, uint64_t now_s)
{
    uint64_t uptime = info->uptime < now_s ? info->uptime : now_s;

    return (struct worker){ info->pid, info->started > 0 ? info->started : now_s - uptime };
}

bool worker_equal(struct worker a, struct worker b)
{
    uint64_t apart = a.started > b.started ? a.started - b.started : b.started - a.started;

    /* An uptime is cut to seconds, and so is the clock. */
    return a.pid == b.pid && apart <= 2;
}

/* --- Steps ----------------------------------------------------------------------------------- */

static struct haproxy_step step_copy(const struct haproxy_step *step, struct arena *arena)
{
    struct haproxy_step copy = *step;

    copy.proxy = arena_copy(arena, step->proxy);
    copy.server = arena_copy(arena, step->server);
    copy.command = arena_copy(arena, step->command);
    return copy;
}

void memory_set_steps(struct memory *memory, const struct haproxy_step *steps, size_t n)
{
    arena_reset(&memory->arena);
    memory->steps = ARENA_ARRAY(&memory->arena, n, struct haproxy_step);
    memory->n_steps = n;
    for (size_t i = 0; i < n; i++)
        memory->steps[i] = step_copy(&steps[i], &memory->arena);
}

static void format_step(const struct haproxy_step *step, struct buf *out)
{
    buf_printf(out, "step %s %.*s %.*s %d %u ", step_names[step->kind], SLICE_ARG(step->proxy),
               SLICE_ARG(step->server), step->has_agent, step->number);
    if (step->address.family != 0)
        haproxy_address_format(&step->address, out);
    else
        buf_add_byte(out, '-');
    buf_add_byte(out, ' ');
    buf_add(out, step->command);
    buf_add_byte(out, '\n');
}

static bool parse_kind(struct slice word, enum step_kind *ret_kind)
{
    for (size_t i = 0; i < ARRAY_SIZE(step_names); i++) {
        if (slice_is(word, step_names[i])) {
            *ret_kind = (enum step_kind)i;
            return true;
        }
    }
    return false;
}

static bool parse_step(struct slice line, struct haproxy_step *ret_step)
{
    struct haproxy_step step = { .address = HAPROXY_ADDRESS_NONE };
    struct slice kind, agent, number, address;
    uint64_t has_agent, value;

    if (!slice_next(&line, ' ', &kind) || !slice_next(&line, ' ', &step.proxy) ||
        !slice_next(&line, ' ', &step.server) || !slice_next(&line, ' ', &agent) ||
        !slice_next(&line, ' ', &number) || !slice_next(&line, ' ', &address) || !line.ptr)
        return false;
    if (!parse_kind(kind, &step.kind) || !slice_parse_u64(agent, 1, &has_agent) ||
        !slice_parse_u64(number, UINT32_MAX, &value) || line.len == 0)
        return false;
    if (!slice_is(address, "-") && !haproxy_address_parse(address, &step.address))
        return false;
    step.has_agent = has_agent;
    step.number = (unsigned)value;
    step.command = line;
    *ret_step = step;
    return true;
}

/* --- All of it ------------------------------------------------------------------------------- */

void memory_fini(struct memory *memory)
{
    pending_list_fini(&memory->pending);
    arena_fini(&memory->arena);
    *memory = MEMORY_EMPTY;
}

void memory_format(const struct memory *memory, uint64_t now_ms, struct buf *out)
{
    buf_add(out, HEAD);
    buf_printf(out, "\nworker %llu %llu\nfiles %llu\n", (unsigned long long)memory->worker.pid,
               (unsigned long long)memory->worker.started, (unsigned long long)memory->files);
    if (memory->owes_reload)
        buf_add_string(out, "owes reload\n");
    if (memory->is_applying) {
        buf_add_string(out, "applying\n");
        for (size_t i = 0; i < memory->n_steps; i++)
            format_step(&memory->steps[i], out);
    }
    buf_add_string(out, "pending\n");
    pending_list_format(&memory->pending, now_ms, out);
}

static bool parse_worker(struct slice text, struct worker *worker)
{
    struct slice pid, started;

    return slice_next(&text, ' ', &pid) && slice_next(&text, ' ', &started) && !text.ptr &&
           slice_parse_u64(pid, UINT32_MAX, &worker->pid) &&
           slice_parse_u64(started, UINT64_MAX, &worker->started);
}

struct step_list {
    struct haproxy_step *items;
    size_t n, cap;
    struct arena arena;
};

static bool parse_line(struct slice line, struct memory *memory, struct step_list *steps)
{
    struct slice key;

    if (!slice_next(&line, ' ', &key))
        return false;
    if (slice_is(key, "worker"))
        return parse_worker(line, &memory->worker);
    if (slice_is(key, "files"))
        return slice_parse_u64(line, UINT64_MAX, &memory->files);
    if (slice_is(key, "owes"))
        return memory->owes_reload = slice_is(line, "reload");
    if (slice_is(key, "applying"))
        return memory->is_applying = !line.ptr;
    if (!slice_is(key, "step") || steps->n >= MAX_STEPS)
        return false;
    ARENA_GROW(&steps->arena, steps->items, steps->n, steps->cap);
    return parse_step(line, &steps->items[steps->n++]);
}

static bool parse_all(struct slice text, uint64_t now_ms, struct memory *memory, struct error *err)
{
    struct step_list steps = { .arena = ARENA_EMPTY };
    struct slice line;
    bool is_good = slice_next(&text, '\n', &line) && slice_equal(line, HEAD);
    bool is_whole = false;

    while (is_good && !is_whole && slice_next(&text, '\n', &line)) {
        is_whole = slice_is(line, "pending");
        is_good = is_whole || parse_line(line, memory, &steps);
    }
    if (is_good)
        memory_set_steps(memory, steps.items, steps.n);
    arena_fini(&steps.arena);
    if (!is_good || !is_whole)
        return error_set(err, ERROR_SYNTAX, "what was kept of HAProxy cannot be read");
    return pending_list_parse(text.ptr ? text : SLICE_EMPTY, now_ms, &memory->pending, err);
}

bool memory_parse(struct slice text, uint64_t now_ms, struct memory *memory, struct error *err)
{
    if (parse_all(text, now_ms, memory, err))
        return true;
    memory_fini(memory);
    return false;
}
