/* SPDX-License-Identifier: MIT */
/* The values of the template language.
 *
 * A value is 32 bytes, passed and copied freely, and never counted: what it points to belongs to an
 * arena (a render's, or that of a document) or is constant. Values of a document are immutable.
 *
 * What Consul sends is kept as C structs (data/catalog.h). The language sees them through
 * descriptors: `struct type` names the fields and says where in the C struct each one lives, so a
 * document holds each text once and a field costs nothing until a template asks for it.
 *
 * Types, and the names that %T prints for them, are those of the peer's language (Go). */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "base/arena.h"
#include "base/slice.h"

enum kind {
    KIND_ANY, /* only as the static type of a place (Go's interface {}); no value has it */
    KIND_BOOL,
    KIND_INT,  /* int, int64: value.integer */
    KIND_UINT, /* uint64, uint8: value.natural */
    KIND_FLOAT,
    KIND_COMPLEX,
    KIND_STRING,
    KIND_LIST,
    KIND_MAP,
    KIND_STRUCT,   /* value.object is a C struct that type->fields describes */
    KIND_POINTER,  /* to a struct: value.object, which may be NULL; type->elem is the struct's type
                    */
    KIND_CHANNEL,  /* loop's: can be ranged over once */
    KIND_SCRATCH,  /* the one kind with methods */
    KIND_TIME,     /* value.time, UTC */
    KIND_DURATION, /* value.integer, nanoseconds */
};

/* How the elements of a list or map, or a field of a C struct, lie in memory. */
enum storage {
    STORED_VALUES, /* struct value */
    STORED_TEXTS,  /* struct text */
    STORED_SLICES, /* struct slice: the operator's own text (KV, certificates, datacenters) */
    STORED_FOREIGN_SLICES, /* struct slice: text of Consul's catalogue */
    STORED_OBJECTS,        /* C structs one after the other, each type->elem's size */
    STORED_POINTERS,       /* pointers to C structs */
    STORED_BYTES,          /* uint8_t: []uint8 */
    STORED_NUMBERS,        /* int64_t, uint64_t, double or bool, as the type's kind says */
};

struct type;

struct field {
    const char *name;
    const struct type *type;
    enum storage storage; /* for lists and maps: how their elements are stored */
    size_t offset;        /* in the C struct */
};

struct type {
    const char *name; /* as %T prints it */
    enum kind kind;
    const struct type *key;     /* of a map */
    const struct type *elem;    /* of a list, map, channel; what a pointer points to */
    const struct field *fields; /* of a struct, in the order in which it prints */
    size_t n_fields;
    size_t size; /* of the C struct */
};

/* Which bytes of a text came from Consul's catalogue: they must not be able to add a line or a
 * directive to a configuration. Sorted, not touching, not empty. */
struct span {
    size_t from, to;
};

struct spans {
    size_t n;
    struct span items[];
};

/* A text value. foreign: NULL, the operator's own bytes throughout; SPANS_ALL, all of it is
 * Consul's, also if that is nothing: an empty word has its place in a line, too; else the spans
 * that are. */
struct text {
    const char *ptr;
    size_t len;
    const struct spans *foreign;
};

extern const struct spans spans_all;
#define SPANS_ALL (&spans_all)

struct pair { /* an entry of a map[string]string in a document */
    struct slice key, value;
};

/* The C form of a list or map field: n elements, stored as the field says. A map is an array of
 * struct pair (STORED_FOREIGN_SLICES, STORED_SLICES), sorted by key. */
struct array {
    const void *items;
    size_t n;
};

struct map_object; /* a map of the render's: value_map_* */

struct value {
    const struct type *type; /* NULL: nil, or no value at all */
    union {
        bool boolean;
        int64_t integer;
        uint64_t natural;
        double real;
        struct {
            double real, imaginary;
        } complex;
        struct text text;
        struct {
            const void *items;
            size_t n;
            enum storage storage;
        } list;
        struct {
            union {
                struct map_object *object; /* STORED_VALUES: made while rendering, may change */
                const struct pair *pairs;  /* STORED_SLICES, STORED_FOREIGN_SLICES: n of them */
                const struct named_object *objects; /* STORED_POINTERS: n of them */
            };
            size_t n; /* unused for STORED_VALUES */
            enum storage storage;
        } map;
        const void *object; /* struct, pointer */
        void *state;        /* channel, scratch */
        struct timespec time;
    };
};

struct named_object { /* an entry of a map from text to C structs, sorted by key; the key is foreign
                       */
    struct slice key;
    const void *object;
};

#define VALUE_NIL ((struct value){ .type = NULL })

/* The types that the language itself has. Those of Consul's answers are in data/catalog.h. */
extern const struct type type_any, type_bool, type_int, type_int64, type_uint64, type_uint8,
    type_float64, type_complex128, type_string;
extern const struct type type_string_list; /* []string */
extern const struct type type_tags;        /* dependency.ServiceTags */
extern const struct type type_any_list;    /* []interface {} */
extern const struct type type_bytes;       /* []uint8 */
extern const struct type type_string_map;  /* map[string]string */
extern const struct type type_any_map;     /* map[string]interface {} */
extern const struct type type_any_key_map; /* map[interface {}]interface {} */
extern const struct type type_loop;        /* <-chan int64 */
extern const struct type type_scratch;     /* *template.Scratch, the peer's name of it */
extern const struct type type_time, type_duration;

