/* SPDX-License-Identifier: MIT */
/* Any arguments in any format: printing ends, below its limit, writes the same bytes whoever they
 * belong to, and marks foreign ones only where an argument brought some. Numbers are compared with
 * the C library where the languages agree.
 *
 * An input is a byte for the number of arguments, the arguments (a letter, then what it needs), and
 * the format. */
#include <math.h>
#include <string.h>

#include "base/limits.h"
#include "fuzz/fuzz.h"
#include "tmpl/print.h"

#define MAX_ARGS  8
#define MAX_DEPTH 8

struct input {
    struct slice rest;
    struct arena *arena;
    bool is_foreign; /* the texts of this run */
};

static unsigned char take_byte(struct input *input)
{
    if (input->rest.len == 0)
        return 0;
    input->rest.ptr++;
    input->rest.len--;
    return (unsigned char)input->rest.ptr[-1];
}

static uint64_t take_bits(struct input *input)
{
    uint64_t bits = 0;
    size_t n = input->rest.len < sizeof(bits) ? input->rest.len : sizeof(bits);

    memcpy(&bits, input->rest.ptr, n);
    input->rest = slice_sub(input->rest, n, input->rest.len);
    return bits;
}

static double take_double(struct input *input)
{
    uint64_t bits = take_bits(input);
    double number;

    memcpy(&number, &bits, sizeof(number));
    return number;
}

static struct slice take_text(struct input *input)
{
    struct slice text = slice_sub(input->rest, 0, take_byte(input) % 32);

    input->rest = slice_sub(input->rest, text.len, input->rest.len);
    return text;
}

struct thing {
    struct slice name;
    int64_t port;
    double weight;
};

static const struct field thing_fields[] = {
    { "Name", &type_string, STORED_SLICES, offsetof(struct thing, name) },
    { "Port", &type_int, STORED_NUMBERS, offsetof(struct thing, port) },
    { "Weight", &type_float64, STORED_NUMBERS, offsetof(struct thing, weight) },
};
static const struct type thing_type = { .name = "fuzz.Thing",
                                        .kind = KIND_STRUCT,
                                        .fields = thing_fields,
                                        .n_fields = ARRAY_SIZE(thing_fields),
                                        .size = sizeof(struct thing) };
static const struct type pointer_type = { .name = "*fuzz.Thing",
                                          .kind = KIND_POINTER,
                                          .elem = &thing_type };

static struct value take_value(struct input *input, unsigned depth);

static struct value take_list(struct input *input, unsigned depth)
{
    size_t n = take_byte(input) % 4;
    struct value *items = ARENA_ARRAY(input->arena, n + 1, struct value);

    for (size_t i = 0; i < n; i++)
        items[i] = take_value(input, depth + 1);
    return value_list(&type_any_list, STORED_VALUES, items, n);
}

static struct value take_map(struct input *input, unsigned depth)
{
    struct value map = value_map_new(input->arena, &type_any_map);

    for (size_t n = take_byte(input) % 4; n > 0; n--) {
        struct value key = value_string_of(take_text(input), input->is_foreign);

        value_map_put(&map, input->arena, key, take_value(input, depth + 1));
    }
    return map;
}

static struct value take_thing(struct input *input, const struct type *type)
{
    struct thing *thing = ARENA_NEW(input->arena, struct thing);

    thing->name = take_text(input);
    thing->port = (int64_t)take_bits(input);
    thing->weight = take_double(input);
    return (struct value){ .type = type, .object = thing };
}

static struct value take_time(struct input *input)
{
    struct value value = { .type = &type_time };

    value.time.tv_sec = (int64_t)(take_bits(input) % (1ull << 38)) - (1ll << 37);
    value.time.tv_nsec = (long)(take_bits(input) % 1000000000);
    return value;
}

static struct value take_value(struct input *input, unsigned depth)
{
    struct value value = { .type = &type_complex128 };
    struct slice text;

