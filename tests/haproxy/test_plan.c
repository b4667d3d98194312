/* SPDX-License-Identifier: MIT */
/* The planner: what two configurations and a running HAProxy lead to. */
#include "haproxy/plan.h"

#include "world.h"

#define NOW_MS 1000000

/* What a row says besides the two files, a line each:
 *     version 302 | registered all | registered 1.1.1.1:1 2.2.2.2:2 | drain 5000
 *     complete | without reload | live b/a admin 8 | pending ready b ready 1500 server a … */
struct setting {
    struct plan_input input;
    struct world world;
    struct pending_list pending;
    struct slice registered;
};

static bool is_registered(void *ctx, const struct haproxy_address *address)
{
    const struct setting *setting = ctx;
    struct slice rest = setting->registered, word;
    struct haproxy_address other;

    if (slice_is(rest, "all"))
        return true;
    while (slice_next(&rest, ' ', &word)) {
        if (haproxy_address_parse(word, &other) && haproxy_address_equal(&other, address))
            return true;
    }
    return false;
}

static void take_line(struct setting *setting, struct slice line)
{
    struct slice verb;
    struct error err = ERROR_EMPTY;

    if (!slice_next(&line, ' ', &verb) || verb.len == 0)
        return;
    if (slice_is(verb, "version")) {
        setting->input.can = haproxy_capabilities_from(world_number(line), SLICE_EMPTY);
    } else if (slice_is(verb, "registered")) {
        setting->registered = line;
    } else if (slice_is(verb, "drain")) {
        setting->input.drain_ms = world_number(line);
    } else if (slice_is(verb, "complete")) {
        setting->input.is_complete = true;
    } else if (slice_is(verb, "without")) {
        setting->input.is_without_reload = true;
    } else if (slice_is(verb, "live")) {
        world_change(&setting->world, line);
    } else if (!slice_is(verb, "pending") ||
               !pending_list_parse(line, NOW_MS, &setting->pending, &err)) {
        fail_msg("%.*s", SLICE_ARG(verb));
    }
}

static void show_plan(struct buf *out, const struct plan *plan)
{
    if (plan->outcome == PLAN_RELOAD) {
        buf_printf(out, "reload: %.*s\n", SLICE_ARG(plan->reason));
        return;
    }
    for (size_t i = 0; i < plan->n_steps; i++)
        buf_printf(out, "%.*s\n", SLICE_ARG(plan->steps[i].command));
    for (size_t i = 0; i < plan->pending.n; i++) {
        const struct pending *pending = &plan->pending.items[i];

        buf_printf(out, "later %s %.*s/%.*s", pending_kind_name(pending->kind),
                   SLICE_ARG(pending->proxy), SLICE_ARG(pending->server));
        if (pending->kind == PENDING_MOVE)
            buf_printf(out, " to %s",
                       pending->final == PENDING_TO_READY   ? "ready"
                       : pending->final == PENDING_TO_DRAIN ? "drain"
                                                            : "maint");
        buf_printf(out, " %llu\n", (unsigned long long)(pending->due_ms - NOW_MS));
    }
}

struct row {
    const char *name, *before, *after, *say, *want;
};

static void run_row(const struct row *row)
{
    struct setting setting = { .registered = SLICE_EMPTY };
    CLEANUP(haproxy_config_freep) struct haproxy_config *before = world_config(row->before);
    CLEANUP(haproxy_config_freep) struct haproxy_config *after = world_config(row->after);
    CLEANUP(haproxy_state_freep) struct haproxy_state *live = NULL;
    CLEANUP(plan_fini) struct plan plan = PLAN_EMPTY;
    CLEANUP(buf_fini) struct buf got = BUF_EMPTY;
    struct slice rest = slice_from(row->say), line;

    setting.input = (struct plan_input){
        .before = before,
        .after = after,
        .can = haproxy_capabilities_from(206, SLICE_EMPTY),
        .now_ms = NOW_MS,
        .grace_ms = 30000,
        .is_registered = is_registered,
        .ctx = &setting,
    };
    for (size_t i = 0; i < before->n_proxies; i++)
        world_add_proxy(&setting.world, &before->proxies[i]);
    while (slice_next(&rest, '\n', &line))
        take_line(&setting, line);
    live = world_state(&setting.world);
    setting.input.live = live;
    setting.input.pending = &setting.pending;
    plan_make(&setting.input, &plan);
    show_plan(&got, &plan);
    expect_text(row->name, &got, row->want);
    pending_list_fini(&setting.pending);
}

#define B       "backend b\n"
#define HTTP    "backend b\n mode http\n"
#define TWO     " server a 1.1.1.1:1\n server c 2.2.2.2:2\n"
#define CHECKED " server a 1.1.1.1:1 check\n server c 2.2.2.2:2 check\n"
#define POOL    " pool-purge-delay 5s pool-max-conn -1\n"

static const struct row nothing_rows[] = {
    { "equal files", B TWO, B TWO, "", "" },
    { "other white space, comments, order", B TWO,
      "# x\nbackend  b\n\n server c 2.2.2.2:2\n\tserver a 1.1.1.1:1 # y\n", "", "" },
    { "the same said in other words", B " default-server check\n server a 1.1.1.1:1 inter 2s\n",
      B " default-server check\n server a 1.1.1.1:1 inter 2s check\n", "", "" },
    { "a disabled proxy", B " disabled\n" TWO, B " disabled\n server x 9.9.9.9:9\n", "", "" },
    { "nothing is compared that did not change", B TWO "backend d\n", B TWO "backend d\n",
      "live b/a absent\nlive b/x admin 0", "" },
};

