/* SPDX-License-Identifier: MIT */
/* What a configuration says of its servers. */
#include "haproxy/config.h"

#include <stdlib.h>

#include "base/limits.h"

#include "expect.h"

/* One text may hold several files: "--" alone on a line begins the next one. */
static bool read_config(const char *text, struct haproxy_config **ret_config, struct error *err)
{
    static const char *const paths[] = { "a.cfg", "b.cfg", "c.cfg" };
    struct haproxy_file files[ARRAY_SIZE(paths)];
    struct slice rest = slice_from(text);
    size_t n = 0;

    while (n < ARRAY_SIZE(paths)) {
        size_t end = slice_find(rest, SLICE("--\n"));

        files[n] = (struct haproxy_file){ paths[n], slice_sub(rest, 0, end) };
        n++;
        if (end == SLICE_NOT_FOUND)
            break;
        rest = slice_sub(rest, end + 3, rest.len);
    }
    return haproxy_config_new(files, n, ret_config, err);
}

static void show_server(struct buf *out, const struct haproxy_server *server)
{
    CLEANUP(arena_fini) struct arena arena = ARENA_EMPTY;
    struct keyword_list list = keyword_list_merge(&server->defaults, &server->own, &arena);

    buf_printf(out, "  %.*s ", SLICE_ARG(server->name));
    if (server->has_address)
        haproxy_address_format(&server->address, out);
    else
        buf_printf(out, "?%.*s", SLICE_ARG(server->address_word));
    for (size_t i = 0; i < list.n; i++) {
        for (size_t j = 0; j < list.items[i].n_words; j++)
            buf_printf(out, " %.*s", SLICE_ARG(list.items[i].words[j]));
    }
    if (server->unknown.len > 0)
        buf_printf(out, " unknown:%.*s", SLICE_ARG(server->unknown));
    buf_add_byte(out, '\n');
}

static void show_proxy(struct buf *out, const struct haproxy_proxy *proxy)
{
    static const char *const modes[] = { "", " http", " other" };
    static const char *const balances[] = { "", " first", " hash", " static", " other" };

    buf_printf(out, "%.*s%s%s", SLICE_ARG(proxy->name), modes[proxy->mode],
               balances[proxy->balance]);
    buf_printf(out, "%s%s%s%s%s%s%s", proxy->is_consistent ? " consistent" : "",
               proxy->is_disabled ? " disabled" : "", proxy->has_cookie ? " cookie" : "",
               proxy->is_cookie_dynamic ? " dynamic" : "", proxy->has_fullconn ? " fullconn" : "",
               proxy->has_dispatch ? " dispatch" : "", proxy->has_stick ? " stick" : "");
    if (proxy->fixed.len > 0)
        buf_printf(out, " fixed: %.*s", SLICE_ARG(proxy->fixed));
    buf_add_byte(out, '\n');
    for (size_t i = 0; i < proxy->n_templates; i++)
        buf_printf(out, "  %.*s%u-%u\n", SLICE_ARG(proxy->templates[i].prefix),
                   (unsigned)proxy->templates[i].from, (unsigned)proxy->templates[i].to);
    for (size_t i = 0; i < proxy->n_servers; i++)
        show_server(out, &proxy->servers[i]);
}

static int compare_references(const void *a, const void *b)
{
    const struct haproxy_reference *const *x = a, *const *y = b;

    return slice_compare((*x)->target, (*y)->target);
}

static void show_references(struct buf *out, const struct haproxy_config *config)
{
    const struct haproxy_reference *all[16], *reference;
    size_t n = 0, iterator = 0;

    while ((reference = map_next(&config->references, &iterator)) != NULL)
        all[n++] = reference;
    qsort(all, n, sizeof(all[0]), compare_references);
    for (size_t i = 0; i < n; i++)
        buf_printf(out, "%.*s by %s in %s:%u\n", SLICE_ARG(all[i]->target), all[i]->by,
                   haproxy_config_path(config, all[i]->place), all[i]->place.line);
}