    switch (depth < MAX_DEPTH ? take_byte(input) : 'i') {
    case 'b': return value_bool(take_byte(input) & 1);
    case 'i': return value_int((int64_t)take_bits(input));
    case 'u': return value_uint64(take_bits(input));
    case 'f': return value_float(take_double(input));
    case 'c':
        value.complex.real = take_double(input);
        value.complex.imaginary = take_double(input);
        return value;
    case 's': return value_string_of(take_text(input), input->is_foreign);
    case 'B':
        text = take_text(input);
        return value_list(&type_bytes, STORED_BYTES, text.ptr, text.len);
    case 'L': return take_list(input, depth);
    case 'M': return take_map(input, depth);
    case 'S': return take_thing(input, &thing_type);
    case 'P': return take_thing(input, &pointer_type);
    case 'Z': return (struct value){ .type = &pointer_type, .object = NULL };
    case 't': return take_time(input);
    case 'd':
        value = value_int64((int64_t)take_bits(input));
        value.type = &type_duration;
        return value;
    default: return VALUE_NIL;
    }
}

static void check_spans(const struct text *text)
{
    size_t at = 0;

    if (text->foreign == SPANS_ALL || !text->foreign)
        return;
    FUZZ_CHECK(text->foreign->n > 0);
    for (size_t i = 0; i < text->foreign->n; i++) {
        FUZZ_CHECK(text->foreign->items[i].from < text->foreign->items[i].to);
        FUZZ_CHECK(i == 0 || text->foreign->items[i].from > at);
        at = text->foreign->items[i].to;
    }
    FUZZ_CHECK(at <= text->len);
}

/* The whole input, with texts of the one or the other origin. */
static bool print_input(struct input input, struct text *ret_text)
{
    struct value args[MAX_ARGS];
    size_t n_args = take_byte(&input) % (MAX_ARGS + 1);
    struct text_builder out;
    struct error err = ERROR_EMPTY;

    for (size_t i = 0; i < n_args; i++)
        args[i] = take_value(&input, 0);

    struct text format = { input.rest.ptr, input.rest.len, NULL };

    text_builder_init(&out, input.arena);

    bool is_good = print_formatted(&out, &format, args, n_args, &err);

    FUZZ_CHECK(is_good || err.code == ERROR_LIMIT);
    FUZZ_CHECK(out.len <= LIMIT_OUTPUT_BYTES);
    *ret_text = text_builder_finish(&out);
    return is_good;
}

/* %e and %f mean the same in C. */
static void check_float(struct input input)
{
    static const char *const flags[] = { "", "+", "-", "0", " ", "+0", "-+", " 0" };
    char format[32], want[512];
    struct value arg = value_float(take_double(&input));
    struct text_builder out;
    struct error err = ERROR_EMPTY;

    if (!isfinite(arg.real))
        return;
    snprintf(format, sizeof(format), "%%%s%u.%u%c", flags[take_byte(&input) % ARRAY_SIZE(flags)],
             take_byte(&input) % 40, take_byte(&input) % 60, "ef"[take_byte(&input) % 2]);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    snprintf(want, sizeof(want), format, arg.real);
#pragma GCC diagnostic pop
    text_builder_init(&out, input.arena);
    FUZZ_CHECK(
        print_formatted(&out, &(struct text){ format, strlen(format), NULL }, &arg, 1, &err));
    FUZZ_CHECK(slice_is(slice_of(out.ptr, out.len), want));
}

/* What print writes of a number reads back as the number. */
static void check_shortest(struct input input)
{
    double number = take_double(&input);
    CLEANUP(buf_fini) struct buf text = BUF_EMPTY;

    print_add_double(&text, number, 'g', -1, 6);
    FUZZ_CHECK(isnan(number) || strtod(text.ptr, NULL) == number);
    FUZZ_CHECK(text.len <= 24);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(arena_fini) struct arena arena = ARENA_EMPTY;
    struct input input = { fuzz_text(data, size), &arena, false };
    struct text own, foreign;
    bool is_good = print_input(input, &own);

    input.is_foreign = true;
    FUZZ_CHECK(print_input(input, &foreign) == is_good);
    FUZZ_CHECK(!own.foreign);
    FUZZ_CHECK(slice_equal(slice_of(own.ptr, own.len), slice_of(foreign.ptr, foreign.len)));
    check_spans(&foreign);
    check_float(input);
    check_shortest(input);
    return 0;
}