static const struct row structure_rows[] = {
    { "a directive", B TWO, B " timeout server 1s\n" TWO, "",
      "reload: 'timeout' of 'backend b' (h.cfg:2)\n" },
    { "default-server", B " default-server inter 1s\n" TWO, B " default-server inter 2s\n" TWO, "",
      "reload: 'default-server' of 'backend b' (h.cfg:2)\n" },
    { "several processes", "global\n nbproc 2\n" B TWO, "global\n nbproc 2\n" B, "",
      "reload: 'nbproc', of which each process has its own servers (h.cfg:2)\n" },
    { "several processes, nothing differs", "global\n nbproc 2\n" B TWO,
      "global\n nbproc 2\n" B TWO, "", "" },
    { "a state file", B " load-server-state-from-file global\n" TWO,
      B " load-server-state-from-file global\n server a 1.1.1.1:1\n", "",
      "reload: b: load-server-state-from-file\n" },
    { "a variable in another server line", B " server x 1.1.1.1:1 cookie \"$X\"\n",
      B " server x 1.1.1.1:1 cookie \"$X\"\n server a 1.1.1.1:1\n", "",
      "reload: b: a variable around 'server' (h.cfg:2)\n" },
    { "a variable in another proxy", "backend d\n server x 1.1.1.1:1 cookie \"$X\"\n" B,
      "backend d\n server x 1.1.1.1:1 cookie \"$X\"\n" B " server a 1.1.1.1:1\n", "",
      "add server b/a 1.1.1.1:1" POOL "set server b/a state ready\n" },
};

static const struct row add_rows[] = {
    { "one without a check", B TWO, B TWO " server d 3.3.3.3:3 weight 7\n", "",
      "add server b/d 3.3.3.3:3 weight 7" POOL "set server b/d state ready\n" },
    { "one with a check waits for it", B TWO, B TWO " server d 3.3.3.3:3 check\n", "",
      "add server b/d 3.3.3.3:3 check" POOL
      "enable health b/d\nset server b/d state drain\nlater ready b/d 2000\n" },
    { "but never for long", B TWO, B TWO " server d 3.3.3.3:3 check inter 30s\n", "",
      "add server b/d 3.3.3.3:3 check inter 30s" POOL
      "enable health b/d\nset server b/d state drain\nlater ready b/d 5000\n" },
    { "and not if it is the only one", B, B " server d 3.3.3.3:3 check\n", "",
      "add server b/d 3.3.3.3:3 check" POOL "enable health b/d\nset server b/d state ready\n" },
    { "nor if the others are down", B TWO, B TWO " server d 3.3.3.3:3 check\n",
      "live b/a op 0\nlive b/c admin 1",
      "add server b/d 3.3.3.3:3 check" POOL "enable health b/d\nset server b/d state ready\n" },
    { "nor if the others are gone", B TWO, B " server d 3.3.3.3:3 check\n", "",
      "add server b/d 3.3.3.3:3 check" POOL
      "enable health b/d\nset server b/d state ready\nset server b/a state maint\n"
      "set server b/c state maint\nlater delete b/a 30000\nlater delete b/c 30000\n" },
    { "a new one without a check serves meanwhile", B,
      B " server d 3.3.3.3:3 check\n server e 4.4.4.4:4\n", "",
      "add server b/d 3.3.3.3:3 check" POOL "enable health b/d\nset server b/d state drain\n"
      "add server b/e 4.4.4.4:4" POOL "set server b/e state ready\nlater ready b/d 2000\n" },
    { "a disabled one", B TWO, B TWO " server d 3.3.3.3:3 check disabled\n", "",
      "add server b/d 3.3.3.3:3 check disabled" POOL "enable health b/d\n" },
    { "an agent", B TWO, B TWO " server d 3.3.3.3:3 agent-check agent-port 9\n", "",
      "add server b/d 3.3.3.3:3 agent-check agent-port 9" POOL
      "enable agent b/d\nset server b/d state ready\n" },
    { "its default-server comes with it",
      "defaults\n default-server check inter 1s\n" B " default-server ssl verify none\n" TWO,
      "defaults\n default-server check inter 1s\n" B " default-server ssl verify none\n" TWO
      " server d 3.3.3.3:3 no-check weight 5\n",
      "",
      "add server b/d 3.3.3.3:3 inter 1s ssl verify none weight 5" POOL
      "set server b/d state ready\n" },
    { "pools as the file has them", B TWO, B TWO " server d 3.3.3.3:3 pool-max-conn 5\n", "",
      "add server b/d 3.3.3.3:3 pool-max-conn 5 pool-purge-delay 5s\nset server b/d state "
      "ready\n" },
    { "no pools from 3.0 on", B TWO, B TWO " server d 3.3.3.3:3\n", "version 300",
      "add server b/d 3.3.3.3:3\nset server b/d state ready\n" },
    { "odd words", B TWO, B TWO " server d 3.3.3.3:3 sni 'str(a b;c\\d)'\n", "version 300",
      "add server b/d 3.3.3.3:3 sni str(a\\ b\\;c\\\\d)\nset server b/d state ready\n" },
    { "IPv6", B TWO, B TWO " server d ::1:80\n", "version 300",
      "add server b/d ::1:80\nset server b/d state ready\n" },
    { "in two proxies", B TWO "backend e\n",
      B TWO " server d 3.3.3.3:3\nbackend e\n server f "
            "4.4.4.4:4\n",
      "version 302",
      "add server b/d 3.3.3.3:3\nset server b/d state ready\n"
      "add server e/f 4.4.4.4:4\nset server e/f state ready\n" },
    { "a cookie on 3.0", B " cookie X insert\n" TWO,
      B " cookie X insert\n" TWO " server d 3.3.3.3:3 cookie d\n", "version 300",
      "add server b/d 3.3.3.3:3 cookie d\nset server b/d state ready\n" },
    { "with identifiers where they count",
      B " balance uri\n hash-type consistent\n server a 1.1.1.1:1 id 1\n",
      B " balance uri\n hash-type consistent\n server a 1.1.1.1:1 id 1\n server d 3.3.3.3:3 id 7\n",
      "", "add server b/d 3.3.3.3:3 id 7" POOL "set server b/d state ready\n" },
};