static const struct {
    const char *name, *text, *want;
} cases[] = {
    { "nothing", "", "" },
    { "no newline at the end", "backend b\n server a 1.1.1.1:1", "b\n  a 1.1.1.1:1\n" },
    { "sections in order",
      "global\n daemon\nfrontend f\n bind :80\nbackend b\n server a 1.1.1.1:1\nlisten l\n server c "
      "[::1]:2\n",
      "b\n  a 1.1.1.1:1\nl\n  c [::1]:2\n" },
    { "servers elsewhere are none of ours",
      "peers p\n server a 1.1.1.1:1\nring r\n server a 1.1.1.1:1\nbackend b\n server c 1.1.1.1:2\n",
      "peers\nb\n  c 1.1.1.1:2\n" },
    { "addresses that are no figures",
      "backend b\n server a host:80\n server c /run/x.sock\n server d 1.1.1.1\n",
      "b\n  a ?host:80\n  c ?/run/x.sock\n  d ?1.1.1.1\n" },
    { "quotes and comments", "backend 'b' # x\n  server \"a\" 1.1.1.1:1 cookie 'x y' # check\n",
      "b\n  a 1.1.1.1:1 cookie x y\n" },
    { "default-server of the section counts from its line on",
      "backend b\n server a 1.1.1.1:1\n default-server check\n server c 1.1.1.1:2\n"
      " default-server inter 5s\n server d 1.1.1.1:3 weight 5\n",
      "b\n  a 1.1.1.1:1\n  c 1.1.1.1:2 check\n  d 1.1.1.1:3 check inter 5s weight 5\n" },
    { "a line wins over its default-server",
      "backend b\n default-server check weight 10\n server a 1.1.1.1:1 no-check weight 20\n",
      "b\n  a 1.1.1.1:1 weight 20\n" },
    { "the last defaults count",
      "defaults\n mode http\n default-server check\nbackend b\n server a 1.1.1.1:1\ndefaults\n"
      " balance source\nbackend c\n server a 1.1.1.1:1\n",
      "b http\n  a 1.1.1.1:1 check\nc hash\n  a 1.1.1.1:1\n" },
    { "defaults by name",
      "defaults x\n mode http\ndefaults y from x\n balance first\ndefaults\n mode tcp\n"
      "backend b from y\nbackend c from x\nbackend d\ndefaults from y\nbackend e\n",
      "b http first\nc http\nd\ne http first\n" },
    { "defaults over several files",
      "defaults\n mode http\n default-server check\n--\nbackend b\n server a 1.1.1.1:1\n",
      "b http\n  a 1.1.1.1:1 check\n" },
    { "a section ends with its file", "backend b\n--\n server a 1.1.1.1:1\n", "b\n" },
    { "unknown defaults", "backend b from nowhere\n",
      "b fixed: 'from' names no 'defaults' that we know (a.cfg:1)\n" },
    { "balance",
      "backend a\n balance leastconn\nbackend b\n balance random(3)\nbackend c\n balance uri "
      "depth 2\n hash-type consistent sdbm\nbackend d\n balance static-rr\nbackend e\n balance "
      "hdr(host)\n hash-type map-based\nbackend f\n balance new-one\n",
      "a\nb\nc hash consistent\nd static\ne hash\nf other\n" },
    { "what else matters of a proxy",
      "backend b\n mode health\n cookie SRV insert indirect dynamic\n fullconn 10\n"
      " stick on src\n disabled\nlisten l\n dispatch 1.1.1.1:1\n cookie X prefix\n",
      "b other disabled cookie dynamic fullconn stick\nl cookie dispatch\n" },
    { "enabled again", "defaults\n disabled\nbackend b\n enabled\nbackend c\n", "b\nc disabled\n" },
    { "templates",
      "backend b\n server-template web 3 host:80\n server-template db 5-7 host:81 check\n",
      "b\n  web1-3\n  db5-7\n" },
    { "a template of an odd form", "backend b\n server-template web x host:80\n",
      "b fixed: a server-template that we cannot read\n" },
    { "an unknown keyword", "backend b\n server a 1.1.1.1:1 check frobnicate weight 3\n",
      "b\n  a 1.1.1.1:1 check unknown:frobnicate\n" },
    { "an unknown keyword in default-server",
      "backend b\n default-server frobnicate\n server a 1.1.1.1:1 check\n",
      "b\n  a 1.1.1.1:1 check unknown:frobnicate\n" },
    { "values that are none",
      "backend b\n server a 1.1.1.1:1 weight x\n server c 1.1.1.1:1 weight 257\n server d "
      "1.1.1.1:1 id 0\n server e 1.1.1.1:1 inter soon\n server f 1.1.1.1:1 maxconn -1\n",
      "b\n  a 1.1.1.1:1 weight x unknown:weight\n  c 1.1.1.1:1 weight 257 unknown:weight\n"
      "  d 1.1.1.1:1 id 0 unknown:id\n  e 1.1.1.1:1 inter soon unknown:inter\n"
      "  f 1.1.1.1:1 maxconn -1 unknown:maxconn\n" },
    { "a variable in a server line", "backend b\n server a 1.1.1.1:1 cookie \"$X\"\nbackend c\n",
      "b fixed: a variable around 'server' (a.cfg:2)\n  a 1.1.1.1:1 cookie $X\nc\n" },
    { "a variable in an address", "backend b\n server a 1.1.1.1:$PORT\n",
      "b\n  a ?1.1.1.1:$PORT\n" },
    { "a variable in what proxies inherit",
      "defaults\n default-server weight \"$W\"\nbackend b\nbackend c\n",
      "b fixed: a variable around 'default-server' (a.cfg:2)\n"
      "c fixed: a variable around 'default-server' (a.cfg:2)\n" },
    { "a variable elsewhere", "backend b\n description \"$X\"\n server a 1.1.1.1:1\n",
      "b\n  a 1.1.1.1:1\n" },
    { "a condition around a server",
      "backend b\n .if defined(X)\n server a 1.1.1.1:1\n .endif\n server c 1.1.1.1:1\nbackend c\n",
      "b fixed: a conditional block around 'server' (a.cfg:3)\n  a 1.1.1.1:1\n  c 1.1.1.1:1\nc\n" },
    { "a condition elsewhere",
      "backend b\n .if defined(X)\n .if defined(Y)\n timeout server 1s\n .endif\n .else\n timeout "
      "server 2s\n .endif\n server a 1.1.1.1:1\n",
      "b\n  a 1.1.1.1:1\n" },
    { "a condition around a section", ".if defined(X)\nbackend b\n server a 1.1.1.1:1\n.endif\n",
      "config fixed: a section in a conditional block (a.cfg:2)\n"
      "b fixed: a conditional block around 'server' (a.cfg:3)\n  a 1.1.1.1:1\n" },
    { "a section named by a variable", "backend \"$X\"\n",
      "config fixed: a section named by a variable (a.cfg:1)\n"
      "$X fixed: its name is none that HAProxy takes\n" },
    { "a line that is a variable", "backend b\n \"$X\" a 1.1.1.1:1\n",
      "config fixed: a line that begins with a variable (a.cfg:2)\nb\n" },
    { "several processes", "global\n nbproc 2\n",
      "config fixed: 'nbproc', of which each process has its own servers (a.cfg:2)\n" },
    { "one process", "global\n nbproc 1\n", "" },
    { "a state file",
      "defaults\n load-server-state-from-file global\nbackend b\nbackend c\n "
      "load-server-state-from-file none\n",
      "b fixed: load-server-state-from-file\nc\n" },
    { "two of a name", "backend b\n server a 1.1.1.1:1\n server a 1.1.1.1:2\n server a 1.1.1.1:3\n",
      "b fixed: two servers of one name (a.cfg:3)\n  a 1.1.1.1:1\n  a 1.1.1.1:2\n  a 1.1.1.1:3\n" },
    { "names that HAProxy refuses", "backend b\n server 'a b' 1.1.1.1:1\nlisten ''\nbackend \\r\n",
      "b fixed: a server's name that HAProxy does not take (a.cfg:2)\n  a b 1.1.1.1:1\n"
      " fixed: its name is none that HAProxy takes\n"
      "\r fixed: its name is none that HAProxy takes\n" },
    { "two proxies of a name", "backend b\nbackend b\n",
      "b\nb fixed: there is another proxy of this name\n" },
    { "no address", "backend b\n server a\n",
      "b fixed: a 'server' without an address (a.cfg:2)\n" },
    { "references",
      "frontend f\n use_backend b if { srv_is_up(b/a) } or { srv_conn(b/c) gt 1 }\n"
      " log-format \"%[srv_queue(b/d)] %[nbsrv(b)] xsrv_is_up(b/no)\"\n"
      "backend b\n use-server e if TRUE\n use-server %[hdr(x)] if TRUE\n acl up srv_is_up(g)\n"
      " server h 1.1.1.1:1 track l/i\n server j 1.1.1.1:2 track k\nlisten l\n default-server track "
      "m\n server n 1.1.1.1:1\n",
      "b\n  h 1.1.1.1:1 track l/i\n  j 1.1.1.1:2 track k\nl\n  n 1.1.1.1:1 track m\n"
      "b/a by a fetch in a.cfg:2\nb/c by a fetch in a.cfg:2\nb/d by a fetch in a.cfg:3\n"
      "b/e by use-server in a.cfg:5\nb/g by a fetch in a.cfg:7\nb/k by track in a.cfg:9\n"
      "l/i by track in a.cfg:8\nl/m by track in a.cfg:12\n" },
    { "peers share tables", "peers p\n peer x 1.1.1.1:1\n", "peers\n" },
    { "a wrong line", "backend b\n server 'a 1.1.1.1:1\n", "a.cfg:2:9: the quote is never closed" },
    { "in the second file", "backend b\n--\n\nbackend \"\n",
      "b.cfg:2:9: the quote is never closed" },
};

