/* SPDX-License-Identifier: MIT */
/* Buffers, arenas, hash tables. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/map.h"
#include "unit.h"

static void test_buf(void **state)
{
    CLEANUP(buf_fini) struct buf buf = BUF_EMPTY;

    (void)state;
    assert_true(buf_slice(&buf).len == 0 && *buf_slice(&buf).ptr == '\0');
    for (int i = 0; i < 1000; i++)
        buf_printf(&buf, "%d,", i);
    assert_int_equal(buf.len, 10 * 2 + 90 * 3 + 900 * 4);
    assert_int_equal(buf.ptr[buf.len], '\0');
    buf_clear(&buf);
    buf_add_rune(&buf, 'a');
    buf_add_rune(&buf, 0xe9);
    buf_add_rune(&buf, 0x20ac);
    buf_add_rune(&buf, 0x1f600);
    buf_add_rune(&buf, 0xd800); /* not a character */
    assert_string_equal(buf.ptr, "a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\xef\xbf\xbd");

    char *text = buf_take(&buf);

    assert_null(buf.ptr);
    free(text);
}

static void test_arena(void **state)
{
    CLEANUP(arena_fini) struct arena arena = ARENA_EMPTY;

    (void)state;
    for (int round = 0; round < 3; round++) {
        for (size_t size = 0; size < 3000; size += 7) {
            char *ptr = arena_alloc(&arena, size);

            assert_int_equal((uintptr_t)ptr % _Alignof(uint64_t), 0);
            memset(ptr, 0x5a, size); /* the sanitizer sees an overlap with the heap's own */
        }
        /* Texts lie side by side. */
        struct slice text = arena_copy(&arena, SLICE("text"));
        struct slice next = arena_copy(&arena, SLICE("more"));

        assert_true(slice_is(text, "text") && slice_is(next, "more"));
        assert_int_equal(next.ptr - text.ptr, 5);
        arena_reset(&arena);
        assert_int_equal(arena.used, 0);
    }

    char *first = arena_alloc(&arena, 100);

    arena_trim(&arena, first, 100, 10);
    assert_true((char *)arena_alloc(&arena, 1) < first + 100);
}

/* What it was asked for, and little more, in however small pieces. */
static void test_a_tight_arena(void **state)
{
    CLEANUP(arena_fini) struct arena arena = { .is_tight = true };
    const char *last = NULL;
    size_t n_blocks = 0;

    (void)state;
    for (size_t i = 0; i < 10000; i++) {
        const char *ptr = arena_alloc(&arena, 16);

        n_blocks += last == NULL || ptr != last + 16;
        last = ptr;
    }
    assert_int_equal(arena.used, 160000);
    assert_in_range(n_blocks, 12, 40); /* doubling would take 8 */
    assert_true((size_t)(arena.end - arena.next) < arena.used / 4 + 1024);
}

/* How a process ends that asks an arena for n items of 16 bytes. */
static int arena_array_status(size_t n)
{
    int status = 0;
    pid_t child = fork();

    if (child == 0) {
        struct arena arena = ARENA_EMPTY;

        close(STDERR_FILENO);
        setrlimit(RLIMIT_CORE, &(struct rlimit){ 0, 0 });
        _exit(arena_alloc_array(&arena, n, 16) ? 0 : 3);
    }
    assert_true(child > 0 && waitpid(child, &status, 0) == child);
    return status;
}

static void test_arena_overflow(void **state)
{
    (void)state;
    assert_int_equal(arena_array_status(1), 0);
    /* Ends by itself or by the sanitizer: not with a block smaller than what was asked for. */
    assert_int_not_equal(arena_array_status(SIZE_MAX), 0);
    assert_int_not_equal(arena_array_status(SIZE_MAX / 16), 0);
}

#define N_NAMES 5000

static void test_map(void **state)
{
    CLEANUP(map_fini) struct map map = MAP_EMPTY;
    static char names[N_NAMES][8];
    size_t n = 0;

    (void)state;
    for (int i = 0; i < N_NAMES; i++) {
        snprintf(names[i], sizeof(names[i]), "k%d", i);
        assert_null(map_put(&map, slice_from(names[i]), names[i]));
    }
    /* Every third goes: what probing has moved behind it must still be found. */
    for (int i = 0; i < N_NAMES; i += 3)
        assert_ptr_equal(map_remove(&map, slice_from(names[i])), names[i]);
    for (int i = 0; i < N_NAMES; i++)
        assert_ptr_equal(map_find(&map, slice_from(names[i])), i % 3 ? names[i] : NULL);
    for (size_t i = 0; map_next(&map, &i);)
        n++;
    assert_int_equal(n, map.n);
    assert_ptr_equal(map_put(&map, SLICE("k1"), names[0]), names[1]);
    assert_null(map_remove(&map, SLICE("absent")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_buf),           cmocka_unit_test(test_arena),
        cmocka_unit_test(test_a_tight_arena), cmocka_unit_test(test_arena_overflow),
        cmocka_unit_test(test_map),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