static const struct row add_refused_rows[] = {
    { "2.2", B TWO, B TWO " server d 3.3.3.3:3\n", "version 202",
      "reload: b/d: HAProxy 2.2 cannot add servers\n" },
    { "2.4", B TWO, B TWO " server d 3.3.3.3:3\n", "version 204",
      "reload: b/d: HAProxy 2.4 cannot add servers\n" },
    { "static-rr", B " balance static-rr\n" TWO,
      B " balance static-rr\n" TWO " server d 3.3.3.3:3\n", "",
      "reload: b: its servers count by their order\n" },
    { "a hash of the wrong type", B " balance source\n server a 1.1.1.1:1 id 1\n",
      B " balance source\n server a 1.1.1.1:1 id 1\n server d 3.3.3.3:3 id 2\n", "",
      "reload: b/d: its proxy takes servers only at start\n" },
    { "an unknown algorithm", B " balance best\n", B " balance best\n server d 3.3.3.3:3\n", "",
      "reload: b/d: its proxy takes servers only at start\n" },
    { "dispatch", "listen b\n dispatch 9.9.9.9:9\n",
      "listen b\n dispatch 9.9.9.9:9\n server d 3.3.3.3:3\n", "",
      "reload: b/d: its proxy takes servers only at start\n" },
    { "mode log", B " mode log\n", B " mode log\n server d 3.3.3.3:3\n", "version 300",
      "reload: b/d: its proxy takes servers only at start\n" },
    { "a consistent hash without identifiers", B " balance source\n hash-type consistent\n" TWO,
      B " balance source\n hash-type consistent\n" TWO " server d 3.3.3.3:3\n", "",
      "reload: b: its servers count by their order\n" },
    { "first without identifiers", B " balance first\n" TWO,
      B " balance first\n" TWO " server d 3.3.3.3:3\n", "",
      "reload: b: its servers count by their order\n" },
    { "shared stick tables without identifiers", "peers p\n" B " stick on src\n" TWO,
      "peers p\n" B " stick on src\n" TWO " server d 3.3.3.3:3\n", "",
      "reload: b: its servers count by their order\n" },
    { "a name for an address", B TWO, B TWO " server d host:80\n", "",
      "reload: b/d: its address is no IP with a port\n" },
    { "no port", B TWO, B TWO " server d 3.3.3.3\n", "",
      "reload: b/d: its address is no IP with a port\n" },
    { "a keyword for the start", B TWO, B TWO " server d 3.3.3.3:3 resolvers r\n", "",
      "reload: b/d: 'resolvers' can only be given at start\n" },
    { "a keyword that its version does not take", B TWO, B TWO " server d 3.3.3.3:3 cookie d\n", "",
      "reload: b/d: 'cookie' can only be given at start\n" },
    { "an unknown keyword", B TWO, B TWO " server d 3.3.3.3:3 frobnicate\n", "",
      "reload: b/d: 'frobnicate' is not known to us\n" },
    { "a tracking one", B TWO, B TWO " server d 3.3.3.3:3 track b/a\n", "",
      "reload: b/d: it tracks another server\n" },
    { "one that is named elsewhere", B " use-server %[str(d)]\n use-server d if TRUE\n" TWO,
      B " use-server %[str(d)]\n use-server d if TRUE\n" TWO " server d 3.3.3.3:3\n", "",
      "reload: b/d: use-server refers to it (h.cfg:3)\n" },
    { "a dynamic cookie", B " cookie X insert dynamic\n" TWO,
      B " cookie X insert dynamic\n" TWO " server d 3.3.3.3:3\n", "",
      "reload: b/d: its proxy makes cookies of addresses\n" },
    { "an identifier that is not free yet", B TWO, B TWO " server d 3.3.3.3:3 id 2\n", "",
      "reload: b/d: its 'id' is still that of 'c'\n" },
    { "one that runs although it was in no file", B TWO, B TWO " server d 3.3.3.3:3\n",
      "live b/d addr 3.3.3.3:3", "reload: b/d: it runs, and was in no file\n" },
};

static const struct row remove_rows[] = {
    { "one that is gone", B TWO, B " server a 1.1.1.1:1\n", "",
      "set server b/c state maint\nlater delete b/c 30000\n" },
    { "one that is registered still", B TWO, B " server a 1.1.1.1:1\n", "registered all",
      "set server b/c state maint\nlater delete b/c 30000\n" },
    { "one that may finish", B TWO, B " server a 1.1.1.1:1\n", "registered all\ndrain 5000",
      "set server b/c state drain\nlater drain b/c 5000\n" },
    { "what is gone may not", B TWO, B " server a 1.1.1.1:1\n", "drain 5000",
      "set server b/c state maint\nlater delete b/c 30000\n" },
    { "unless maintenance would cut its sessions",
      B " server a 1.1.1.1:1\n server c 2.2.2.2:2 "
        "on-marked-down shutdown-sessions\n",
      B " server a 1.1.1.1:1\n", "drain 5000",
      "set server b/c state drain\nlater drain b/c 5000\n" },
    { "it stays until its replacement is ready", B CHECKED,
      B " server a 1.1.1.1:1 check\n server d 3.3.3.3:3 check\n", "registered all\nversion 300",
      "add server b/d 3.3.3.3:3 check\nenable health b/d\nset server b/d state drain\n"
      "later ready b/d 2000\nlater retire b/c 0\n" },
    { "a replacement without a check is ready at once", B TWO,
      B " server a 1.1.1.1:1\n server d 3.3.3.3:3\n", "registered all\nversion 300",
      "add server b/d 3.3.3.3:3\nset server b/d state ready\nset server b/c state maint\n"
      "later delete b/c 30000\n" },
    { "what is gone does not wait", B CHECKED,
      B " server a 1.1.1.1:1 check\n server d 3.3.3.3:3 check\n", "version 300",
      "add server b/d 3.3.3.3:3 check\nenable health b/d\nset server b/d state drain\n"
      "set server b/c state maint\nlater ready b/d 2000\nlater delete b/c 30000\n" },
    { "all of them", B TWO, B, "",
      "set server b/a state maint\nset server b/c state maint\nlater delete b/a 30000\n"
      "later delete b/c 30000\n" },
    { "one in maintenance already", B TWO, B " server a 1.1.1.1:1\n", "live b/c admin 1",
      "later delete b/c 30000\n" },
    { "an agent is told to stop",
      B " server a 1.1.1.1:1\n server c 2.2.2.2:2 agent-check "
        "agent-port 1\n",
      B " server a 1.1.1.1:1\n", "",
      "disable agent b/c\nset server b/c state maint\nlater delete b/c 30000\n" },
    { "one that does not run", B TWO, B " server a 1.1.1.1:1\n", "live b/c absent", "" },
    { "with identifiers where they count",
      B " balance first\n server a 1.1.1.1:1 id 1\n server c 2.2.2.2:2 id 2\n",
      B " balance first\n server a 1.1.1.1:1 id 1\n", "",
      "set server b/c state maint\nlater delete b/c 30000\n" },
    { "a slot of a template stays", B " server-template w 3 host:80\n server a 1.1.1.1:1\n",
      B " server-template w 3 host:80\n", "live b/w1 addr 9.9.9.9:80\nlive b/w3 admin 32",
      "set server b/a state maint\nlater delete b/a 30000\n" },
};

