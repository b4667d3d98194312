/* SPDX-License-Identifier: MIT */
/* What the tables that ring show to have changed. */
#include "consul/table.h"

#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "unit.h"

/* Reads the text in pieces of that size; true if it was read to its end. */
static bool read_table(struct table *table, const char *text, size_t piece,
                       struct table_changes *changes, struct error *err)
{
    struct slice json = slice_from(text);

    table_begin(table);
    for (size_t i = 0; i < json.len; i += piece) {
        if (!table_feed(table, slice_sub(json, i, i + piece), err))
            return false;
    }
    return table_end(table, changes, err);
}

#define CHECK(node, service, status, rest)                                               \
    "{\"Node\":\"" node "\",\"CheckID\":\"c\",\"Status\":\"" status "\",\"Notes\":\"\"," \
    "\"ServiceName\":\"" service "\"" rest "}"
#define NODE(name, address, rest) "{\"Node\":\"" name "\",\"Address\":\"" address "\"" rest "}"

static const struct {
    const char *name;
    enum table_kind kind;
    const char *before, *after;
    const char *services, *nodes; /* that have changed */
} cases[] = {
    { "a check has another status", TABLE_CHECKS,
      "[" CHECK("n1", "web", "passing", "") "," CHECK("n1", "db", "passing", "") "]",
      "[" CHECK("n1", "web", "critical", "") "," CHECK("n1", "db", "passing", "") "]", "web", "" },
    { "output and indexes do not count", TABLE_CHECKS,
      "[" CHECK("n1", "web", "passing", ",\"Output\":\"a\",\"ModifyIndex\":1") "]",
      "[" CHECK("n1", "web", "passing", ",\"Output\":\"b\",\"ModifyIndex\":2") "]", "", "" },
    { "nor does what is not known", TABLE_CHECKS,
      "[" CHECK("n1", "web", "passing", ",\"Lately\":{\"Seen\":[1]}") "]",
      "[" CHECK("n1", "web", "passing", "") "]", "", "" },
    { "the order does not count", TABLE_CHECKS,
      "[" CHECK("n1", "web", "passing", "") "," CHECK("n2", "web", "critical", "") "]",
      "[" CHECK("n2", "web", "critical", "") "," CHECK("n1", "web", "passing", "") "]", "", "" },
    { "two instances swap their status", TABLE_CHECKS,
      "[" CHECK("n1", "web", "passing", "") "," CHECK("n2", "web", "critical", "") "]",
      "[" CHECK("n1", "web", "critical", "") "," CHECK("n2", "web", "passing", "") "]", "web", "" },
    { "a check of a node", TABLE_CHECKS,
      "[" CHECK("n1", "", "passing", "") "," CHECK("n2", "", "passing", "") "]",
      "[" CHECK("n1", "", "passing", "") "," CHECK("n2", "", "critical", "") "]", "", "n2" },
    { "checks come and go", TABLE_CHECKS, "[" CHECK("n1", "web", "passing", "") "]",
      "[" CHECK("n1", "db", "passing", "") "]", "web db", "" },
    { "tags of a check", TABLE_CHECKS,
      "[" CHECK("n1", "web", "passing", ",\"ServiceTags\":[\"a\"]") "]",
      "[" CHECK("n1", "web", "passing", ",\"ServiceTags\":[\"b\"]") "]", "web", "" },
    { "an escaped name is the same name", TABLE_CHECKS,
      "[" CHECK("n1", "a\\u0026b", "passing", "") "]", "[" CHECK("n1", "a&b", "critical", "") "]",
      "a&b", "" },
    { "services come and go", TABLE_SERVICES, "{\"consul\":[],\"web\":[]}",
      "{\"consul\":[],\"db\":[]}", "web db", "" },
    { "tags of a service", TABLE_SERVICES, "{\"web\":[\"a\",\"b\"],\"db\":[]}",
      "{\"web\":[\"a\",\"c\"],\"db\":[]}", "web", "" },
    { "tags in another order", TABLE_SERVICES, "{\"web\":[\"a\",\"b\"]}", "{\"web\":[\"b\",\"a\"]}",
      "", "" },
    { "no tags, in two ways", TABLE_SERVICES, "{\"web\":[]}", "{\"web\":null}", "", "" },
    { "the address of a node", TABLE_NODES,
      "[" NODE("n1", "10.0.0.1", "") "," NODE("n2", "10.0.0.2", "") "]",
      "[" NODE("n1", "10.0.0.9", "") "," NODE("n2", "10.0.0.2", "") "]", "", "n1" },
    { "the meta of a node", TABLE_NODES, "[" NODE("n1", "10.0.0.1", ",\"Meta\":{\"a\":\"1\"}") "]",
      "[" NODE("n1", "10.0.0.1", ",\"Meta\":{\"a\":\"2\"}") "]", "", "n1" },
    { "nodes come and go", TABLE_NODES, "[" NODE("n1", "10.0.0.1", "") "]",
      "[" NODE("n2", "10.0.0.1", "") "]", "", "n1 n2" },
    { "keys come and go", TABLE_KEYS, "[\"a/b\",\"a/c\"]", "[\"a/d\",\"a/b\"]", "a/c a/d", "" },
    { "indexes of a node do not count", TABLE_NODES,
      "[" NODE("n1", "10.0.0.1", ",\"ModifyIndex\":1") "]",
      "[" NODE("n1", "10.0.0.1", ",\"ModifyIndex\":2") "]", "", "" },
};

