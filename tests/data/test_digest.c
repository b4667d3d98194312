/* SPDX-License-Identifier: MIT */
/* Tests of data/digest.h; the digests are FIPS 180-2's examples. */
#include "data/digest.h"

#include "unit.h"

#define OF_ABC "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

static void test_known_texts(void **state)
{
    struct digest abc = digest_of(SLICE("abc")), nothing = digest_of(SLICE(""));

    (void)state;
    assert_string_equal(abc.hex, OF_ABC);
    assert_string_equal(nothing.hex,
                        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    assert_false(digest_equal(&abc, &nothing));
}

static void test_parse(void **state)
{
    struct digest abc = digest_of(SLICE("abc")), read = DIGEST_NONE;

    (void)state;
    assert_true(digest_parse(SLICE(OF_ABC), &read));
    assert_true(digest_equal(&read, &abc));
    assert_false(digest_parse(SLICE(""), &read));
    assert_false(digest_parse(SLICE(OF_ABC "0"), &read));
    assert_false(digest_parse(
        SLICE("BA7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"), &read));
    assert_false(digest_parse(
        SLICE("../816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"), &read));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known_texts),
        cmocka_unit_test(test_parse),
    };

    return cmocka_run_group_tests_name("digest", tests, NULL, NULL);
}
