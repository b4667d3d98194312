/* SPDX-License-Identifier: MIT */
/* What a master says: of its processes, and of a reload. */
#include "unit.h"

#include "base/redact.h"
#include "haproxy/reloader.h"

#define HEAD "#<PID>          <type>          <reloads>       <uptime>        <version>\n"

static const struct {
    const char *name, *text;
    size_t n_old_workers, n_failed;
} processes[] = {
    { "2.6, one worker",
      HEAD "17520           master          0 [failed: 0]   0d00h00m00s     2.6.12\n# workers\n"
           "17523           worker          0               0d00h00m00s     2.6.12\n"
           "# programs\n\n",
      0, 0 },
    { "two old ones, and reloads that failed",
      HEAD "1               master          4 [failed: 12]  0d00h00m00s     2.6.12\n# workers\n"
           "9               worker          0               0d00h00m00s     2.6.12\n"
           "# old workers\n7               worker          1\n8               worker          2\n"
           "# programs\n5               program\n",
      2, 12 },
    { "nothing", "", 0, 0 },
    { "no number", "1 master 0 [failed: x]\n", 0, 0 },
    { "a cut answer", "1 master 0 [failed: 3", 0, 3 },
};

static void test_processes(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(processes); i++) {
        struct haproxy_processes found = haproxy_processes_parse(slice_from(processes[i].text));

        print_message("%s\n", processes[i].name);
        assert_int_equal(found.n_old_workers, processes[i].n_old_workers);
        assert_int_equal(found.n_failed, processes[i].n_failed);
    }
}

static const struct {
    const char *name, *answer;
    bool is_good, says_so;
    const char *text;
} reloads[] = {
    { "before 2.7", "", true, false, "" },
    { "good", "Success=1\n--\n[NOTICE]   (1) : Loading success.\n", true, true, "" },
    { "bad",
      "Success=0\n--\n[NOTICE]   (1) : version\n[ALERT]    (1) : config : first\n"
      "[ALERT]    (1) : config : second\n",
      false, true, "[ALERT]    (1) : config : first" },
    { "bad, without words", "Success=0\n", false, true, "" },
};

static void test_reloads(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(reloads); i++) {
        CLEANUP(buf_fini) struct buf text = BUF_EMPTY;
        bool says_so;

        print_message("%s\n", reloads[i].name);
        assert_int_equal(haproxy_reload_parse(slice_from(reloads[i].answer), &says_so, &text),
                         reloads[i].is_good);
        assert_int_equal(says_so, reloads[i].says_so);
        assert_true(slice_is(buf_slice(&text), reloads[i].text));
    }
}

/* Its configuration holds keys' values. */
static void test_secrets_are_hidden(void **state)
{
    CLEANUP(buf_fini) struct buf text = BUF_EMPTY;
    bool says_so;

    (void)state;
    assert_true(redact_hide(SLICE("hunter2-hunter2")));
    haproxy_reload_parse(SLICE("Success=0\n--\n[ALERT] unknown keyword 'hunter2-hunter2'\n"),
                         &says_so, &text);
    assert_string_equal(buf_slice(&text).ptr, "[ALERT] unknown keyword '(hidden)'");
    redact_forget();
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_processes),
        cmocka_unit_test(test_reloads),
        cmocka_unit_test(test_secrets_are_hidden),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
