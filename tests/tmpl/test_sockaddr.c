/* SPDX-License-Identifier: MIT */
/* sockaddr on a made-up machine. */
#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>

#include "tmpl/sockaddr.h"
#include "tmpl/support.h"

/* One address each, in the order in which the kernel lists them. */
static const struct {
    const char *interface, *address, *mask;
    unsigned flags;
} rows[] = {
    { "lo", "127.0.0.1", "255.0.0.0", IFF_UP | IFF_LOOPBACK },
    { "eth0", "203.0.112.7", "255.255.255.0", IFF_UP },
    { "eth0", "10.1.2.3", "255.255.255.0", IFF_UP },
    { "eth0", "10.9.2.3", "255.255.0.0", IFF_UP },
    { "eth1", "192.168.7.1", "255.0.0.0", IFF_UP }, /* its network is more than 192.168/16 */
    { "eth1", "172.20.0.1", "255.255.255.0", IFF_UP },
    { "eth2", "10.0.0.1", "255.255.0.0", 0 },
    { "lo", "::1", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", IFF_UP | IFF_LOOPBACK },
    { "eth0", "fe80::1", "ffff:ffff:ffff:ffff::", IFF_UP },
    { "eth0", "2a00:1::5", "ffff:ffff:ffff:ffff::", IFF_UP },
    { "eth0", "fd00::5", "ffff:ffff:ffff:ffff::", IFF_UP },
};

struct machine {
    struct ifaddrs entries[ARRAY_SIZE(rows) + 1];
    struct sockaddr_storage addresses[ARRAY_SIZE(rows)], masks[ARRAY_SIZE(rows)];
    const char *default_interface;
};

static void make_sockaddr(const char *text, struct sockaddr_storage *ret_address)
{
    struct sockaddr_in *ip4 = (struct sockaddr_in *)ret_address;
    struct sockaddr_in6 *ip6 = (struct sockaddr_in6 *)ret_address;

    if (strchr(text, ':')) {
        ip6->sin6_family = AF_INET6;
        assert_int_equal(inet_pton(AF_INET6, text, &ip6->sin6_addr), 1);
    } else {
        ip4->sin_family = AF_INET;
        assert_int_equal(inet_pton(AF_INET, text, &ip4->sin_addr), 1);
    }
}

static void machine_init(struct machine *machine)
{
    static char link[] = "eth0";

    *machine = (struct machine){ .default_interface = NULL };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct ifaddrs *entry = &machine->entries[i];

        make_sockaddr(rows[i].address, &machine->addresses[i]);
        make_sockaddr(rows[i].mask, &machine->masks[i]);
        entry->ifa_next = entry + 1;
        entry->ifa_name = (char *)(uintptr_t)rows[i].interface;
        entry->ifa_flags = rows[i].flags;
        entry->ifa_addr = (struct sockaddr *)&machine->addresses[i];
        entry->ifa_netmask = (struct sockaddr *)&machine->masks[i];
    }
    machine->entries[ARRAY_SIZE(rows)].ifa_name = link; /* an interface without an address */
}

static const struct ifaddrs *get_addresses(void *ctx, const char **ret_default)
{
    struct machine *machine = ctx;

    *ret_default = machine->default_interface;
    return machine->entries;
}

#define FAILURE(shown)                                                                \
    "'" shown "' is none of GetPrivateIP, GetPrivateIPs, GetPublicIP, GetPublicIPs, " \
    "GetInterfaceIP \"NAME\", GetInterfaceIPs \"NAME\""

