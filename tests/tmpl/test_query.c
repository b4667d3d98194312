/* SPDX-License-Identifier: MIT */
/* The language inside service "tag.web@dc|passing". */
#include "unit.h"

#include <stdio.h>

#include "base/buf.h"
#include "tmpl/query.h"

static void add_part(struct buf *out, const char *name, struct slice text)
{
    if (text.len)
        buf_printf(out, "%s%s=%.*s", out->len ? " " : "", name, SLICE_ARG(text));
}

/* All parts that were given, by name. */
static void dump_query(const struct query *query, struct buf *out)
{
    static const char *const statuses[] = { "passing", "warning", "critical", "maintenance",
                                            "any" };

    add_part(out, "tag", query->tag);
    add_part(out, "name", query->name);
    add_part(out, "ns", query->namespace_name);
    add_part(out, "partition", query->partition);
    add_part(out, "peer", query->peer);
    add_part(out, "sameness-group", query->sameness_group);
    add_part(out, "filter", query->filter);
    add_part(out, "dc", query->dc);
    add_part(out, "near", query->near);
    for (size_t i = 0; i < ARRAY_SIZE(statuses); i++) {
        if (query->statuses & 1u << i)
            buf_printf(out, "%s%s", out->len ? " " : "", statuses[i]);
    }
}

static const struct {
    unsigned parts;
    const char *text, *want, *want_error;
} cases[] = {
    { QUERY_SERVICE, "web", "name=web passing", NULL },
    { QUERY_SERVICE, "my-web_1", "name=my-web_1 passing", NULL },
    { QUERY_SERVICE, "v1.4.2.web", "tag=v1.4.2 name=web passing", NULL },
    { QUERY_SERVICE, "a=b:c-d.web", "tag=a=b:c-d name=web passing", NULL },
    { QUERY_SERVICE, "web@dc-1.x_y", "name=web dc=dc-1.x_y passing", NULL },
    { QUERY_SERVICE, "web~_agent", "name=web near=_agent passing", NULL },
    { QUERY_SERVICE, "web|any", "name=web any", NULL },
    { QUERY_SERVICE, "web|,,critical,passing", "name=web passing critical", NULL },
    { QUERY_SERVICE, "web|warning,maintenance", "name=web warning maintenance", NULL },
    { QUERY_SERVICE, "web|,", "name=web", NULL },
    { QUERY_SERVICE, "t.web?ns=a&&partition=b&ns=c&peer=p@dc~n|any",
      "tag=t name=web ns=a partition=b peer=p dc=dc near=n any", NULL },
    { QUERY_SERVICE, "web?sameness-group=s&filter=fast",
      "name=web sameness-group=s filter=fast passing", NULL },
    { QUERY_SERVICE, "web?ns", "name=web passing", NULL },
    { QUERY_SERVICES, "", "passing", NULL },
    { QUERY_SERVICES, "?ns=a@dc", "ns=a dc=dc passing", NULL },
    { QUERY_NODES, "@dc~n", "dc=dc near=n passing", NULL },
    { QUERY_NODE, "n-1.example_x@dc", "name=n-1.example_x dc=dc passing", NULL },
    { QUERY_KV, "a b/ü=|~x", "name=a b/ü=|~x passing", NULL },
    { QUERY_KV, "/a@dc", "name=a dc=dc passing", NULL },
    { QUERY_KV, "//a/", "name=/a/ passing", NULL },
    { QUERY_KV, "/", "name=/ passing", NULL },
    { QUERY_KV, "a?ns=b", "name=a ns=b passing", NULL },
    { QUERY_PEERINGS, "?partition=p", "partition=p passing", NULL },

    { QUERY_SERVICE, "", NULL, "invalid format: expected the name of a service in ''" },
    { QUERY_SERVICE, "a b", NULL, "invalid format: unexpected ' b' in 'a b'" },
    { QUERY_SERVICE, "web.", NULL, "invalid format: expected the name of a service in 'web.'" },
    { QUERY_SERVICE, ".web", NULL, "invalid format: expected a tag before the '.' in '.web'" },
    { QUERY_SERVICE, "we:b", NULL,
      "invalid format: expected letters, digits, '_' and '-' in the name of a service in 'we:b'" },
    { QUERY_SERVICE, "wéb", NULL, "invalid format: unexpected 'éb' in 'wéb'" },
    { QUERY_SERVICE, "web@", NULL, "invalid format: expected a datacenter behind '@' in 'web@'" },
    { QUERY_SERVICE, "web~", NULL, "invalid format: expected a node behind '~' in 'web~'" },
    { QUERY_SERVICE, "web|", NULL, "invalid format: expected a status behind '|' in 'web|'" },
    { QUERY_SERVICE, "web?", NULL, "invalid format: expected a parameter behind '?' in 'web?'" },
    { QUERY_SERVICE, "web~n@dc", NULL, "invalid format: unexpected '@dc' in 'web~n@dc'" },
    { QUERY_SERVICE, "web@dc?ns=a", NULL, "invalid format: unexpected '?ns=a' in 'web@dc?ns=a'" },
    { QUERY_SERVICE, "web|sleepy", NULL,
      "invalid filter 'sleepy': expected passing, warning, critical, maintenance or any" },
    { QUERY_SERVICE, "web?dc=a", NULL,
      "unknown query parameter 'dc': expected ns, partition, peer, sameness-group or filter" },
    { QUERY_SERVICE, "web?peer=a&sameness-group=b", NULL,
      "a query has either a peer or a sameness-group, not both" },
    { QUERY_SERVICES, "dc1", NULL, "invalid format: unexpected 'dc1' in 'dc1'" },
    { QUERY_NODE, "@dc", NULL, "invalid format: expected the name of a node in '@dc'" },
    { QUERY_KV, "@dc", NULL, "invalid format: expected a key in '@dc'" },
    { QUERY_KV, "", NULL, "invalid format: expected a key in ''" },
};

static void test_queries(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        CLEANUP(buf_fini) struct buf got = BUF_EMPTY;
        struct error err = ERROR_EMPTY;
        struct query query;

        print_message("%s\n", cases[i].text);
        if (!query_parse(slice_from(cases[i].text), cases[i].parts, &query, &err)) {
            assert_non_null(cases[i].want_error);
            assert_string_equal(err.text, cases[i].want_error);
            continue;
        }
        dump_query(&query, &got);
        assert_null(cases[i].want_error);
        assert_string_equal(got.ptr, cases[i].want);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_queries),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
