/* SPDX-License-Identifier: MIT */
/* What has changed between two answers, in words. */
#include "data/change.h"

#include <ctype.h>
#include <string.h>

#include "data/catalog.h"
#include "data/document.h"
#include "unit.h"

/* An instance for each letter, on port 80; a capital one has moved to port 81, '!' in front: it is
 * critical, '~': in maintenance. NULL: no answer; "#": one that is no list of instances. */
static struct document *make_answer(const char *letters)
{
    struct document *doc;
    const struct service_instance **items;
    size_t n = 0;

    if (!letters)
        return NULL;
    doc = document_new();
    doc->root = value_string(SLICE("text"));
    if (strcmp(letters, "#") == 0)
        return doc;
    items = ARENA_ARRAY(&doc->arena, strlen(letters) + 1, const struct service_instance *);
    for (; *letters; letters++) {
        struct service_instance *instance = ARENA_ARRAY(&doc->arena, 1, struct service_instance);
        char address[2] = { 0 };

        instance->status = *letters == '!'   ? INSTANCE_CRITICAL
                           : *letters == '~' ? INSTANCE_MAINTENANCE
                                             : INSTANCE_PASSING;
        letters += instance->status != INSTANCE_PASSING;
        address[0] = (char)tolower(*letters);
        instance->node = SLICE("node");
        instance->id = arena_copy(&doc->arena, slice_from(address));
        instance->address = *letters == 'z' ? SLICE("2001:db8::1\n") : instance->id;
        instance->port = isupper(*letters) ? 81 : 80;
        items[n++] = instance;
    }
    doc->root = value_list(&type_service_instance_list, STORED_OBJECTS, items, n);
    return doc;
}

static void test_words(void **state)
{
    static const struct {
        const char *name, *before, *after, *want;
    } rows[] = {
        { "one more", "a", "ab", "web: +1 instance (came b:80 registered)" },
        { "one less", "ab", "b", "web: -1 instance (went a:80 deregistered)" },
        { "both", "ab", "bc",
          "web: +1 -1 instances (came c:80 registered; went a:80 deregistered)" },
        { "in any order", "ba", "acb", "web: +1 instance (came c:80 registered)" },
        { "one fails", "ab", "a!b", "web: -1 instance (went b:80 critical)" },
        { "one recovers", "a!b", "ab", "web: +1 instance (came b:80 passing)" },
        { "maintenance", "ab", "~ab", "web: -1 instance (went a:80 maintenance)" },
        { "a move", "ab", "aB", "web: +1 -1 instances (came b:81 moved; went b:80 moved)" },
        { "what was down and goes", "a!b", "a", "web changed" },
        { "nothing that is counted", "a", "a", "web changed" },
        { "from nothing", NULL, "a", "web: +1 instance (came a:80 registered)" },
        { "to nothing", "a", "", "web: -1 instance (went a:80 deregistered)" },
        { "a strange address", "", "z", "web: +1 instance (came [2001:db8::1?]:80 registered)" },
        { "many", "", "abcdef",
          "web: +6 instances (came a:80 registered, b:80 registered, c:80 registered, "
          "d:80 registered and 2 more)" },
        { "something else", "#", "#", "web changed" },
        { "it appears", NULL, "#", "web appeared" },
        { "it is gone", "#", NULL, "web is gone" },
    };
    (void)state;

    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        CLEANUP(document_unrefp) struct document *before = make_answer(rows[i].before);
        CLEANUP(document_unrefp) struct document *after = make_answer(rows[i].after);
        CLEANUP(buf_fini) struct buf out = BUF_EMPTY;
        struct dep dep = { .kind = DEP_HEALTH_SERVICE, .name = SLICE("web") };

        print_message("%s\n", rows[i].name);
        change_describe(&dep, before, after, &out);
        assert_string_equal(out.ptr, rows[i].want);
    }
}

static void test_subjects(void **state)
{
    static const struct {
        struct dep dep;
        const char *want;
    } rows[] = {
        { { .kind = DEP_KV_GET, .name = SLICE("a"), .key = SLICE("kv.get(a\x1b)") },
          "kv.get(a?) changed" },
        { { .kind = DEP_HEALTH_SERVICE, .name = SLICE("w b"), .dc = SLICE("dc2") },
          "w?b@dc2 changed" },
    };
    (void)state;

    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        CLEANUP(document_unrefp) struct document *doc = make_answer("#");
        CLEANUP(buf_fini) struct buf out = BUF_EMPTY;

        change_describe(&rows[i].dep, doc, doc, &out);
        assert_string_equal(out.ptr, rows[i].want);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_words),
        cmocka_unit_test(test_subjects),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
