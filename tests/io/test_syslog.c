/* SPDX-License-Identifier: MIT */
/* Lines to a syslog that is there, is restarted, is stuck, or is not there. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <syslog.h>
#include <unistd.h>

#include "io/syslog.h"
#include "unit.h"

static char path[] = "/tmp/edgewright-test-syslog-XXXXXX";

static int listen_there(void)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    unlink(path);
    memcpy(address.sun_path, path, sizeof(path));
    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
    return fd;
}

/* What came, without its time: "<PRI>NAME[PID]: TEXT". */
static void expect_line(int fd, const char *priority, const char *rest)
{
    char got[512], want[512];
    ssize_t n = recv(fd, got, sizeof(got) - 1, 0);

    assert_true(n > 0);
    got[n] = '\0';
    assert_memory_equal(got, priority, strlen(priority));
    snprintf(want, sizeof(want), " ew[%ld]: %s", (long)getpid(), rest);
    assert_string_equal(got + strlen(priority) + strlen("Jan  1 00:00:00"), want);
}

/* What standard error gets while fn runs. */
static void catch_standard_error(void (*fn)(void *ctx), void *ctx, char *got, size_t size)
{
    FILE *file = tmpfile();
    int saved = dup(STDERR_FILENO);

    assert_non_null(file);
    assert_true(dup2(fileno(file), STDERR_FILENO) >= 0);
    fn(ctx);
    assert_true(dup2(saved, STDERR_FILENO) >= 0);
    close(saved);
    rewind(file);
    got[fread(got, 1, size - 1, file)] = '\0';
    fclose(file);
}

static void test_lines(void **state)
{
    CLEANUP(syslog_writer_freep)
    struct syslog_writer *writer = syslog_writer_new(path, LOG_LOCAL5, "ew");
    int fd = listen_there();

    (void)state;
    syslog_write(writer, LOG_LEVEL_INFO, SLICE("web: installed"));
    expect_line(fd, "<174>", "web: installed"); /* 21 * 8 + 6 */
    syslog_write(writer, LOG_LEVEL_ERR, SLICE("a\nb\tc\x1b"));
    expect_line(fd, "<171>", "a?b\tc?");
    syslog_write(writer, LOG_LEVEL_WARN, SLICE(""));
    expect_line(fd, "<172>", "");
    syslog_write(writer, LOG_LEVEL_TRACE, SLICE("t"));
    expect_line(fd, "<175>", "t");
    close(fd);
}

static void test_restarted(void **state)
{
    CLEANUP(syslog_writer_freep)
    struct syslog_writer *writer = syslog_writer_new(path, LOG_DAEMON, "ew");
    int fd = listen_there();

    (void)state;
    syslog_write(writer, LOG_LEVEL_INFO, SLICE("1"));
    expect_line(fd, "<30>", "1");
    close(fd);
    fd = listen_there();
    syslog_write(writer, LOG_LEVEL_INFO, SLICE("2"));
    expect_line(fd, "<30>", "2");
    close(fd);
}

static void write_one(void *ctx)
{
    syslog_write(ctx, LOG_LEVEL_ERR, SLICE("lost?"));
}

static void test_absent(void **state)
{
    CLEANUP(syslog_writer_freep)
    struct syslog_writer *writer = syslog_writer_new(path, LOG_DAEMON, "ew");
    char got[256];

    (void)state;
    unlink(path);
    catch_standard_error(write_one, writer, got, sizeof(got));
    assert_non_null(strstr(got, "]: lost?\n"));
}

static void write_many(void *ctx)
{
    for (int i = 0; i < 5000; i++)
        syslog_write(ctx, LOG_LEVEL_ERR, SLICE("many"));
}

/* Nobody reads: it would never come back if it waited. */
static void test_stuck(void **state)
{
    CLEANUP(syslog_writer_freep)
    struct syslog_writer *writer = syslog_writer_new(path, LOG_DAEMON, "ew");
    int fd = listen_there();
    char got[256];

    (void)state;
    catch_standard_error(write_many, writer, got, sizeof(got));
    assert_non_null(strstr(got, "]: many\n"));
    close(fd);
}

static int make_path(void **state)
{
    int fd = mkstemp(path);

    (void)state;
    return fd < 0 || close(fd) < 0 || unlink(path) < 0;
}

static int remove_path(void **state)
{
    (void)state;
    unlink(path);
    return 0;
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines),
        cmocka_unit_test(test_restarted),
        cmocka_unit_test(test_absent),
        cmocka_unit_test(test_stuck),
    };

    return cmocka_run_group_tests(tests, make_path, remove_path);
}
