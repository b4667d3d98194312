/* SPDX-License-Identifier: MIT */
/* Base64 and hashes. */
#include "tmpl/support.h"

static const struct support_case cases[] = {
    { "encode nothing", "base64Encode", { "t:" }, "", NULL },
    { "encode one byte", "base64Encode", { "t:f" }, "Zg==", NULL },
    { "encode two bytes", "base64Encode", { "t:fo" }, "Zm8=", NULL },
    { "encode three bytes", "base64Encode", { "t:foo" }, "Zm9v", NULL },
    { "encode any byte", "base64Encode", { "t:\xff\xef" }, "/+8=", NULL },
    { "encode for URLs", "base64URLEncode", { "t:\xff\xef" }, "_-8=", NULL },
    { "encode what is foreign", "base64Encode", { "s:f<oo>" }, "<Zm9v>", NULL },
    { "decode", "base64Decode", { "t:Zm9vYg==" }, "foob", NULL },
    { "decode two digits less", "base64Decode", { "t:Zm9vYmE=" }, "fooba", NULL },
    { "decode nothing", "base64Decode", { "t:" }, "", NULL },
    { "decode lines", "base64Decode", { "t:\r\nZ\nm9\rv\nYg\n=\n=\r\n" }, "foob", NULL },
    { "decode lines only", "base64Decode", { "t:\r\n" }, "", NULL },
    { "decode for URLs", "base64URLDecode", { "t:_-8=" }, "\xff\xef", NULL },
    { "decode: bits to spare", "base64Decode", { "t:Zh==" }, "f", NULL },
    { "no padding", "base64Decode", { "t:Zg" }, NULL, "no Base64 at offset 0" },
    { "no padding in the second group",
      "base64Decode",
      { "t:Zm9vYg" },
      NULL,
      "no Base64 at offset 4" },
    { "a digit alone", "base64Decode", { "t:Zm9vY" }, NULL, "no Base64 at offset 4" },
    { "half of the padding", "base64Decode", { "t:Zg=" }, NULL, "no Base64 at offset 3" },
    { "half of the padding, then more",
      "base64Decode",
      { "t:Zg=Z" },
      NULL,
      "no Base64 at offset 2" },
    { "padding too early", "base64Decode", { "t:Z===" }, NULL, "no Base64 at offset 1" },
    { "padding alone", "base64Decode", { "t:====" }, NULL, "no Base64 at offset 0" },
    { "more behind the padding", "base64Decode", { "t:Zg==Zg==" }, NULL, "no Base64 at offset 4" },
    { "padding too long", "base64Decode", { "t:Zm8==" }, NULL, "no Base64 at offset 4" },
    { "a space", "base64Decode", { "t:Zm 9v" }, NULL, "no Base64 at offset 2" },
    { "the other alphabet", "base64Decode", { "t:Zm9_" }, NULL, "no Base64 at offset 3" },
    { "and the other way round", "base64URLDecode", { "t:/+8=" }, NULL, "no Base64 at offset 0" },

    { "sha256Hex",
      "sha256Hex",
      { "t:abc" },
      "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
      NULL },
    { "sha256Hex of nothing",
      "sha256Hex",
      { "t:" },
      "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
      NULL },
    { "md5sum", "md5sum", { "t:abc" }, "900150983cd24fb0d6963f7d28e17f72", NULL },
    { "md5sum of what is foreign",
      "md5sum",
      { "s:a<b>c" },
      "<900150983cd24fb0d6963f7d28e17f72>",
      NULL },
    { "hmacSHA256Hex: the message, then the key",
      "hmacSHA256Hex",
      { "t:what do ya want for nothing?", "t:Jefe" },
      "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
      NULL },
    { "hmacSHA256Hex without a key",
      "hmacSHA256Hex",
      { "t:", "t:" },
      "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad",
      NULL },
};

static void test_cases(void **state)
{
    (void)state;
    support_run(&functions_encoding, cases, ARRAY_SIZE(cases));
}

static void test_nul_is_no_digit(void **state)
{
    struct value arg = value_string(SLICE("Zm9\0")), ret;
    struct support support;

    (void)state;
    support_init(&support);
    assert_false(
        support_call(&support, support_find(&functions_encoding, "base64Decode"), &arg, 1, &ret));
    assert_string_equal(support.err.text, "no Base64 at offset 3");
    support_fini(&support);
}

/* All bytes, of all lengths of a last group. */
static void test_there_and_back(void **state)
{
    char bytes[300];

    (void)state;
    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = (char)(i * 7);
    for (size_t n = 0; n < sizeof(bytes); n++) {
        struct value plain = value_string(slice_of(bytes, n)), encoded, decoded;
        struct support support;

        support_init(&support);
        assert_true(support_call(&support, support_find(&functions_encoding, "base64Encode"),
                                 &plain, 1, &encoded));
        assert_int_equal(encoded.text.len, (n + 2) / 3 * 4);
        assert_true(support_call(&support, support_find(&functions_encoding, "base64Decode"),
                                 &encoded, 1, &decoded));
        assert_true(slice_equal(value_slice(&plain), value_slice(&decoded)));
        support_fini(&support);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cases),
        cmocka_unit_test(test_nul_is_no_digit),
        cmocka_unit_test(test_there_and_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
