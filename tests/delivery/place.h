/* SPDX-License-Identifier: MIT */
/* Where deliveries and commands are tried: a loop, a queue, a folder of its own, and the log. */
#pragma once

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io/rig.h"

#include "base/memory.h"
#include "delivery/command_queue.h"
#include "delivery/delivery.h"
#include "delivery/log.h"
#include "io/file.h"

struct place {
    struct rig *rig;
    struct command_queue *queue;
    struct gate *gate;
    char dir[64];
};

static inline int place_setup(void **state)
{
    struct place *place = NEW(struct place);

    snprintf(place->dir, sizeof(place->dir), "/tmp/edgewright-test-XXXXXX");
    if (rig_setup((void **)&place->rig) != 0 || !mkdtemp(place->dir))
        return -1;
    /* Scripts write and read there by name. */
    setenv("DIR", place->dir, 1);
    place->queue = command_queue_new(place->rig->loop, "127.0.0.1:8500");
    place->gate = gate_new(place->rig->loop, 2);
    log_begin(LOG_LEVEL_INFO);
    *state = place;
    return 0;
}

static inline int place_remove_one(const char *path, const struct stat *st, int type,
                                   struct FTW *ftw)
{
    (void)st;
    (void)type;
    (void)ftw;
    return remove(path);
}

static inline int place_teardown(void **state)
{
    struct place *place = *state;

    command_queue_free(place->queue);
    gate_free(place->gate);
    rig_teardown((void **)&place->rig);
    nftw(place->dir, place_remove_one, 8, FTW_DEPTH | FTW_PHYS);
    log_end();
    free(place);
    return 0;
}

#define PLACE_TEST(fn) cmocka_unit_test_setup_teardown(fn, place_setup, place_teardown)

static inline struct delivery_means place_means(const struct place *place, struct claims *claims,
                                                bool is_retrying)
{
    return (struct delivery_means){ .loop = place->rig->loop,
                                    .queue = place->queue,
                                    .gate = place->gate,
                                    .claims = claims,
                                    .is_retrying = is_retrying };
}

/* A path in the folder; the caller frees it. */
static inline char *place_path(const struct place *place, const char *name)
{
    struct buf path = BUF_EMPTY;

    buf_printf(&path, "%s/%s", place->dir, name);
    return buf_take(&path);
}

/* What a file of the folder holds; good until the next call. "(none)" if there is none. */
static inline const char *place_read(const struct place *place, const char *name)
{
    static struct buf text;
    char *path = place_path(place, name);
    struct error err;

    buf_fini(&text);
    if (!file_read(path, 1 << 20, &text, &err))
        buf_add_string(&text, err.sys_errno == ENOENT ? "(none)" : err.text);
    free(path);
    return buf_slice(&text).ptr;
}

static inline void place_write(const struct place *place, const char *name, const char *text)
{
    char *path = place_path(place, name);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
    free(path);
}

/* The folder's name as DIR, in what is to be compared. */
static inline void place_assert_log(const struct place *place, const char *want)
{
    CLEANUP(buf_fini) struct buf shown = BUF_EMPTY;
    struct slice rest = buf_slice(&logged);
    size_t at;

    while ((at = slice_find(rest, slice_from(place->dir))) != SLICE_NOT_FOUND) {
        buf_add(&shown, slice_sub(rest, 0, at));
        buf_add_string(&shown, "DIR");
        rest = slice_sub(rest, at + strlen(place->dir), rest.len);
    }
    buf_add(&shown, rest);
    assert_string_equal(buf_slice(&shown).ptr, want);
    buf_clear(&logged);
}
