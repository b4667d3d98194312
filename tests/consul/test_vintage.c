/* SPDX-License-Identifier: MIT */
/* Options that an agent is too old to know. */
#include "base/buf.h"
#include "consul/vintage.h"
#include "unit.h"

static const struct {
    const char *text;
    bool is_version;
    struct version want;
} versions[] = {
    { "1.8.7", true, { 1, 8, 7 } },       { "1.16.0+ent", true, { 1, 16, 0 } },
    { "1.17.0-dev", true, { 1, 17, 0 } }, { "12.0.345", true, { 12, 0, 345 } },
    { "1.8", false, { 0, 0, 0 } },        { "1.8.", false, { 0, 0, 0 } },
    { "v1.8.7", false, { 0, 0, 0 } },     { "", false, { 0, 0, 0 } },
    { "1..7", false, { 0, 0, 0 } },       { "1.99999999999999999999.7", false, { 0, 0, 0 } },
    { "1.100001.7", false, { 0, 0, 0 } },
};

static void test_versions(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(versions); i++) {
        struct version version = { 0, 0, 0 };

        if (version_parse(slice_from(versions[i].text), &version) != versions[i].is_version ||
            version.major != versions[i].want.major || version.minor != versions[i].want.minor ||
            version.patch != versions[i].want.patch)
            fail_msg("'%s': %u.%u.%u", versions[i].text, version.major, version.minor,
                     version.patch);
    }
}

#define TEXT(text)               \
    {                            \
        (text), sizeof(text) - 1 \
    }

static char partition[] = "a";

static const struct {
    const char *name;
    struct dep dep;
    char *partition; /* of the configuration */
    struct version version;
    const char *want;
} cases[] = {
    { "no option", { .kind = DEP_HEALTH_SERVICE }, NULL, { 0, 1, 0 }, "" },
    { "a peer", { .peer = TEXT("p") }, NULL, { 1, 12, 9 }, "peer 1.13.0 " },
    { "a peer is known", { .peer = TEXT("p") }, NULL, { 1, 13, 0 }, "" },
    { "a later version", { .peer = TEXT("p") }, NULL, { 2, 0, 0 }, "" },
    { "several",
      { .peer = TEXT("p"), .partition = TEXT("a"), .sameness_group = TEXT("s") },
      NULL,
      { 1, 8, 7 },
      "partition 1.11.0 peer 1.13.0 sameness-group 1.16.0 " },
    { "a namespace is refused", { .namespace_name = TEXT("n") }, NULL, { 1, 8, 7 }, "" },
    { "a filter of instances", { .filter = TEXT("f") }, NULL, { 1, 8, 7 }, "" },
    { "a filter of services",
      { .kind = DEP_CATALOG_SERVICES, .filter = TEXT("f") },
      NULL,
      { 1, 16, 2 },
      "filter 1.16.3 " },
    { "the configuration's partition",
      { .kind = DEP_HEALTH_SERVICE },
      partition,
      { 1, 8, 7 },
      "partition 1.11.0 " },
    { "where it is not sent", { .kind = DEP_CATALOG_DATACENTERS }, partition, { 1, 6, 0 }, "" },
};

static void test_what_is_ignored(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        CLEANUP(buf_fini) struct buf got = BUF_EMPTY;
        struct consul_options options = { .partition = cases[i].partition };
        struct version since;
        const char *name;

        buf_add_string(&got, "");
        for (size_t k = 0;
             (name = vintage_next_ignored(&cases[i].version, &cases[i].dep, &options, &k, &since));)
            buf_printf(&got, "%s %u.%u.%u ", name, since.major, since.minor, since.patch);
        if (!slice_is(buf_slice(&got), cases[i].want))
            fail_msg("%s: %.*s", cases[i].name, SLICE_ARG(buf_slice(&got)));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_versions),
        cmocka_unit_test(test_what_is_ignored),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