static const struct row remove_refused_rows[] = {
    { "2.4", B TWO, B " server a 1.1.1.1:1\n", "version 204",
      "reload: b/c: HAProxy 2.4 cannot delete servers\n" },
    { "one that is tracked", B TWO " server d 3.3.3.3:3 track b/c\n",
      B " server a 1.1.1.1:1\n server d 3.3.3.3:3 track b/c\n", "",
      "reload: b/c: track refers to it (h.cfg:3)\n" },
    { "one that a fetch names", B " acl up srv_is_up(b/c)\n" TWO,
      B " acl up srv_is_up(b/c)\n server a 1.1.1.1:1\n", "",
      "reload: b/c: a fetch refers to it (h.cfg:2)\n" },
    { "one of a hash without identifiers", B " balance uri\n hash-type consistent\n" TWO,
      B " balance uri\n hash-type consistent\n server a 1.1.1.1:1\n", "",
      "reload: b: its servers count by their order\n" },
};

static const struct row change_rows[] = {
    { "a weight", B TWO, B " server a 1.1.1.1:1 weight 50\n server c 2.2.2.2:2\n", "",
      "set server b/a weight 50\n" },
    { "a weight goes back to the default", B " server a 1.1.1.1:1 weight 50\n",
      B " server a 1.1.1.1:1\n", "", "set server b/a weight 1\n" },
    { "a weight where it cannot change", B " balance static-rr\n" TWO,
      B " balance static-rr\n server a 1.1.1.1:1 weight 2\n server c 2.2.2.2:2\n", "",
      "reload: b/a: its 'weight' differs\n" },
    { "a weight that an agent changes", B " server a 1.1.1.1:1 agent-check agent-port 1\n",
      B " server a 1.1.1.1:1 agent-check agent-port 1 weight 3\n", "",
      "reload: b/a: its 'weight' differs\n" },
    { "a limit", B TWO, B " server a 1.1.1.1:1 maxconn 50\n server c 2.2.2.2:2\n", "",
      "set maxconn server b/a 50\n" },
    { "a limit that falls", B " server a 1.1.1.1:1 maxconn 50\n", B " server a 1.1.1.1:1\n", "",
      "set maxconn server b/a 0\n" },
    { "a limit that moves", B " server a 1.1.1.1:1 maxconn 5 minconn 1\n",
      B " server a 1.1.1.1:1 maxconn 6 minconn 1\n", "", "reload: b/a: its 'maxconn' differs\n" },
    { "a limit under fullconn", B " fullconn 9\n server a 1.1.1.1:1 maxconn 5\n",
      B " fullconn 9\n server a 1.1.1.1:1 maxconn 6\n", "",
      "reload: b/a: its 'maxconn' differs\n" },
    { "disabled", B TWO, B " server a 1.1.1.1:1 disabled\n server c 2.2.2.2:2\n", "",
      "set server b/a state maint\n" },
    { "enabled", B " server a 1.1.1.1:1 disabled\n server c 2.2.2.2:2\n", B TWO, "",
      "set server b/a state ready\n" },
    { "enabled by hand before", B " server a 1.1.1.1:1 disabled\n", B " server a 1.1.1.1:1\n",
      "live b/a admin 4 op 2", "" },
    { "enabled, but drained by hand", B " server a 1.1.1.1:1 disabled\n", B " server a 1.1.1.1:1\n",
      "live b/a admin 12 op 2", "" },
    { "one is enabled before another one is disabled",
      B " server a 1.1.1.1:1\n server c 2.2.2.2:2 disabled\n",
      B " server a 1.1.1.1:1 disabled\n server c 2.2.2.2:2\n", "",
      "set server b/c state ready\nset server b/a state maint\n" },
    { "the port of checks", B " server a 1.1.1.1:1 check port 8\n",
      B " server a 1.1.1.1:1 check port 9\n", "", "set server b/a check-port 9\n" },
    { "no port of checks", B " server a 1.1.1.1:1 check port 8\n", B " server a 1.1.1.1:1 check\n",
      "", "reload: b/a: its 'port' differs\n" },
    { "the address of checks", B " server a 1.1.1.1:1 check addr 9.9.9.9\n",
      B " server a 1.1.1.1:1 check addr 9.9.9.8\n", "", "set server b/a check-addr 9.9.9.8\n" },
    { "the address of checks on 2.2", B " server a 1.1.1.1:1 check addr 9.9.9.9\n",
      B " server a 1.1.1.1:1 check addr 9.9.9.8\n", "version 202",
      "reload: b/a: its 'addr' differs\n" },
    { "another keyword", B " server a 1.1.1.1:1\n", B " server a 1.1.1.1:1 check\n", "",
      "reload: b/a: its 'check' differs\n" },
    { "a keyword less", B " server a 1.1.1.1:1 backup\n", B " server a 1.1.1.1:1\n", "",
      "reload: b/a: its 'backup' differs\n" },
    { "another identifier", B " server a 1.1.1.1:1 id 1\n", B " server a 1.1.1.1:1 id 2\n", "",
      "reload: b/a: its 'id' differs\n" },
    { "an unknown keyword that stays", B " server a 1.1.1.1:1 frob x\n server c 2.2.2.2:2\n",
      B " server a 1.1.1.1:1 frob x\n server c 2.2.2.2:2 weight 2\n", "",
      "set server b/c weight 2\n" },
    { "an unknown keyword with another value", B " server a 1.1.1.1:1 frob x\n",
      B " server a 1.1.1.1:1 frob y\n", "", "reload: b/a: 'frob' is not known to us\n" },
    { "the address beside an unknown keyword", B " server a 1.1.1.1:1 frob x\n",
      B " server a 1.1.1.2:1 frob x\n", "", "reload: b/a: 'frob' is not known to us\n" },
    { "a place before another default-server",
      B " server a 1.1.1.1:1\n default-server weight 9\n server c 2.2.2.2:2\n",
      B " default-server weight 9\n server a 1.1.1.1:1\n server c 2.2.2.2:2\n", "",
      "set server b/a weight 9\n" },
    { "the order, where it does not count", B TWO, B " server c 2.2.2.2:2\n server a 1.1.1.1:1\n",
      "", "" },
    { "the order, where it does", B " balance first\n" TWO,
      B " balance first\n server c 2.2.2.2:2\n server a 1.1.1.1:1\n", "",
      "reload: b: its servers count by their order\n" },
    { "the order, where identifiers are given",
      B " balance first\n server a 1.1.1.1:1 id 1\n server c 2.2.2.2:2 id 2\n",
      B " balance first\n server c 2.2.2.2:2 id 2\n server a 1.1.1.1:1 id 1\n", "", "" },
};

