/* SPDX-License-Identifier: MIT */
/* One line in, a text back; and clients that do not behave. */
#include "io/own_folder.h"
#include "io/rig.h"

#include <errno.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/limits.h"
#include "base/memory.h"
#include "io/line_server.h"

#define N_IDLE 15 /* clients that say nothing; no more than the backlog takes */

/* A client in a thread of its own: line_ask() waits. When it is done it ends the loop. */
struct asker {
    struct rig *rig;
    pthread_t thread;
    char *line;
    size_t max_bytes;
    int pipe[2];
    struct loop_source *source;
    struct buf reply;
    struct error err;
    bool is_ok;
};

static void *ask(void *ctx)
{
    struct asker *asker = ctx;

    asker->is_ok = line_ask(".", "s", slice_from(asker->line), 10000, asker->max_bytes,
                            &asker->reply, &asker->err);
    assert_int_equal(write(asker->pipe[1], "", 1), 1);
    return NULL;
}

static void on_asked(void *ctx, int fd, uint32_t events)
{
    struct asker *asker = ctx;

    (void)fd;
    (void)events;
    loop_quit(asker->rig->loop, 0);
}

static void run_asker(struct asker *asker)
{
    assert_int_equal(pipe(asker->pipe), 0);
    assert_true(loop_add_io(asker->rig->loop, asker->pipe[0], EPOLLIN, on_asked, asker,
                            &asker->source, &asker->rig->err));
    assert_int_equal(pthread_create(&asker->thread, NULL, ask, asker), 0);
    assert_int_equal(rig_run(asker->rig), 0);
    pthread_join(asker->thread, NULL);
    loop_source_free(asker->source);
    close(asker->pipe[0]);
    close(asker->pipe[1]);
}

/* "echo N" is answered by N bytes; anything else by itself. */
static void on_line(void *ctx, struct slice line, struct buf *reply)
{
    uint64_t n;

    (void)ctx;
    if (slice_starts_with(line, SLICE("echo ")) &&
        slice_parse_u64(slice_sub(line, 5, line.len), 10000000, &n))
        buf_add_repeated(reply, 'x', n);
    else
        buf_add(reply, line);
}

static struct line_server *start(struct rig *rig)
{
    struct line_server *server = NULL;

    if (!line_server_new(rig->loop, ".", "s", on_line, rig, &server, &rig->err))
        fail_msg("%s", rig->err.text);
    return server;
}

static void test_asking(void **state)
{
    static const struct {
        const char *line;
        size_t max_bytes, want_len;
        const char *want_error;
    } cases[] = {
        { "release web", 100, 11, NULL },
        { "", 100, 0, NULL },
        { "echo 0", 100, 0, NULL },
        { "echo 5000000", 5000000, 5000000, NULL },
        { "echo 5000", 4999, 0, "an answer of more than 4999 bytes, the limit" },
    };
    struct rig *rig = *state;
    struct folder folder;
    struct line_server *server;
    struct stat st;

    folder_init(&folder);
    server = start(rig);
    assert_int_equal(stat("s", &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct asker asker = { .rig = rig, .max_bytes = cases[i].max_bytes };

        asker.line = memory_copy_string(cases[i].line);
        run_asker(&asker);
        assert_string_equal(asker.err.text, cases[i].want_error ? cases[i].want_error : "");
        if (!cases[i].want_error)
            assert_int_equal(asker.reply.len, cases[i].want_len);
        buf_fini(&asker.reply);
        free(asker.line);
    }
    line_server_free(server);
    assert_int_equal(stat("s", &st), -1);
    folder_fini(&folder);
}

static int connect_plainly(void)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX, .sun_path = "s" };
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    assert_int_equal(connect(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
    return fd;
}

/* Those that go away at once, in the middle, send no end of a line, or never say anything. */
static void test_rude_clients(void **state)
{
    struct rig *rig = *state;
    struct folder folder;
    struct line_server *server;
    struct asker asker = { .rig = rig, .max_bytes = 100 };
    char flood[LIMIT_CONTROL_LINE_BYTES + 1024];
    int fds[N_IDLE];

    folder_init(&folder);
    server = start(rig);
    memset(flood, 'x', sizeof(flood));
    for (int i = 0; i < 6; i++) {
        int fd = connect_plainly();

        if (i % 3 == 1)
            assert_true(send(fd, "half", 4, MSG_NOSIGNAL) == 4);
        if (i % 3 == 2)
            assert_true(send(fd, flood, sizeof(flood), MSG_NOSIGNAL) > 0);
        close(fd);
    }
    asker.line = memory_alloc(LIMIT_CONTROL_LINE_BYTES + 1);
    memset(asker.line, 'x', LIMIT_CONTROL_LINE_BYTES);
    asker.line[LIMIT_CONTROL_LINE_BYTES] = '\0'; /* the longest line there may be */
    asker.max_bytes = LIMIT_CONTROL_LINE_BYTES;
    run_asker(&asker);
    assert_int_equal(asker.reply.len, LIMIT_CONTROL_LINE_BYTES);
    buf_clear(&asker.reply);
    free(asker.line);
    asker.line = memory_copy_string("still here");
    run_asker(&asker);
    assert_true(slice_is(buf_slice(&asker.reply), "still here"));
    for (size_t i = 0; i < N_IDLE; i++)
        fds[i] = connect_plainly();
    line_server_free(server); /* with all of them */
    for (size_t i = 0; i < N_IDLE; i++)
        close(fds[i]);
    buf_fini(&asker.reply);
    free(asker.line);
    folder_fini(&folder);
}

static void test_nobody_there(void **state)
{
    struct folder folder;
    struct buf reply = BUF_EMPTY;
    struct error err = ERROR_EMPTY;
    struct rig *rig = *state;

    folder_init(&folder);
    assert_false(line_ask(".", "s", SLICE("x"), 1000, 10, &reply, &err));
    assert_int_equal(err.sys_errno, ENOENT);
    assert_false(line_ask("./none", "s", SLICE("x"), 1000, 10, &reply, &err));
    assert_int_equal(err.sys_errno, ENOENT);

    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_un address = { .sun_family = AF_UNIX, .sun_path = "s" };

    assert_int_equal(bind(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
    close(fd); /* a dead process's */
    assert_false(line_ask(".", "s", SLICE("x"), 1000, 10, &reply, &err));
    assert_int_equal(err.sys_errno, ECONNREFUSED);

    struct line_server *server = start(rig), *second;

    assert_false(line_server_new(rig->loop, ".", "s", on_line, rig, &second, &err));
    assert_string_equal(err.text, "socket './s': another process listens there");
    assert_int_equal(access("s", F_OK), 0);
    line_server_free(server);
    folder_fini(&folder);
}

/* struct sockaddr_un has no room for such a path. */
static void test_long_path(void **state)
{
    struct rig *rig = *state;
    struct folder folder;
    struct line_server *server;
    struct error err = ERROR_EMPTY;
    char name[200];

    folder_init(&folder);
    memset(name, 'n', sizeof(name) - 1);
    name[sizeof(name) - 1] = '\0';
    assert_int_equal(mkdir(name, 0700), 0);
    assert_true(line_server_new(rig->loop, name, "s", on_line, rig, &server, &err));
    line_server_free(server);
    assert_false(line_server_new(rig->loop, ".", name, on_line, rig, &server, &err));
    assert_non_null(strstr(err.text, "is too long"));
    folder_fini(&folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RIG_TEST(test_asking),
        RIG_TEST(test_rude_clients),
        RIG_TEST(test_nobody_there),
        RIG_TEST(test_long_path),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
