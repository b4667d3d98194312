/* SPDX-License-Identifier: MIT */
/* Tests of app/notify.h, with a socket in the service manager's place. */
#include "app/notify.h"

#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"

static int manager = -1;
static char logged[512];

/* An abstract address: no file to clean up. */
static int listen_as_manager(void **state)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    char name[64];
    int n = snprintf(name, sizeof(name), "@edgewright-test-notify-%d", getpid());
    (void)state;

    memcpy(address.sun_path, name, (size_t)n);
    address.sun_path[0] = '\0';
    manager = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (manager < 0 || bind(manager, (struct sockaddr *)&address,
                            (socklen_t)(offsetof(struct sockaddr_un, sun_path) + (size_t)n)) < 0)
        return -1;
    return setenv("NOTIFY_SOCKET", name, 1);
}

static int stop_listening(void **state)
{
    (void)state;
    unsetenv("NOTIFY_SOCKET");
    return close(manager);
}

/* What came since the last call; "" for nothing. */
static const char *received(void)
{
    static char text[2048];
    ssize_t n = recv(manager, text, sizeof(text) - 1, 0);

    text[n < 0 ? 0 : n] = '\0';
    return text;
}

static void test_messages(void **state)
{
    (void)state;
    notify_ready(SLICE("3 templates"));
    assert_string_equal(received(), "READY=1\nSTATUS=3 templates");
    notify_stopping(SLICE("stopping"));
    assert_string_equal(received(), "STOPPING=1\nSTATUS=stopping");
    notify_status(SLICE("up to date"));
    assert_string_equal(received(), "STATUS=up to date");
}

static void test_same_status_is_not_sent_again(void **state)
{
    (void)state;
    notify_status(SLICE("a"));
    assert_string_equal(received(), "STATUS=a");
    notify_status(SLICE("a"));
    assert_string_equal(received(), "");
    notify_status(SLICE("ab"));
    assert_string_equal(received(), "STATUS=ab");
    notify_ready(SLICE("ab")); /* another state: always */
    assert_string_equal(received(), "READY=1\nSTATUS=ab");
    notify_status(SLICE("ab"));
    assert_string_equal(received(), "");
}

static uint64_t now_usec(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

static void test_reloading(void **state)
{
    uint64_t before = now_usec();
    unsigned long long usec = 0;
    char status[32] = "";
    (void)state;

    notify_reloading(SLICE("reads again"));
    assert_int_equal(
        sscanf(received(), "RELOADING=1\nMONOTONIC_USEC=%llu\nSTATUS=%31[^\n]", &usec, status), 2);
    assert_string_equal(status, "reads again");
    assert_true(usec >= before && usec <= now_usec());
}

static void test_hostile_status(void **state)
{
    char large[2000];
    (void)state;

    notify_status(SLICE("web\nSTOPPING=1\x01\x7f"));
    assert_string_equal(received(), "STATUS=web?STOPPING=1??");

    notify_status(SLICE("caf\xc3\xa9 \xc3( \xff"));
    assert_string_equal(received(), "STATUS=caf\xc3\xa9 ?( ?");

    for (size_t i = 0; i < sizeof(large); i += 2)
        memcpy(&large[i], "\xc3\xa9", 2);
    notify_status(slice_of(large + 1, sizeof(large) - 1)); /* é on each side of the end */
    assert_int_equal(strlen(received()), strlen("STATUS=") + 499);

    memset(large, 'x', sizeof(large));
    notify_status(slice_of(large, sizeof(large)));
    assert_int_equal(strlen(received()), strlen("STATUS=") + 500);
    notify_status(slice_of(large, sizeof(large)));
    assert_string_equal(received(), "");
}

static void keep_line(void *ctx, enum log_level level, struct slice line)
{
    (void)ctx;
    (void)level;
    snprintf(logged, sizeof(logged), "%.*s", SLICE_ARG(line));
}

static void test_manager_away(void **state)
{
    (void)state;
    assert_int_equal(stop_listening(NULL), 0);
    notify_ready(SLICE("nobody listens")); /* and nobody minds */

    log_set_sink(keep_line, NULL);
    setenv("NOTIFY_SOCKET", "@edgewright-test-nobody", 1);
    notify_status(SLICE("1"));
    assert_string_equal(logged, "notify: cannot tell the service manager: Connection refused");
    logged[0] = '\0';
    notify_status(SLICE("2"));
    assert_string_equal(logged, "");

    assert_int_equal(listen_as_manager(NULL), 0);
    notify_status(SLICE("3"));
    assert_string_equal(received(), "STATUS=3");
    assert_string_equal(logged, "notify: the service manager listens again");
    log_set_sink(NULL, NULL);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_messages),     cmocka_unit_test(test_same_status_is_not_sent_again),
        cmocka_unit_test(test_reloading),    cmocka_unit_test(test_hostile_status),
        cmocka_unit_test(test_manager_away),
    };

    return cmocka_run_group_tests(tests, listen_as_manager, stop_listening);
}