static void test_config(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        CLEANUP(haproxy_config_freep) struct haproxy_config *config = NULL;
        CLEANUP(buf_fini) struct buf got = BUF_EMPTY;
        struct error err = ERROR_EMPTY;

        if (!read_config(cases[i].text, &config, &err)) {
            buf_add_string(&got, err.text);
        } else {
            if (config->has_peers)
                buf_add_string(&got, "peers\n");
            if (config->fixed.len > 0)
                buf_printf(&got, "config fixed: %.*s\n", SLICE_ARG(config->fixed));
            for (size_t j = 0; j < config->n_proxies; j++)
                show_proxy(&got, &config->proxies[j]);
            show_references(&got, config);
        }
        expect_text(cases[i].name, &got, cases[i].want);
    }
}

/* What the planner asks of one server. */
static void test_server(void **state)
{
    static const char text[] = "defaults\n default-server check inter 30s maxconn 7\nbackend b\n"
                               " default-server weight 5 on-marked-down shutdown-sessions\n"
                               " server 'a' 1.1.1.1:1 id 9 disabled backup minconn 3 port 8080 "
                               "addr 2.2.2.2 cookie x agent-check agent-port 1\n"
                               " server c 1.1.1.1:2 no-check enabled on-marked-down none\n";
    CLEANUP(haproxy_config_freep) struct haproxy_config *config = NULL;
    struct error err = ERROR_EMPTY;

    (void)state;
    assert_true(read_config(text, &config, &err));

    const struct haproxy_proxy *proxy = haproxy_config_find(config, SLICE("b"));
    const struct haproxy_server *server = haproxy_proxy_find(proxy, SLICE("a"));

    assert_true(server->has_check && server->is_disabled && server->is_backup);
    assert_true(server->has_minconn && server->has_agent_check && server->cuts_sessions);
    assert_int_equal(server->weight, 5);
    assert_int_equal(server->maxconn, 7);
    assert_int_equal(server->id, 9);
    assert_int_equal(server->inter_ms, 30000);
    assert_true(slice_is(server->check_port, "8080"));
    assert_true(slice_is(server->check_address, "2.2.2.2"));
    assert_true(slice_is(server->cookie, "x"));
    assert_true(slice_is(slice_sub(slice_from(text), server->name_from, server->name_to), "'a'"));

    server = haproxy_proxy_find(proxy, SLICE("c"));
    assert_false(server->has_check || server->is_disabled || server->cuts_sessions);
    assert_int_equal(server->index, 1);
    assert_null(haproxy_proxy_find(proxy, SLICE("d")));
    assert_null(haproxy_config_find(config, SLICE("d")));
}

