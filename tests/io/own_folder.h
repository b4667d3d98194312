/* SPDX-License-Identifier: MIT */
/* A folder of its own for a test that works with files: the working directory while it runs. */
#pragma once

#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

struct folder {
    char path[64];
    int previous_fd;
};

static inline void folder_init_in(struct folder *folder, const char *where)
{
    snprintf(folder->path, sizeof(folder->path), "%s/edgewright-test-XXXXXX", where);
    folder->previous_fd = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_true(folder->previous_fd >= 0);
    assert_non_null(mkdtemp(folder->path));
    assert_int_equal(chdir(folder->path), 0);
}

static inline void folder_init(struct folder *folder)
{
    folder_init_in(folder, "/tmp");
}

static inline int folder_remove(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st;
    (void)type;
    (void)ftw;
    return remove(path);
}

static inline void folder_fini(struct folder *folder)
{
    assert_int_equal(fchdir(folder->previous_fd), 0);
    close(folder->previous_fd);
    assert_int_equal(nftw(folder->path, folder_remove, 8, FTW_DEPTH | FTW_PHYS), 0);
}

static inline int folder_setup(void **state)
{
    struct folder *folder = malloc(sizeof(*folder));

    folder_init(folder);
    *state = folder;
    return 0;
}

static inline int folder_teardown(void **state)
{
    folder_fini(*state);
    free(*state);
    return 0;
}

/* Written in place: what others do to files. */
static inline void put_file(const char *path, const char *text, mode_t mode)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(chmod(path, mode), 0);
}

#define FOLDER_TEST(fn) cmocka_unit_test_setup_teardown(fn, folder_setup, folder_teardown)
