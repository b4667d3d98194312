/* SPDX-License-Identifier: MIT */
/* The search for culprits: changes are letters of a text, a capital starts another question. A
 * trial is refused if it takes a guilty one. */
#include "delivery/suspects.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "unit.h"

#define MAX_CHANGES 2000

static size_t make_questions(const char *changes, size_t *questions)
{
    size_t n = strlen(changes), question = 0;

    for (size_t i = 0; i < n; i++) {
        question += isupper((unsigned char)changes[i]) != 0;
        questions[i] = question;
    }
    return n;
}

static const struct {
    const char *name, *changes, *guilty;
    size_t max_trials;
    const char *trials; /* what each takes, '-' for nothing; refused ones in brackets */
    enum suspects_outcome outcome;
    const char *cleared;
} rows[] = {
    { "one change", "A", "A", 12, "[A] -", SUSPECTS_FOUND, "" },
    { "a refusal that does not repeat", "AbC", "", 12, "AbC", SUSPECTS_NOT_REPEATED, "AbC" },
    { "not among them", "AbC", "*", 12, "[AbC] [-]", SUSPECTS_NOT_AMONG, "" },
    { "no change at all", "", "*", 12, "", SUSPECTS_NOT_AMONG, "" },
    { "a question among two", "AB", "A", 12, "[AB] - [A] B", SUSPECTS_FOUND, "B" },
    { "the other one needs no trial", "AB", "B", 12, "[AB] - A", SUSPECTS_FOUND, "A" },
    { "questions come before what is in them", "AbcdefghiB", "B", 12, "[AbcdefghiB] - Abcdefghi",
      SUSPECTS_FOUND, "Abcdefghi" },
    { "an instance in a question", "AbcdE", "c", 12, "[AbcdE] - [Abcd] Ab [Abc] AbdE",
      SUSPECTS_FOUND, "AbdE" },
    { "two of them", "AbcdEfgh", "bg", 12,
      "[AbcdEfgh] - [Abcd] [Ab] A [AcdEfgh] Acd AcdEf [AcdEfg] AcdEfh", SUSPECTS_FOUND, "AcdEfh" },
    { "all of them", "AB", "AB", 12, "[AB] - [A] [B]", SUSPECTS_FOUND, "" },
    { "neighbours", "Abcd", "bc", 12, "[Abcd] - [Ab] A [Acd] [Ac] Ad", SUSPECTS_FOUND, "Ad" },
    { "too few trials", "Abcdefgh", "h", 4, "[Abcdefgh] - Abcd Abcdef", SUSPECTS_FOUND, "Abcdef" },
    { "not even enough for the base", "Ab", "b", 1, "[Ab]", SUSPECTS_NOT_AMONG, "" },
};

static bool is_refused(const char *changes, const bool *is_tried, const char *guilty)
{
    if (*guilty == '*')
        return true;
    for (size_t i = 0; changes[i]; i++) {
        if (is_tried[i] && strchr(guilty, changes[i]))
            return true;
    }
    return false;
}

static void add_set(struct buf *out, const char *changes, const bool *is_in)
{
    for (size_t i = 0; changes[i]; i++)
        buf_add(out, slice_of(changes + i, is_in[i]));
}

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        CLEANUP(buf_fini) struct buf trials = BUF_EMPTY, cleared = BUF_EMPTY;
        size_t questions[16], n = make_questions(rows[i].changes, questions);
        struct suspects suspects;
        const bool *is_tried;

        print_message("%s\n", rows[i].name);
        suspects_init(&suspects, questions, n, rows[i].max_trials);
        while ((is_tried = suspects_next(&suspects)) != NULL) {
            bool is_bad = is_refused(rows[i].changes, is_tried, rows[i].guilty);
            size_t before;

            buf_add_string(&trials, trials.len ? " " : "");
            buf_add_string(&trials, is_bad ? "[" : "");
            before = trials.len;
            add_set(&trials, rows[i].changes, is_tried);
            buf_add_string(&trials, trials.len == before ? "-" : "");
            buf_add_string(&trials, is_bad ? "]" : "");
            suspects_judge(&suspects, !is_bad);
        }
        add_set(&cleared, rows[i].changes, suspects.is_cleared);
        assert_string_equal(trials.len ? trials.ptr : "", rows[i].trials);
        assert_int_equal(suspects.outcome, rows[i].outcome);
        assert_string_equal(cleared.len ? cleared.ptr : "", rows[i].cleared);
        suspects_fini(&suspects);
    }
}