static const struct {
    const char *name, *arguments[2], *default_interface;
    const char *want, *want_error;
} cases[] = {
    { "the private one: the largest network", { "GetPrivateIP" }, NULL, "10.9.2.3", NULL },
    { "the default route's interface first", { "GetPrivateIP" }, "eth1", "172.20.0.1", NULL },
    { "all private ones, interfaces that are down too",
      { "GetPrivateIPs" },
      "eth1",
      "10.9.2.3 10.0.0.1 10.1.2.3 172.20.0.1 fd00::5",
      NULL },
    { "the public one", { "GetPublicIP" }, NULL, "192.168.7.1", NULL },
    { "the public one of the default route", { " GetPublicIP " }, "eth0", "203.0.112.7", NULL },
    { "all public ones", { "GetPublicIPs" }, NULL, "192.168.7.1 203.0.112.7 2a00:1::5", NULL },
    { "one of an interface", { "GetInterfaceIP \"eth0\"" }, "eth1", "10.9.2.3", NULL },
    { "none that could be forwarded", { "GetInterfaceIP \"lo\"" }, NULL, "", NULL },
    { "all of an interface",
      { "GetInterfaceIPs `eth0`" },
      NULL,
      "10.9.2.3 203.0.112.7 10.1.2.3 fe80::1 2a00:1::5 fd00::5",
      NULL },
    { "all of some interfaces",
      { "GetInterfaceIPs \"^(lo|eth2)$\"" },
      NULL,
      "127.0.0.1 10.0.0.1 ::1",
      NULL },
    { "no such interface", { "GetInterfaceIPs \"nosuchif0\"" }, NULL, "", NULL },
    { "two arguments make one expression",
      { "GetInterfaceIP", "\"eth\\x31\"" },
      NULL,
      "192.168.7.1",
      NULL },
    { "no expression for the name",
      { "GetInterfaceIP \"eth(\"" },
      NULL,
      NULL,
      "regular expression: offset 3: '(' is never closed" },
    { "nothing", { NULL }, NULL, NULL, FAILURE("") },
    { "no such function",
      { "GetAllInterfaces | join \"address\" \" \"" },
      NULL,
      NULL,
      FAILURE("GetAllInterfaces | join \"address\" \" \"") },
    { "more behind it", { "GetPrivateIP | len" }, NULL, NULL, FAILURE("GetPrivateIP | len") },
    { "no name", { "GetInterfaceIP" }, NULL, NULL, FAILURE("GetInterfaceIP") },
    { "half a name", { "GetInterfaceIP \"" }, NULL, NULL, FAILURE("GetInterfaceIP \"") },
    { "two names",
      { "GetInterfaceIP \"a\" \"b\"" },
      NULL,
      NULL,
      FAILURE("GetInterfaceIP \"a\" \"b\"") },
};

static void test_cases(void **state)
{
    struct machine machine;
    struct render_environment environment = { .get_addresses = get_addresses,
                                              .addresses_ctx = &machine };

    (void)state;
    machine_init(&machine);
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct support support;
        struct value args[2], ret = value_string(SLICE_EMPTY);
        size_t n = 0;

        support_init(&support);
        support.eval.environment = &environment;
        machine.default_interface = cases[i].default_interface;
        for (; n < 2 && cases[i].arguments[n]; n++)
            args[n] = value_string(slice_from(cases[i].arguments[n]));
        call_sockaddr(&support.eval, args, n, &ret, &support.err);
        if (!slice_is(value_slice(&ret), cases[i].want ? cases[i].want : "") ||
            strcmp(support.err.text, cases[i].want_error ? cases[i].want_error : "") != 0)
            fail_msg("%s: '%.*s', error '%s'", cases[i].name, SLICE_ARG(value_slice(&ret)),
                     support.err.text);
        support_fini(&support);
    }
}

static void test_no_addresses_at_all(void **state)
{
    struct render_environment environment = { .get_addresses = NULL };
    struct value arg = value_string(SLICE("GetPrivateIPs")), ret;
    struct support support;

    (void)state;
    support_init(&support);
    support.eval.environment = &environment;
    assert_true(call_sockaddr(&support.eval, &arg, 1, &ret, &support.err));
    assert_int_equal(ret.text.len, 0);
    support_fini(&support);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cases),
        cmocka_unit_test(test_no_addresses_at_all),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