static const struct row address_rows[] = {
    { "TCP: connections stay where they are", B TWO, B " server a 1.1.1.9:1\n server c 2.2.2.2:2\n",
      "", "set server b/a addr 1.1.1.9 port 1\n" },
    { "TCP: the only one", B " server a 1.1.1.1:1\n", B " server a 1.1.1.1:9\n", "version 202",
      "set server b/a addr 1.1.1.1 port 9\n" },
    { "3.0", HTTP TWO, HTTP " server a 1.1.1.9:1\n server c 2.2.2.2:2\n", "version 300",
      "set server b/a addr 1.1.1.9 port 1\n" },
    { "3.0 with a check", HTTP CHECKED,
      HTTP " server a 1.1.1.9:1 check\n server c 2.2.2.2:2 check\n", "version 300",
      "set server b/a state maint\nset server b/a addr 1.1.1.9 port 1\nset server b/a state "
      "ready\n" },
    { "3.0 with a check, the only one", HTTP " server a 1.1.1.1:1 check\n",
      HTTP " server a 1.1.1.9:1 check\n", "version 300", "set server b/a addr 1.1.1.9 port 1\n" },
    { "2.6: after its connections", HTTP TWO, HTTP " server a 1.1.1.9:1\n server c 2.2.2.2:2\n",
      "registered all", "later move b/a to ready 10000\n" },
    { "2.6: an instance that is gone is left at once", HTTP TWO,
      HTTP " server a 1.1.1.9:1\n server c 2.2.2.2:2\n", "",
      "set server b/a state maint\nlater move b/a to ready 10000\n" },
    { "2.6: the only one", HTTP " server a 1.1.1.1:1\n", HTTP " server a 1.1.1.9:1\n",
      "registered all",
      "reload: b/a: it alone is ready, and its connections would keep its old address\n" },
    { "2.6: the only one, gone", HTTP " server a 1.1.1.1:1\n", HTTP " server a 1.1.1.9:1\n", "",
      "reload: b/a: it alone is ready, and its connections would keep its old address\n" },
    { "2.6: all are gone", HTTP TWO, HTTP " server a 1.1.1.9:1\n server c 2.2.2.9:2\n", "",
      "reload: b/a: it alone is ready, and its connections would keep its old address\n" },
    { "2.6: nobody serves", HTTP TWO, HTTP " server a 1.1.1.9:1\n server c 2.2.2.2:2\n",
      "live b/a op 0\nlive b/c admin 1\nregistered all", "set server b/a addr 1.1.1.9 port 1\n" },
    { "2.6: one that is down", HTTP TWO, HTTP " server a 1.1.1.9:1\n server c 2.2.2.2:2\n",
      "live b/a op 0\nregistered all", "later move b/a to ready 10000\n" },
    { "2.2: a slot is filled", HTTP " server a 1.1.1.1:1\n server s 127.0.0.1:1 disabled\n",
      HTTP " server a 1.1.1.1:1\n server s 3.3.3.3:3\n", "version 202",
      "later move b/s to ready 10000\n" },
    { "2.2: a slot becomes free", HTTP " server a 1.1.1.1:1\n server s 3.3.3.3:3\n",
      HTTP " server a 1.1.1.1:1\n server s 127.0.0.1:1 disabled\n", "version 202",
      "set server b/s state maint\nlater move b/s to maint 10000\n" },
    { "3.0: a slot is filled", HTTP " server a 1.1.1.1:1\n server s 127.0.0.1:1 disabled\n",
      HTTP " server a 1.1.1.1:1\n server s 3.3.3.3:3 weight 4\n", "version 300",
      "set server b/s weight 4\nset server b/s addr 3.3.3.3 port 3\nset server b/s state ready\n" },
    { "3.0: a slot becomes free", HTTP " server a 1.1.1.1:1\n server s 3.3.3.3:3\n",
      HTTP " server a 1.1.1.1:1\n server s 127.0.0.1:1 disabled\n", "version 300",
      "set server b/s state maint\nset server b/s addr 127.0.0.1 port 1\n" },
    { "a drained one moves as it is", HTTP TWO, HTTP " server a 1.1.1.9:1\n server c 2.2.2.2:2\n",
      "live b/a admin 8", "set server b/a addr 1.1.1.9 port 1\n" },
    { "one in maintenance stays there", HTTP TWO, HTTP " server a 1.1.1.9:1\n server c 2.2.2.2:2\n",
      "live b/a admin 1\nversion 300", "set server b/a addr 1.1.1.9 port 1\n" },
    { "it is so already", B TWO, B " server a 1.1.1.9:1\n server c 2.2.2.2:2\n",
      "live b/a addr 1.1.1.9:1", "" },
    { "to a name", B TWO, B " server a host:1\n server c 2.2.2.2:2\n", "",
      "reload: b/a: its address is no IP with a port\n" },
    { "it is somewhere else", B TWO, B " server a 1.1.1.9:1\n server c 2.2.2.2:2\n",
      "live b/a addr 7.7.7.7:7", "reload: b/a: it runs with the address 7.7.7.7:7\n" },
};

static const struct row drift_rows[] = {
    { "one is missing", B TWO, B TWO " server d 3.3.3.3:3\n", "live b/c absent",
      "reload: b/c: it does not run\n" },
    { "a stranger serves", B TWO, B " server a 1.1.1.1:1 weight 2\n server c 2.2.2.2:2\n",
      "live b/x addr 9.9.9.9:9", "reload: b/x: it runs, and is in no file\n" },
    { "a stranger in maintenance is one of ours", B TWO,
      B " server a 1.1.1.1:1 weight 2\n server c 2.2.2.2:2\n", "live b/x addr 9.9.9.9:9 admin 1",
      "set server b/a weight 2\nlater delete b/x 30000\n" },
    { "its name cannot be used again", B TWO, B TWO " server x 3.3.3.3:3\n",
      "live b/x addr 9.9.9.9:9 admin 1\npending delete b ready 5 server x ? ?",
      "reload: b/x: '?' is not known to us\n" },
    { "another address", B TWO, B " server a 1.1.1.1:1 weight 2\n server c 2.2.2.2:2\n",
      "live b/c addr 9.9.9.9:9", "reload: b/c: it runs with the address 9.9.9.9:9\n" },
    { "found without a difference", B TWO, B TWO, "complete\nlive b/c addr 9.9.9.9:9",
      "reload: b/c: it runs with the address 9.9.9.9:9\n" },
    { "none found", B TWO, B TWO, "complete", "" },
};

