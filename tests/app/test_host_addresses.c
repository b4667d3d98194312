/* SPDX-License-Identifier: MIT */
/* This machine's addresses: whatever else it has, it has a loopback address. */
#include "app/host_addresses.h"

#include <ifaddrs.h>
#include <string.h>
#include <sys/socket.h>

#include "base/cleanup.h"

#include "unit.h"

static void test_loopback(void **state)
{
    CLEANUP(host_addresses_fini) struct host_addresses addresses = { .is_read = false };
    const char *default_interface = "not set", *again;
    const struct ifaddrs *list = host_addresses_get(&addresses, &default_interface);
    bool has_loopback = false;

    (void)state;
    for (const struct ifaddrs *at = list; at; at = at->ifa_next)
        has_loopback |=
            (at->ifa_flags & IFF_LOOPBACK) && at->ifa_addr && at->ifa_addr->sa_family == AF_INET;
    assert_true(has_loopback);
    if (default_interface)
        assert_true(if_nametoindex(default_interface) > 0);
    assert_ptr_equal(host_addresses_get(&addresses, &again), list);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_loopback),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
