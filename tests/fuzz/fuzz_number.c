/* SPDX-License-Identifier: MIT */
/* Any bytes as a number: the readers agree with each other and, where it reads the same language,
 * with the C library. */
#include <errno.h>
#include <math.h>
#include <string.h>

#include "fuzz/fuzz.h"
#include "tmpl/number.h"

static bool is_same(double a, double b)
{
    return memcmp(&a, &b, sizeof(a)) == 0 || (isnan(a) && isnan(b));
}

static void check_integers(struct slice text, const char *string)
{
    int64_t integer = 0;
    uint64_t natural = 0;
    enum number_status status = number_parse_int(text, 10, &integer);

    if (number_parse_uint(text, 10, &natural) == NUMBER_OK) {
        errno = 0;
        FUZZ_CHECK(strtoull(string, NULL, 10) == natural && errno == 0);
        FUZZ_CHECK(status == (natural > INT64_MAX ? NUMBER_OUT_OF_RANGE : NUMBER_OK));
    }
    if (status == NUMBER_BAD_SYNTAX)
        return;

    long long want = (errno = 0, strtoll(string, NULL, 10));

    FUZZ_CHECK((status == NUMBER_OUT_OF_RANGE) == (errno == ERANGE));
    FUZZ_CHECK(status == NUMBER_OUT_OF_RANGE || want == integer);
}

static void check_float(struct slice text, const char *string)
{
    double real;
    enum number_status status = number_parse_float(text, &real);

    if (status == NUMBER_BAD_SYNTAX || strchr(string, '_'))
        return;

    char *end;
    double want = strtod(string, &end);

    FUZZ_CHECK(*end == '\0' && (size_t)(end - string) == text.len);
    FUZZ_CHECK(status == NUMBER_OK ? is_same(real, want) : isinf(want));
}

/* A constant is at least one thing, and the same number as each of them. */
static void check_literal(struct slice text)
{
    struct number number;
    struct value value = VALUE_NIL;

    if (number_parse_literal(text, &number) != NUMBER_OK)
        return;
    FUZZ_CHECK(number.is_int || number.is_uint || number.is_float || number.is_complex);
    FUZZ_CHECK(number_scan(text) <= text.len);
    if (number.is_int && number.is_uint)
        FUZZ_CHECK((uint64_t)number.integer == number.natural);
    if (number.is_int && number.is_float)
        FUZZ_CHECK((double)number.integer == number.real);
    if (number.is_uint && number.is_float)
        FUZZ_CHECK((double)number.natural == number.real);
    if (!number_to_value(&number, &value))
        FUZZ_CHECK(number.is_uint && number.natural > INT64_MAX);
    else
        FUZZ_CHECK(value.type != NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice text = fuzz_text(data, size);
    char *string = slice_to_string(text);

    FUZZ_CHECK(number_scan(text) <= text.len);
    check_literal(text);
    if (strlen(string) == size) {
        check_integers(text, string);
        check_float(text, string);
    }
    for (unsigned base = 0; base <= 36; base += 2) {
        int64_t integer;

        (void)!number_parse_int(text, base, &integer);
    }
    free(string);
    return 0;
}