static const struct row override_rows[] = {
    { "maintenance is nobody's business", B TWO, B TWO " server d 3.3.3.3:3\n",
      "live b/a admin 1\nversion 300", "add server b/d 3.3.3.3:3\nset server b/d state ready\n" },
    { "drain and weight", B TWO, B TWO " server d 3.3.3.3:3\n",
      "live b/a admin 8\nlive b/c weight 77\nversion 300",
      "add server b/d 3.3.3.3:3\nset server b/d state ready\n" },
    { "a weight by hand is stronger than the file's", B TWO,
      B " server a 1.1.1.1:1 weight 5\n server c 2.2.2.2:2\n", "live b/a weight 77", "" },
    { "disabled in the file, too", B TWO, B " server a 1.1.1.1:1 disabled\n server c 2.2.2.2:2\n",
      "live b/a admin 1", "" },
    { "no drift", B TWO, B TWO, "complete\nlive b/a admin 1\nlive b/c weight 9", "" },
};

static const struct row pending_rows[] = {
    { "it goes on waiting", B CHECKED " server d 3.3.3.3:3 check\n",
      B CHECKED " server d 3.3.3.3:3 check\n server e 4.4.4.4:4\n",
      "version 300\nlive b/d admin 8\npending ready b ready 700 server d 3.3.3.3:3 check",
      "add server b/e 4.4.4.4:4\nset server b/e state ready\nlater ready b/d 700\n" },
    { "it leaves before it was ready", B CHECKED " server d 3.3.3.3:3 check\n", B CHECKED,
      "version 300\nlive b/d admin 8\npending ready b ready 700 server d 3.3.3.3:3 check",
      "set server b/d state maint\nlater delete b/d 30000\n" },
    { "it moves while it waits", HTTP CHECKED " server d 3.3.3.3:3 check\n",
      HTTP CHECKED " server d 3.3.3.9:3 check\n",
      "live b/d admin 8\npending ready b ready 700 server d 3.3.3.3:3 check",
      "set server b/d addr 3.3.3.9 port 3\nlater ready b/d 700\n" },
    { "what was deleted later is still", B TWO, B TWO " server d 3.3.3.3:3\n",
      "version 300\nlive b/x addr 9.9.9.9:9 admin 1\npending delete b ready 77 server x 9.9.9.9:9",
      "add server b/d 3.3.3.3:3\nset server b/d state ready\nlater delete b/x 77\n" },
    { "pending work of other proxies stays", B TWO "backend e\n server f 5.5.5.5:5\n",
      B TWO " server d 3.3.3.3:3\nbackend e\n server f 5.5.5.5:5\n",
      "version 300\nlive e/x addr 9.9.9.9:9 admin 1\npending delete e ready 77 server x 9.9.9.9:9",
      "add server b/d 3.3.3.3:3\nset server b/d state ready\nlater delete e/x 77\n" },
    { "it comes back before it was deleted", B TWO, B TWO " server x 9.9.9.9:9\n",
      "live b/x addr 9.9.9.9:9 admin 1\npending delete b ready 77 server x 9.9.9.9:9",
      "set server b/x state ready\n" },
    { "with another weight and limit", B TWO, B TWO " server x 9.9.9.9:9 weight 5 maxconn 3\n",
      "live b/x addr 9.9.9.9:9 admin 1\npending delete b ready 77 server x 9.9.9.9:9",
      "set server b/x weight 5\nset maxconn server b/x 3\nset server b/x state ready\n" },
    { "at another address", HTTP TWO, HTTP TWO " server x 9.9.9.8:9\n",
      "version 300\nlive b/x addr 9.9.9.9:9 admin 1\npending delete b ready 77 server x 9.9.9.9:9",
      "set server b/x addr 9.9.9.8 port 9\nset server b/x state ready\n" },
    { "at another address, on 2.6", HTTP TWO, HTTP TWO " server x 9.9.9.8:9\n",
      "live b/x addr 9.9.9.9:9 admin 1\npending delete b ready 77 server x 9.9.9.9:9",
      "later move b/x to ready 10000\n" },
    { "with other keywords", B TWO, B TWO " server x 9.9.9.9:9 check\n",
      "live b/x addr 9.9.9.9:9 admin 1\npending delete b ready 77 server x 9.9.9.9:9",
      "reload: b/x: its 'check' differs\n" },
    { "with its agent", B TWO, B TWO " server x 9.9.9.9:9 agent-check agent-port 1\n",
      "live b/x addr 9.9.9.9:9 admin 1\npending delete b ready 77 server x 9.9.9.9:9 agent-check "
      "agent-port 1",
      "enable agent b/x\nset server b/x state ready\n" },
    { "disabled", B TWO, B TWO " server x 9.9.9.9:9 disabled\n",
      "live b/x addr 9.9.9.9:9 admin 1\npending delete b ready 77 server x 9.9.9.9:9", "" },
    { "while it drains", B TWO, B TWO " server x 9.9.9.9:9\n",
      "live b/x addr 9.9.9.9:9 admin 8\npending drain b ready 77 server x 9.9.9.9:9",
      "set server b/x state ready\n" },
    { "while it has to leave", B TWO, B TWO " server x 9.9.9.9:9\n",
      "live b/x addr 9.9.9.9:9\npending retire b ready 77 server x 9.9.9.9:9", "" },
    { "it drains, and is gone meanwhile", B TWO, B TWO,
      "live b/x addr 9.9.9.9:9 admin 8\npending drain b ready 77 server x 9.9.9.9:9",
      "set server b/x state maint\nlater delete b/x 30000\n" },
    { "it drains, and is there still", B TWO, B TWO,
      "registered all\nlive b/x addr 9.9.9.9:9 admin 8\npending drain b ready 77 server x "
      "9.9.9.9:9",
      "later drain b/x 77\n" },
    { "ended after the server was added", B TWO, B TWO " server d 3.3.3.3:3 check\n",
      "live b/d addr 3.3.3.3:3 admin 1 op 0\npending ready b ready 700 server d 3.3.3.3:3 check",
      "enable health b/d\nset server b/d state drain\nlater ready b/d 2000\n" },
    { "ended after that, and the journal has the new file", B TWO " server d 3.3.3.3:3 check\n",
      B TWO " server d 3.3.3.3:3 check\n",
      "live b/d addr 3.3.3.3:3 admin 1 op 0\npending ready b ready 700 server d 3.3.3.3:3 check",
      "enable health b/d\nset server b/d state drain\nlater ready b/d 2000\n" },
    { "ended before it was added", B TWO, B TWO " server d 3.3.3.3:3 check\n",
      "version 300\npending ready b ready 700 server d 3.3.3.3:3 check",
      "add server b/d 3.3.3.3:3 check\nenable health b/d\nset server b/d state drain\n"
      "later ready b/d 2000\n" },
    { "a move goes on", HTTP TWO, HTTP " server a 1.1.1.9:1\n server c 2.2.2.2:2 weight 2\n",
      "registered all\nlive b/a admin 1\npending move b ready 700 server a 1.1.1.9:1",
      "set server b/c weight 2\nlater move b/a to ready 10000\n" },
    { "a move changes its goal", HTTP " server a 1.1.1.9:1\n server c 2.2.2.2:2\n",
      HTTP " server a 1.1.1.8:1\n server c 2.2.2.2:2\n",
      "registered all\nlive b/a admin 1 addr 1.1.1.1:1\npending move b ready 700 server a "
      "1.1.1.9:1",
      "later move b/a to ready 10000\n" },
    { "a move has all but its last step", HTTP " server a 1.1.1.9:1\n server c 2.2.2.2:2\n",
      HTTP " server a 1.1.1.9:1\n server c 2.2.2.2:2\n",
      "registered all\nlive b/a admin 1\npending move b ready 700 server a 1.1.1.9:1",
      "set server b/a state ready\n" },
};