/* One culprit among 500 instances is found within 12 trials, wherever it is. */
static void test_many_changes(void **state)
{
    static size_t questions[MAX_CHANGES]; /* one question */

    (void)state;
    for (size_t guilty = 0; guilty < 500; guilty += 37) {
        struct suspects suspects;
        const bool *is_tried;

        suspects_init(&suspects, questions, 500, 12);
        while ((is_tried = suspects_next(&suspects)) != NULL)
            suspects_judge(&suspects, !is_tried[guilty]);
        assert_int_equal(suspects.outcome, SUSPECTS_FOUND);
        for (size_t i = 0; i < 500; i++)
            assert_int_equal(suspects.is_cleared[i], i != guilty);
        assert_in_range(suspects.n_trials, 1, 12);
        suspects_fini(&suspects);
    }
}

/* Whoever is guilty: with trials enough exactly these are left out, and with few never one of them
 * is let in. */
static void test_any_culprits(void **state)
{
    (void)state;
    srand(1);
    for (unsigned run = 0; run < 2000; run++) {
        size_t n = 1 + (size_t)rand() % 40, questions[40];
        bool guilty[40], has_any = false;
        size_t max_trials = run % 2 ? 1000 : (size_t)rand() % 14;
        struct suspects suspects;
        const bool *is_tried;

        for (size_t i = 0; i < n; i++) {
            questions[i] = i / 7;
            guilty[i] = rand() % 5 == 0;
            has_any |= guilty[i];
        }
        suspects_init(&suspects, questions, n, max_trials);
        while ((is_tried = suspects_next(&suspects)) != NULL) {
            bool is_bad = false;

            for (size_t i = 0; i < n; i++)
                is_bad |= is_tried[i] && guilty[i];
            suspects_judge(&suspects, !is_bad);
        }
        assert_true(suspects.n_trials <= max_trials);
        for (size_t i = 0; i < n; i++) {
            assert_false(suspects.is_cleared[i] && guilty[i]);
            if (max_trials == 1000)
                assert_true(suspects.is_cleared[i] || guilty[i]);
        }
        if (max_trials == 1000)
            assert_int_equal(suspects.outcome, has_any ? SUSPECTS_FOUND : SUSPECTS_NOT_REPEATED);
        suspects_fini(&suspects);
    }
}

static void test_a_trial_that_cannot_be_made(void **state)
{
    size_t questions[] = { 0, 1 };
    struct suspects suspects;

    (void)state;
    suspects_init(&suspects, questions, 2, 12);
    suspects_judge(&suspects, false);
    suspects_stop(&suspects);
    assert_int_equal(suspects.outcome, SUSPECTS_NOT_AMONG);
    assert_null(suspects_next(&suspects));
    suspects_fini(&suspects);

    suspects_init(&suspects, questions, 2, 12);
    suspects_judge(&suspects, false);
    suspects_judge(&suspects, true);
    suspects_stop(&suspects);
    assert_int_equal(suspects.outcome, SUSPECTS_FOUND);
    assert_false(suspects.is_cleared[0] || suspects.is_cleared[1]);
    suspects_fini(&suspects);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_many_changes),
        cmocka_unit_test(test_any_culprits),
        cmocka_unit_test(test_a_trial_that_cannot_be_made),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
