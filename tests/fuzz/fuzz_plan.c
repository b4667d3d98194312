/* SPDX-License-Identifier: MIT */
/* Any bytes as two configurations of HAProxy and what it says of its servers, "===" alone on a line
 * between them: a plan is made of commands that are one line each, equal files need none, and what
 * is pending survives a journal. The first bytes are written as a word, too, and read back. */
#include "base/error.h"
#include "fuzz/fuzz.h"
#include "haproxy/plan.h"
#include "haproxy/quote.h"

#define NOW_MS 1000

static struct slice next_part(struct slice *rest)
{
    size_t at = slice_find(*rest, SLICE("===\n"));
    struct slice part = slice_sub(*rest, 0, at);

    *rest = at == SLICE_NOT_FOUND ? SLICE_EMPTY : slice_sub(*rest, at + 4, rest->len);
    return part;
}

static struct haproxy_config *read_config(struct slice text)
{
    struct haproxy_file file = { "t", text };
    struct haproxy_config *config = NULL;
    struct error err = ERROR_EMPTY;

    if (haproxy_config_new(&file, 1, &config, &err))
        return config;
    FUZZ_CHECK(err.code == ERROR_SYNTAX && err.line >= 1 && err.column >= 1);
    return NULL;
}

/* What runs when HAProxy was started with that file. */
static struct haproxy_state *run_config(const struct haproxy_config *config)
{
    CLEANUP(buf_fini) struct buf text = BUF_EMPTY;
    struct haproxy_state *live = NULL;
    struct error err = ERROR_EMPTY;

    buf_add_string(&text, "1\n# be_name srv_name srv_addr srv_port srv_id srv_op_state "
                          "srv_admin_state srv_uweight srv_check_result\n");
    for (size_t i = 0; i < config->n_proxies; i++) {
        for (size_t j = 0; j < config->proxies[i].n_servers; j++) {
            const struct haproxy_server *server = &config->proxies[i].servers[j];
            bool is_off = server->is_disabled;

            buf_printf(&text, "%.*s %.*s ", SLICE_ARG(config->proxies[i].name),
                       SLICE_ARG(server->name));
            if (server->has_address)
                haproxy_address_add_ip(&server->address, &text);
            buf_printf(&text, " %u %zu %d %d %u 0\n", server->address.port, j + 1, is_off ? 0 : 2,
                       is_off ? 5 : 0, server->weight);
        }
    }
    return haproxy_state_parse(buf_slice(&text), &live, &err) ? live : NULL;
}

static void check_steps(const struct plan *plan)
{
    FUZZ_CHECK((plan->outcome == PLAN_STEPS) == (plan->n_steps > 0));
    FUZZ_CHECK((plan->outcome == PLAN_RELOAD) == (plan->reason.len > 0));
    for (size_t i = 0; i < plan->n_steps; i++) {
        struct slice command = plan->steps[i].command;

        FUZZ_CHECK(slice_find_byte(command, '\n') == SLICE_NOT_FOUND);
        FUZZ_CHECK(slice_find_byte(command, '\r') == SLICE_NOT_FOUND);
        for (size_t j = 0; j < command.len; j++)
            FUZZ_CHECK(command.ptr[j] != ';' || (j > 0 && command.ptr[j - 1] == '\\'));
    }
}

static void check_pending(const struct plan *plan)
{
    CLEANUP(pending_list_fini) struct pending_list again = PENDING_LIST_EMPTY;
    CLEANUP(buf_fini) struct buf text = BUF_EMPTY, second = BUF_EMPTY;
    struct error err = ERROR_EMPTY;

    pending_list_format(&plan->pending, NOW_MS, &text);
    FUZZ_CHECK(pending_list_parse(buf_slice(&text), NOW_MS, &again, &err));
    pending_list_format(&again, NOW_MS, &second);
    FUZZ_CHECK(slice_equal(buf_slice(&text), buf_slice(&second)));
}

static void make_plan(const struct haproxy_config *before, const struct haproxy_config *after,
                      const struct haproxy_state *live, unsigned version, bool must_be_empty)
{
    CLEANUP(plan_fini) struct plan plan = PLAN_EMPTY;
    CLEANUP(plan_fini) struct plan overrides = PLAN_EMPTY;
    struct plan_input input = {
        .before = before,
        .after = after,
        .live = live,
        .can = haproxy_capabilities_from(version, SLICE_EMPTY),
        .now_ms = NOW_MS,
        .grace_ms = 1,
    };

    plan_make(&input, &plan);
    check_steps(&plan);
    check_pending(&plan);
    FUZZ_CHECK(!must_be_empty || (plan.outcome == PLAN_NOTHING && plan.pending.n == 0));
    plan_overrides(after, live, &plan.pending, &overrides);
}

static void check_word(struct slice text)
{
    static const struct {
        enum quote_context context;
        const char *before, *behind;
    } places[] = { { QUOTE_BARE, "a x", "y" },
                   { QUOTE_DOUBLE, "a \"x", "y\"" },
                   { QUOTE_SINGLE, "a 'x", "y'" } };

    for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
        CLEANUP(buf_fini) struct buf out = BUF_EMPTY;
        CLEANUP(arena_fini) struct arena arena = ARENA_EMPTY;
        struct error err = ERROR_EMPTY;
        struct quote_line line;

        buf_add_string(&out, places[i].before);
        if (!quote_add_word(&out, places[i].context, text, &err))
            continue;
        buf_add_string(&out, places[i].behind);
        FUZZ_CHECK(
            quote_split(buf_slice(&out), (struct source_pos){ "t", 1, 1 }, &arena, &line, &err));
        FUZZ_CHECK(line.n_words == 2 && line.words[1].text.len == text.len + 2);
        FUZZ_CHECK(slice_equal(slice_sub(line.words[1].text, 1, text.len + 1), text));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice rest = fuzz_text(data, size);
    CLEANUP(haproxy_config_freep) struct haproxy_config *before = NULL, *after = NULL;
    CLEANUP(haproxy_state_freep) struct haproxy_state *live = NULL, *other = NULL;
    struct error err = ERROR_EMPTY;

    check_word(slice_sub(rest, 0, 32));
    before = read_config(next_part(&rest));
    after = read_config(next_part(&rest));
    if (!before || !after)
        return 0;
    live = run_config(before);
    if (live) {
        make_plan(before, before, live, 302, true);
        make_plan(before, after, live, 302, false);
        make_plan(before, after, live, 206, false);
        make_plan(before, after, live, 202, false);
    }
    if (haproxy_state_parse(rest, &other, &err))
        make_plan(before, after, other, 300, false);
    return 0;
}