static const struct row without_reload_rows[] = {
    { "servers of an old structure", B TWO, B " timeout server 1s\n" TWO " server d 3.3.3.3:3\n",
      "without reload\nversion 300", "add server b/d 3.3.3.3:3\nset server b/d state ready\n" },
    { "what is gone, at least", B TWO, B " server a 1.1.1.1:1 check\n",
      "without reload\nversion 300", "set server b/c state maint\nlater delete b/c 30000\n" },
    { "what is not gone waits", B TWO, B " server a 1.1.1.1:1 check\n",
      "without reload\nversion 300\nregistered all", "" },
    { "other proxies go on", B TWO "backend e\n server f 5.5.5.5:5\n",
      B " server a 1.1.1.1:1 check\nbackend e\n server f 5.5.5.5:5 weight 2\nbackend g\n",
      "without reload\nversion 300",
      "set server e/f weight 2\nset server b/c state maint\nlater delete b/c 30000\n" },
    { "what nobody understands stays", "global\n nbproc 2\n" B TWO, "global\n nbproc 2\n" B,
      "without reload", "" },
    { "pending work goes on", B TWO, B " server a 1.1.1.1:1 check\n server c 2.2.2.2:2\n",
      "without reload\nlive b/x addr 9.9.9.9:9 admin 1\npending delete b ready 77 server x "
      "9.9.9.9:9",
      "later delete b/x 77\n" },
};

