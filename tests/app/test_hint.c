/* SPDX-License-Identifier: MIT */
/* What is missing between us and HAProxy, word for word. */
#include "unit.h"

#include <errno.h>

#include "../io/own_folder.h"
#include "app/hint.h"
#include "base/cleanup.h"

#define STANZA "fix: in HAProxy's 'global' section: stats socket "
#define MASTER                                                                             \
    "fix: Environment=\"EXTRAOPTS=-S /run/haproxy/master.sock,mode,660\" below [Service] " \
    "(systemctl edit haproxy; it has to be restarted), and 'master_socket: "               \
    "/run/haproxy/master.sock'\n"

static const struct {
    const char *name, *file, *socket;
    enum haproxy_probe_outcome outcome;
    const char *want;
} stats[] = {
    { "good", "opens", "/none/s", HAPROXY_PROBE_GOOD, "" },
    { "silent", "opens not", "/none/s", HAPROXY_PROBE_SILENT, "" },
    { "HAProxy does not run yet", "opens", "/none/s", HAPROXY_PROBE_ABSENT, "" },
    { "nothing is known of its files", "none", "/none/s", HAPROXY_PROBE_ABSENT, "" },
    { "it opens none", "opens not", "unix@/none/s", HAPROXY_PROBE_ABSENT,
      "HAProxy opens no socket '/none/s'; " STANZA "/none/s mode 660 level admin\n" },
    { "its level is too low", "opens", "127.0.0.1:1", HAPROXY_PROBE_POWERLESS,
      "HAProxy's socket '127.0.0.1:1' lets nothing be changed; " STANZA
      "127.0.0.1:1 mode 660 level admin\n" },
    { "it is gone again", "opens", "/none/s", HAPROXY_PROBE_FORBIDDEN, "" },
    { "it is root's", "opens", "/proc/1/stat", HAPROXY_PROBE_FORBIDDEN,
      "user edge may not use HAProxy's socket '/proc/1/stat'; " STANZA
      "/proc/1/stat mode 660 level admin group haproxy, and usermod -aG haproxy edge\n" },
};

static void test_stats(void **state)
{
    (void)state;
    put_file("opens", "global\n  stats socket /none/s level admin\n", 0644);
    put_file("opens not", "global\n  stats timeout 10s\n", 0644);
    for (size_t i = 0; i < ARRAY_SIZE(stats); i++) {
        CLEANUP(buf_fini) struct buf out = BUF_EMPTY;
        char file[16], socket[64];
        char *files[] = { strcpy(file, stats[i].file) };
        const struct haproxy_options options = { .socket = strcpy(socket, stats[i].socket),
                                                 .files = files,
                                                 .n_files = 1 };

        print_message("%s\n", stats[i].name);
        hint_add_stats("edge", &options, stats[i].outcome, &out);
        assert_string_equal(buf_slice(&out).ptr, stats[i].want);
    }
}

static const struct {
    const char *name, *socket;
    enum haproxy_probe_outcome outcome;
    const char *want;
} masters[] = {
    { "good", "/none/m", HAPROXY_PROBE_GOOD, "" },
    { "silent", "/none/m", HAPROXY_PROBE_SILENT, "" },
    { "an address", "127.0.0.1:1", HAPROXY_PROBE_ABSENT, "" },
    { "there is none", "/none/m", HAPROXY_PROBE_ABSENT,
      "HAProxy has no master socket '/none/m'; " MASTER },
    { "it is root's", "/none/m", HAPROXY_PROBE_FORBIDDEN,
      "user edge may not use HAProxy's master socket '/none/m'; " MASTER },
};

static void test_masters(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(masters); i++) {
        CLEANUP(buf_fini) struct buf out = BUF_EMPTY;

        print_message("%s\n", masters[i].name);
        hint_add_master("edge", masters[i].socket, masters[i].outcome, &out);
        assert_string_equal(buf_slice(&out).ptr, masters[i].want);
    }
}

static void test_reload(void **state)
{
    CLEANUP(buf_fini) struct buf out = BUF_EMPTY;

    (void)state;
    hint_add_reload("edge", "front.service", &out);
    assert_string_equal(
        out.ptr,
        "user edge may not reload 'front.service'; fix, in "
        "/etc/polkit-1/rules.d/50-edgewright.rules: polkit.addRule(function (action, subject) { if "
        "(action.id == \"org.freedesktop.systemd1.manage-units\" && action.lookup(\"unit\") == "
        "\"front.service\" && action.lookup(\"verb\") == \"reload\" && subject.user == \"edge\") "
        "return polkit.Result.YES; });\n");
}

static const struct {
    const char *binary;
    int sys_errno;
    const char *want;
} checkers[] = {
    { "haproxy", ENOENT,
      "'haproxy' cannot be run: No such file or directory; fix: apt-get install haproxy, or name "
      "its place with 'haproxy: {binary: PATH}'\n" },
    { "/opt/haproxy", ENOENT,
      "'/opt/haproxy' cannot be run: No such file or directory; fix: name its place with "
      "'haproxy: {binary: PATH}'\n" },
    { "haproxy", EACCES,
      "'haproxy' cannot be run: Permission denied; fix: name its place with 'haproxy: {binary: "
      "PATH}'\n" },
};

static void test_checkers(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(checkers); i++) {
        CLEANUP(buf_fini) struct buf out = BUF_EMPTY;

        hint_add_checker(checkers[i].binary, checkers[i].sys_errno, &out);
        assert_string_equal(out.ptr, checkers[i].want);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FOLDER_TEST(test_stats),
        cmocka_unit_test(test_masters),
        cmocka_unit_test(test_reload),
        cmocka_unit_test(test_checkers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