static void test_slots(void **state)
{
    CLEANUP(haproxy_config_freep) struct haproxy_config *config = NULL;
    struct error err = ERROR_EMPTY;

    (void)state;
    assert_true(read_config("backend b\n server-template web 3-5 host:80\n", &config, &err));

    const struct haproxy_proxy *proxy = haproxy_config_find(config, SLICE("b"));

    assert_true(haproxy_proxy_has_slot(proxy, SLICE("web3")));
    assert_true(haproxy_proxy_has_slot(proxy, SLICE("web5")));
    assert_false(haproxy_proxy_has_slot(proxy, SLICE("web2")));
    assert_false(haproxy_proxy_has_slot(proxy, SLICE("web6")));
    assert_false(haproxy_proxy_has_slot(proxy, SLICE("web")));
    assert_false(haproxy_proxy_has_slot(proxy, SLICE("web3a")));
    assert_false(haproxy_proxy_has_slot(proxy, SLICE("db3")));
}

#define REST "frontend f\n bind :80\n default_backend b\nbackend b\n balance uri\n"
#define BASE "global\n daemon\n" REST

static const struct {
    const char *name, *before, *after, *want; /* "": the same */
} structure_cases[] = {
    { "equal", BASE, BASE, "" },
    { "servers", BASE " server a 1.1.1.1:1\n", BASE " server c 2.2.2.2:2 check\n", "" },
    { "white space and comments", BASE, "# x\n\n\tglobal \n  daemon # y\n" REST, "" },
    { "quotes", "backend b\n acl x path /a\\ b\n", "backend b\n acl 'x' path \"/a b\"\n", "" },
    { "another value", BASE, BASE " cookie x\n", "'cookie' of 'backend b' (a.cfg:8)" },
    { "a line less", BASE " cookie x\n", BASE, "'cookie' of 'backend b' is gone (a.cfg:8)" },
    { "a line in the middle", "frontend f\n bind :80\n bind :81\nbackend b\n",
      "frontend f\n bind :80\n bind :82\nbackend b\n", "'bind' of 'frontend f' (a.cfg:3)" },
    { "a new section", BASE, BASE "backend c\n", "'backend' of 'backend c' (a.cfg:8)" },
    { "a section less", BASE "backend c\n", BASE, "'backend' of 'backend c' is gone (a.cfg:8)" },
    { "default-server", "backend b\n default-server check\n", "backend b\n",
      "'default-server' of 'backend b' is gone (a.cfg:2)" },
    { "a template", "backend b\n server-template x 3 h:1\n",
      "backend b\n server-template x 4 h:1\n", "'server-template' of 'backend b' (a.cfg:2)" },
    { "servers of peers", "peers p\n server a 1.1.1.1:1\n", "peers p\n server a 1.1.1.1:2\n",
      "'server' of 'peers p' (a.cfg:2)" },
    { "a variable instead of its text", "backend b\n description '$X'\n",
      "backend b\n description \"$X\"\n", "'description' of 'backend b' (a.cfg:2)" },
    { "equal variables", "backend b\n description \"$X\"\n", "backend  b\n  description \"$X\" \n",
      "" },
    { "words that look alike", "backend b\n acl a b c\n", "backend b\n acl a 'b c'\n",
      "'acl' of 'backend b' (a.cfg:2)" },
    { "an empty word", "backend b\n acl a '' c\n", "backend b\n acl a c\n",
      "'acl' of 'backend b' (a.cfg:2)" },
    { "a scope", "[x\nbackend b\n", "[y\nbackend b\n", "'[y' (a.cfg:1)" },
    { "over files", "global\n--\nbackend b\n mode tcp\n", "global\n--\nbackend b\n mode http\n",
      "'mode' of 'backend b' (b.cfg:2)" },
    { "a file more is nothing by itself", "global\nbackend b\n", "global\n--\nbackend b\n", "" },
    { "no secret, no control byte, not at length", "global\n",
      "global\n \x01"
      "2345678901234567890123456789012345678901 secret\n",
      "'?234567890123456789012345678901234567890...' of 'global' (a.cfg:2)" },
};