#define TEST_ROWS(table)                                      \
    static void test_##table(void **state)                    \
    {                                                         \
        (void)state;                                          \
        for (size_t i = 0; i < ARRAY_SIZE(table##_rows); i++) \
            run_row(&table##_rows[i]);                        \
    }

TEST_ROWS(nothing)
TEST_ROWS(structure)
TEST_ROWS(add)
TEST_ROWS(add_refused)
TEST_ROWS(remove)
TEST_ROWS(remove_refused)
TEST_ROWS(change)
TEST_ROWS(address)
TEST_ROWS(drift)
TEST_ROWS(override)
TEST_ROWS(pending)
TEST_ROWS(without_reload)

/* --- Limits ---------------------------------------------------------------------------------- */

static void add_servers(struct buf *out, const char *prefix, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        buf_printf(out, " server %s%u 1.1.1.1:%u\n", prefix, i, i + 1);
}

/* A plan for servers that all run as the old file has them; no world is large enough. */
static void plan_for(const char *before_text, const char *after_text, struct plan *plan)
{
    CLEANUP(haproxy_config_freep) struct haproxy_config *before = world_config(before_text);
    CLEANUP(haproxy_config_freep) struct haproxy_config *after = world_config(after_text);
    CLEANUP(haproxy_state_freep) struct haproxy_state *live = NULL;
    CLEANUP(buf_fini) struct buf text = BUF_EMPTY;
    struct error err = ERROR_EMPTY;
    struct plan_input input = { .before = before,
                                .after = after,
                                .can = haproxy_capabilities_from(206, SLICE_EMPTY),
                                .now_ms = NOW_MS };
    const struct haproxy_proxy *proxy = &before->proxies[0];

    buf_add_string(&text, WORLD_HEAD);
    for (size_t i = 0; i < proxy->n_servers; i++)
        buf_printf(&text, "3 b %zu %.*s 1.1.1.1 2 0 1 1 1 1 0 3 6 0 0 0 - %u - 0 0 - - 0\n", i,
                   SLICE_ARG(proxy->servers[i].name), proxy->servers[i].address.port);
    assert_true(haproxy_state_parse(buf_slice(&text), &live, &err));
    input.live = live;
    plan_make(&input, plan);
}

static void test_many_adds(void **state)
{
    static const struct {
        unsigned n_servers, n_adds;
        enum plan_outcome want;
    } many[] = {
        { 1001, 200, PLAN_STEPS },
        { 1000, 201, PLAN_STEPS },
        { 1001, 201, PLAN_RELOAD },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(many); i++) {
        CLEANUP(buf_fini) struct buf text = BUF_EMPTY;
        CLEANUP(plan_fini) struct plan plan = PLAN_EMPTY;
        CLEANUP(buf_fini) struct buf before = BUF_EMPTY;

        buf_add_string(&text, B);
        add_servers(&text, "a", many[i].n_servers);
        buf_add(&before, buf_slice(&text));
        add_servers(&text, "b", many[i].n_adds);
        plan_for(before.ptr, text.ptr, &plan);
        assert_int_equal(plan.outcome, many[i].want);
        if (plan.outcome == PLAN_RELOAD)
            assert_true(slice_is(plan.reason, "b: a reload is faster than 201 additions"));
        else
            assert_int_equal(plan.n_steps, 2 * many[i].n_adds);
    }
}

/* Servers that are named by their place all move when the first one goes. */
static void test_many_moves(void **state)
{
    static const struct {
        unsigned n_moves;
        enum plan_outcome want;
    } many[] = { { 16, PLAN_NOTHING }, { 17, PLAN_RELOAD } };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(many); i++) {
        CLEANUP(haproxy_config_freep) struct haproxy_config *before = NULL, *after = NULL;
        CLEANUP(haproxy_state_freep) struct haproxy_state *live = NULL;
        CLEANUP(buf_fini) struct buf old = BUF_EMPTY, new = BUF_EMPTY;
        CLEANUP(plan_fini) struct plan plan = PLAN_EMPTY;
        struct setting setting = { .registered = SLICE("all") };

        buf_add_string(&old, HTTP " server z 9.9.9.9:9\n");
        buf_add_string(&new, HTTP " server z 9.9.9.9:9\n");
        for (unsigned j = 0; j < many[i].n_moves; j++) {
            buf_printf(&old, " server a%u 1.1.1.1:%u\n", j, j + 1);
            buf_printf(&new, " server a%u 1.1.1.1:%u\n", j, j + 2);
        }
        before = world_config(old.ptr);
        after = world_config(new.ptr);
        world_add_proxy(&setting.world, &before->proxies[0]);
        live = world_state(&setting.world);
        setting.input = (struct plan_input){ .before = before,
                                             .after = after,
                                             .live = live,
                                             .can = haproxy_capabilities_from(206, SLICE_EMPTY),
                                             .is_registered = is_registered,
                                             .ctx = &setting };
        plan_make(&setting.input, &plan);
        assert_int_equal(plan.outcome, many[i].want);
        assert_int_equal(plan.pending.n, many[i].want == PLAN_RELOAD ? 0 : many[i].n_moves);
    }
}

static void test_long_name(void **state)
{
    CLEANUP(buf_fini) struct buf text = BUF_EMPTY;
    CLEANUP(plan_fini) struct plan plan = PLAN_EMPTY;

    (void)state;
    buf_add_string(&text, B " server ");
    buf_add_repeated(&text, 'n', 129);
    buf_add_string(&text, " 1.1.1.1:1\n");
    plan_for(B, text.ptr, &plan);
    assert_int_equal(plan.outcome, PLAN_RELOAD);
    assert_true(slice_ends_with(plan.reason, SLICE(": its name has more than 128 bytes")));
}

static void test_capabilities(void **state)
{
    struct haproxy_capabilities can = haproxy_capabilities_from(206, SLICE("  add server x\n"));

    (void)state;
    assert_true(can.can_add);
    assert_false(can.can_delete);
    can = haproxy_capabilities_from(302, SLICE_EMPTY);
    assert_true(can.can_add && can.can_delete);
    can = haproxy_capabilities_from(205, SLICE("add server, del server"));
    assert_false(can.can_add || can.can_delete);
}

/* --- Overrides ------------------------------------------------------------------------------- */

static const struct row overrides_rows[] = {
    { "none", B TWO, NULL, "", "" },
    { "maintenance", B TWO, NULL, "live b/a admin 1", "set server b/a state maint\n" },
    { "drain", B TWO, NULL, "live b/a admin 8", "set server b/a state drain\n" },
    { "a weight", B TWO, NULL, "live b/a weight 9", "set server b/a weight 9\n" },
    { "weight and drain", B TWO, NULL, "live b/a weight 9 admin 8",
      "set server b/a weight 9\nset server b/a state drain\n" },
    { "enabled against the file", B " server a 1.1.1.1:1 disabled\n", NULL, "live b/a admin 4",
      "set server b/a state ready\n" },
    { "disabled as the file says", B " server a 1.1.1.1:1 disabled\n", NULL, "", "" },
    { "our own", B TWO, NULL, "live b/a admin 8\npending ready b ready 5 server a 1.1.1.1:1 check",
      "" },
    { "an agent's", B " server a 1.1.1.1:1 agent-check agent-port 1\n", NULL,
      "live b/a admin 8 weight 9", "" },
    { "a server in no file", B TWO, NULL, "live b/x admin 1", "" },
    { "a server that does not run", B TWO, NULL, "live b/a absent", "" },
};

static void test_overrides(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(overrides_rows); i++) {
        const struct row *row = &overrides_rows[i];
        struct setting setting = { .registered = SLICE_EMPTY };
        CLEANUP(haproxy_config_freep) struct haproxy_config *config = world_config(row->before);
        CLEANUP(haproxy_state_freep) struct haproxy_state *live = NULL;
        CLEANUP(plan_fini) struct plan plan = PLAN_EMPTY;
        CLEANUP(buf_fini) struct buf got = BUF_EMPTY;
        struct slice rest = slice_from(row->say), line;

        world_add_proxy(&setting.world, &config->proxies[0]);
        while (slice_next(&rest, '\n', &line))
            take_line(&setting, line);
        live = world_state(&setting.world);
        plan_overrides(config, live, &setting.pending, &plan);
        show_plan(&got, &plan);
        expect_text(row->name, &got, row->want);
        pending_list_fini(&setting.pending);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing),   cmocka_unit_test(test_structure),
        cmocka_unit_test(test_add),       cmocka_unit_test(test_add_refused),
        cmocka_unit_test(test_remove),    cmocka_unit_test(test_remove_refused),
        cmocka_unit_test(test_change),    cmocka_unit_test(test_address),
        cmocka_unit_test(test_drift),     cmocka_unit_test(test_override),
        cmocka_unit_test(test_pending),   cmocka_unit_test(test_without_reload),
        cmocka_unit_test(test_many_adds), cmocka_unit_test(test_many_moves),
        cmocka_unit_test(test_long_name), cmocka_unit_test(test_capabilities),
        cmocka_unit_test(test_overrides),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