static inline struct value value_bool(bool boolean)
{
    return (struct value){ .type = &type_bool, .boolean = boolean };
}

static inline struct value value_int(int64_t integer) /* Go's int */
{
    return (struct value){ .type = &type_int, .integer = integer };
}

static inline struct value value_int64(int64_t integer)
{
    return (struct value){ .type = &type_int64, .integer = integer };
}

static inline struct value value_uint64(uint64_t natural)
{
    return (struct value){ .type = &type_uint64, .natural = natural };
}

static inline struct value value_float(double real)
{
    return (struct value){ .type = &type_float64, .real = real };
}

/* The operator's own text; not copied. */
static inline struct value value_string(struct slice text)
{
    return (struct value){ .type = &type_string, .text = { text.ptr, text.len, NULL } };
}

static inline struct value value_foreign_string(struct slice text)
{
    return (struct value){ .type = &type_string, .text = { text.ptr, text.len, SPANS_ALL } };
}

static inline struct slice value_slice(const struct value *string)
{
    return (struct slice){ string->text.ptr, string->text.len };
}

static inline enum kind value_kind(const struct value *value) /* of nil: KIND_ANY */
{
    return value->type ? value->type->kind : KIND_ANY;
}

/* --- Lists --------------------------------------------------------------------------------- */

/* A list over existing items, which are not copied. */
struct value value_list(const struct type *type, enum storage storage, const void *items, size_t n);
/* The element; i must be below list.n. */
struct value value_list_get(const struct value *list, size_t i);

/* The elements [from, to), not copied; to must be at most list.n. */
struct value value_list_slice(const struct value *list, size_t from, size_t to);

/* --- Structs ------------------------------------------------------------------------------- */

/* The field with this exact name of a struct type, or NULL. A pointer type: of what it points to.
 */
const struct field *type_find_field(const struct type *type, struct slice name);
/* The field's value; object is the C struct. */
struct value value_field(const void *object, const struct field *field);

/* --- Maps ---------------------------------------------------------------------------------- */

/* A new, empty, changeable map of that type in the arena (type_any_map, a map[string]list, …). */
struct value value_map_new(struct arena *arena, const struct type *type);
size_t value_map_len(const struct value *map);
/* False when there is no such key; a key of a wrong kind is simply not there. */
bool value_map_find(const struct value *map, const struct value *key, struct value *ret_value);
bool value_map_find_string(const struct value *map, struct slice key, struct value *ret_value);
/* The i-th entry in key order: strings by bytes, numbers by value, false before true, mixed kinds
 * in the order nil, ints, uints, floats, … as the peer prints them. */
void value_map_at(const struct value *map, size_t i, struct value *ret_key,
                  struct value *ret_value);
/* Sets an entry of a map from value_map_new(); the key is kept as given, text included. */
void value_map_put(const struct value *map, struct arena *arena, struct value key,
                   struct value value);
void value_map_remove(const struct value *map, const struct value *key);
struct value_pair {
    struct value key, value;
};

/* A map of n entries in any order, of which the last with a key wins. Takes the array over: it must
 * live in the arena. For building large maps: value_map_put() moves what follows the new entry. */
struct value value_map_from_pairs(struct arena *arena, const struct type *type,
                                  struct value_pair *pairs, size_t n);
/* What an absent key yields: nil, "" for a map of strings, an empty list for a map of lists. */
struct value value_zero(const struct type *type);

/* --- Questions about values ---------------------------------------------------------------- */

bool value_is_true(const struct value *value); /* the language's truth, section 7 */
bool value_is_string(const struct value *value);

/* --- Foreign bytes ------------------------------------------------------------------------- */

static inline bool text_is_foreign(const struct text *text) /* any byte, or the lack of them */
{
    return text->foreign != NULL;
}

/* The spans of a text one after the other, begun with *next 0; a wholly foreign text is one span,
 * which may be empty. False: no more. */
bool text_next_span(const struct text *text, size_t *next, struct span *ret_span);

/* A text under construction that remembers which of its bytes are foreign. Builtins that print,
 * join, split, trim, indent or replace keep the spans; any other function with a foreign argument
 * yields a wholly foreign text. */
struct text_builder {
    struct arena *arena;
    char *ptr;
    size_t len, cap;
    struct spans *spans; /* room for cap_spans */
    size_t n_spans, cap_spans;
    bool has_foreign; /* something was added, be it empty */
};

void text_builder_init(struct text_builder *builder, struct arena *arena);
void text_builder_add(struct text_builder *builder, struct slice own);
void text_builder_add_foreign(struct text_builder *builder, struct slice foreign);
void text_builder_add_text(struct text_builder *builder, const struct text *text);
/* The finished text in the arena. */
struct text text_builder_finish(struct text_builder *builder);
/* The bytes [from, to) with their spans. */
struct text text_sub(struct arena *arena, const struct text *text, size_t from, size_t to);
struct value value_text(struct text text);
/* A string that is wholly foreign if `is_foreign`. */
struct value value_string_of(struct slice text, bool is_foreign);