static void test_structure(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(structure_cases); i++) {
        CLEANUP(haproxy_config_freep) struct haproxy_config *before = NULL, *after = NULL;
        CLEANUP(buf_fini) struct buf got = BUF_EMPTY;
        struct error err = ERROR_EMPTY;

        assert_true(read_config(structure_cases[i].before, &before, &err));
        assert_true(read_config(structure_cases[i].after, &after, &err));
        if (haproxy_config_same_structure(before, after, &got) != (got.len == 0))
            fail_msg("%s", structure_cases[i].name);
        expect_text(structure_cases[i].name, &got, structure_cases[i].want);
    }
}

/* --- Limits -------------------------------------------------------------------------------- */

static void test_too_large(void **state)
{
    CLEANUP(haproxy_config_freep) struct haproxy_config *config = NULL;
    struct haproxy_file files[] = { { "a.cfg", { "x", LIMIT_HAPROXY_BYTES + 1 } } };
    struct error err = ERROR_EMPTY;

    (void)state;
    assert_false(haproxy_config_new(files, 1, &config, &err));
    assert_int_equal(err.code, ERROR_LIMIT);
    assert_string_equal(err.text, "a.cfg: the configuration has more than 64 MiB");
}

static void test_too_many_servers(void **state)
{
    CLEANUP(haproxy_config_freep) struct haproxy_config *config = NULL;
    CLEANUP(buf_fini) struct buf text = BUF_EMPTY;
    struct error err = ERROR_EMPTY;

    (void)state;
    buf_add_string(&text, "backend b\n");
    for (unsigned i = 0; i <= LIMIT_HAPROXY_SERVERS; i++)
        buf_add_string(&text, "server a 1.1.1.1:1\n");
    assert_false(read_config(text.ptr, &config, &err));
    assert_int_equal(err.code, ERROR_LIMIT);
    assert_string_equal(err.text, "a.cfg:200002:1: more than 200000 servers");
}

/* Each of many lines inherits what many others say: that is one list, not one for each. */
static void test_many_defaults(void **state)
{
    CLEANUP(haproxy_config_freep) struct haproxy_config *config = NULL;
    CLEANUP(buf_fini) struct buf text = BUF_EMPTY;
    struct error err = ERROR_EMPTY;

    (void)state;
    buf_add_string(&text, "backend b\n");
    for (unsigned i = 0; i < 1000; i++)
        buf_add_string(&text, "default-server set-proxy-v2-tlv-fmt(1) a\n");
    for (unsigned i = 0; i < 10000; i++)
        buf_printf(&text, "server a%u 1.1.1.1:1\n", i);
    assert_true(read_config(text.ptr, &config, &err));
    assert_true(config->arena.used < 20u << 20);
    assert_true(slice_is(config->proxies[0].servers[0].unknown, "too many keywords"));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_config),        cmocka_unit_test(test_server),
        cmocka_unit_test(test_slots),         cmocka_unit_test(test_structure),
        cmocka_unit_test(test_too_large),     cmocka_unit_test(test_too_many_servers),
        cmocka_unit_test(test_many_defaults),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
