/* SPDX-License-Identifier: MIT */
/* Addresses that HAProxy could not listen at, with this machine's real interfaces. */
#include "unit.h"

#include "haproxy/binds.h"

/* RFC 5737: nobody's. */
#define NOWHERE "203.0.113.7"

static const struct {
    const char *name, *installed, *text, *want_error;
} cases[] = {
    { "our own", "", "listen a\n bind 127.0.0.1:80\n bind :81\n bind *:82\n bind [::]:83\n", NULL },
    { "nobody's", "", "listen a\n bind " NOWHERE ":80\n",
      "a.cfg:2:1: 'bind 203.0.113.7:80': no interface of this machine has that address" },
    { "among others", "", "listen a\n bind 127.0.0.1:80,ipv4@" NOWHERE ":80-90 # x\n",
      "a.cfg:2:1: 'bind ipv4@203.0.113.7:80-90': no interface of this machine has that address" },
    { "IPv6", "", "\n\nfrontend a\n\tbind [2001:db8::7]:80 ssl\n",
      "a.cfg:4:1: 'bind [2001:db8::7]:80': no interface of this machine has that address" },
    { "QUIC", "", "listen a\n bind quic4@127.0.0.1:443 ssl\n bind quic4@" NOWHERE ":443 ssl\n",
      "a.cfg:3:1: 'bind quic4@203.0.113.7:443': no interface of this machine has that address" },
    { "QUIC, IPv6", "", "listen a\n bind quic4@:443\n bind quic6@[2001:db8::7]:443-450 ssl\n",
      "a.cfg:3:1: 'bind quic6@[2001:db8::7]:443-450': no interface of this machine has that "
      "address" },
    { "it is listened at already", "listen a\n bind " NOWHERE ":80\n",
      "listen b\n bind " NOWHERE ":80 ssl crt x\n", NULL },
    { "another port of it", "listen a\n bind " NOWHERE ":80\n", "listen a\n bind " NOWHERE ":81\n",
      "a.cfg:2:1: 'bind 203.0.113.7:81': no interface of this machine has that address" },
    { "transparent", "", "listen a\n bind " NOWHERE ":80 transparent\n", NULL },
    { "another namespace", "", "listen a\n bind " NOWHERE ":80 namespace n\n", NULL },
    { "names, sockets and variables", "",
      "listen a\n bind www:80\n bind /run/a\n bind unix@b\n bind fd@3\n bind \"$A\":80\n", NULL },
    { "other words", "",
      "listen a\n bind-process 1\n server a " NOWHERE ":80\n # bind " NOWHERE ":80\n bind\n",
      NULL },
    { "what cannot be read", "", "listen a\n bind '" NOWHERE ":80\n", NULL },
};

static void test_binds(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct error err = ERROR_EMPTY;
        bool is_good;

        print_message("%s\n", cases[i].name);
        is_good =
            binds_check("a.cfg", slice_from(cases[i].installed), slice_from(cases[i].text), &err);
        assert_int_equal(is_good, !cases[i].want_error);
        assert_string_equal(err.text, cases[i].want_error ? cases[i].want_error : "");
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = { cmocka_unit_test(test_binds) };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