static void assert_keys(const char *name, struct keys *keys, const char *want)
{
    struct slice rest = slice_from(want), word;
    size_t n = 0;

    keys_sort(keys);
    while (slice_next(&rest, ' ', &word)) {
        if (word.len == 0)
            continue;
        n++;
        if (!keys_has(keys, table_key(word)))
            fail_msg("%s: not %.*s", name, SLICE_ARG(word));
    }
    if (keys->n != n)
        fail_msg("%s: %zu changes instead of %zu", name, keys->n, n);
}

static void test_changes(void **state)
{
    static const size_t pieces[] = { 1, 7, 100000 };
    struct error err = ERROR_EMPTY;

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases) * ARRAY_SIZE(pieces); i++) {
        size_t c = i / ARRAY_SIZE(pieces), piece = pieces[i % ARRAY_SIZE(pieces)];
        CLEANUP(table_fini) struct table table;
        CLEANUP(table_changes_fini) struct table_changes changes = TABLE_CHANGES_NONE;

        table_init(&table, cases[c].kind);
        if (!read_table(&table, cases[c].before, piece, &changes, &err))
            fail_msg("%s: %s", cases[c].name, err.text);
        table_changes_fini(&changes);
        if (!read_table(&table, cases[c].after, piece, &changes, &err))
            fail_msg("%s: %s", cases[c].name, err.text);
        assert_keys(cases[c].name, &changes.services, cases[c].services);
        assert_keys(cases[c].name, &changes.nodes, cases[c].nodes);
    }
}

static const struct {
    const char *name;
    enum table_kind kind;
    const char *text, *error;
} bad[] = {
    { "it ends too early", TABLE_CHECKS, "[" CHECK("n1", "web", "passing", ""),
      "the text ends too early, after 78 bytes" },
    { "another shape", TABLE_CHECKS, "{}", "offset 0: expected '[', found '{'" },
    { "an element that is no object", TABLE_CHECKS, "[1]",
      "JSON: offset 0: expected an object, found a number" },
    { "a name that is no text", TABLE_NODES, "[{\"Node\":1}]",
      "JSON: offset 0: expected a string, found a number" },
    { "a key that is no text", TABLE_KEYS, "[[]]",
      "JSON: offset 0: expected a string, found an array" },
    { "tags that are no list", TABLE_SERVICES, "{\"web\":{}}",
      "JSON: offset 0: expected an array, found an object" },
    { "nothing", TABLE_SERVICES, "", "the text is empty" },
};

/* What could not be read to its end changes nothing, and the next one is compared with the last
 * that could. */
static void test_answers_that_cannot_be_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        CLEANUP(table_fini) struct table table;
        CLEANUP(table_changes_fini) struct table_changes changes = TABLE_CHANGES_NONE;
        const char *good = bad[i].kind == TABLE_SERVICES ? "{\"a\":[]}"
                           : bad[i].kind == TABLE_KEYS   ? "[\"a\"]"
                                                         : "[{\"Node\":\"a\"}]";
        struct error err = ERROR_EMPTY;

        table_init(&table, bad[i].kind);
        assert_true(read_table(&table, good, 100, &changes, &err));
        table_changes_fini(&changes);
        if (read_table(&table, bad[i].text, 100, &changes, &err))
            fail_msg("%s: was read", bad[i].name);
        assert_string_equal(err.text, bad[i].error);
        assert_true(read_table(&table, good, 100, &changes, &err));
        assert_int_equal(changes.services.n + changes.nodes.n, 0);
    }
}

/* A prefix that nothing begins with is answered with no list at all. */
static void test_nothing_instead_of_a_list(void **state)
{
    CLEANUP(table_fini) struct table table;
    CLEANUP(table_changes_fini) struct table_changes changes = TABLE_CHANGES_NONE;
    struct error err = ERROR_EMPTY;

    (void)state;
    table_init(&table, TABLE_KEYS);
    assert_true(read_table(&table, "[\"a\"]", 100, &changes, &err));
    table_changes_fini(&changes);
    table_end_empty(&table, &changes);
    assert_keys("all are gone", &changes.services, "a");
    assert_false(tally_has(&table.by_service, table_key(SLICE("a"))));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_changes),
        cmocka_unit_test(test_answers_that_cannot_be_read),
        cmocka_unit_test(test_nothing_instead_of_a_list),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
