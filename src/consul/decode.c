/* SPDX-License-Identifier: MIT */
/* The body of an answer, in pieces, to a document. */
#include "decode.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/memory.h"
#include "decode_kinds.h"
#include "fingerprint.h"
#include "recall.h"

struct decoder {
    const struct decode_kind *kind;
    struct slice name;     /* that was asked for */
    bool keeps_order;      /* Consul has sorted by distance */
    struct document *doc;  /* the one that is made, or the pool that its elements are in */
    struct recall *recall; /* NULL: nothing is remembered */
    size_t n_next;         /* the number, then, of the element that may come next */
    struct parts parts;
    struct scanner scanner;
    struct recalled *elements;
    size_t n_elements, cap_elements;
    size_t n_bytes;         /* that the elements take, shared or not */
    struct decoded decoded; /* of an answer that is read whole */
    struct decode_summary summary;
};

static const struct decode_kind *const kinds[] = {
    [DEP_HEALTH_SERVICE] = &decode_health,
    [DEP_HEALTH_CONNECT] = &decode_health,
    [DEP_CATALOG_SERVICES] = &decode_services,
    [DEP_CATALOG_NODES] = &decode_nodes,
    [DEP_CATALOG_NODE] = &decode_node,
    [DEP_CATALOG_DATACENTERS] = &decode_datacenters,
    [DEP_KV_GET] = &decode_kv_get,
    [DEP_KV_LIST] = &decode_kv_list,
    [DEP_CA_ROOTS] = &decode_ca_roots,
    [DEP_CA_LEAF] = &decode_ca_leaf,
    [DEP_PARTITIONS] = &decode_partitions,
    [DEP_PEERINGS] = &decode_peerings,
    [DEP_EXPORTED_SERVICES] = &decode_exported_services,
    [DEP_IMPORTED_SERVICES] = &decode_imported_services,
};
static_assert(ARRAY_SIZE(kinds) == DEP_FILE, "one row for each kind that Consul answers");

const struct decode_kind *decode_kind_of(const struct dep *dep)
{
    assert((size_t)dep->kind < ARRAY_SIZE(kinds));
    return kinds[dep->kind];
}

/* --- Elements ------------------------------------------------------------------------------- */

bool decode_may_skip(struct slice json, struct arena *scratch, struct error *err)
{
    struct error syntax_err = ERROR_EMPTY;
    struct json_reader reader;

    json_init(&reader, json, LIMIT_JSON_DEPTH, scratch, &syntax_err);
    if (json_skip(&reader) && json_at_end(&reader))
        return true;
    /* Nested too deep, which is the registrant's doing, not a broken answer. */
    if (reader.has_failed && reader.depth == LIMIT_JSON_DEPTH)
        return true;
    if (reader.has_failed)
        *err = syntax_err;
    return false;
}

/* Room for one more zeroed item behind the n of that size. */
static char *make_room(struct arena *arena, char *items, size_t n, size_t *cap, size_t size)
{
    if (n == *cap) {
        *cap = *cap ? *cap * 2 : 4;

        char *grown = arena_alloc_array(arena, *cap, size);

        if (n)
            memcpy(grown, items, n * size);
        items = grown;
    }
    memset(items + n * size, 0, size);
    return items;
}

/* Decodes one value of a list into *object. False with is_skipped unset: the whole answer is bad.
 */
static bool read_object(struct parts *parts, bool (*element)(struct parts *parts, void *object),
                        void *object, bool *ret_is_skipped)
{
    struct slice raw;

    *ret_is_skipped = false;
    if (!json_read_raw(&parts->json, &raw))
        return false;

    struct json_reader outer = parts_enter(parts, raw);
    bool is_good = element(parts, object);

    parts_return(parts, outer);
    *ret_is_skipped = !is_good; /* it is JSON: json_read_raw() has checked that */
    return is_good;
}

bool decode_objects(struct parts *parts, struct decoded *decoded,
                    bool (*element)(struct parts *parts, void *object), size_t size,
                    int (*compare)(const void *a, const void *b), struct array *ret_objects)
{
    bool is_object = json_peek(&parts->json) == JSON_OBJECT, is_skipped;
    struct slice key;
    char *objects = NULL;
    size_t n = 0, cap = 0;

    if (is_object ? !json_enter_object(&parts->json) : !json_enter_array(&parts->json))
        return false;
    while (is_object ? json_next_member(&parts->json, &key) : json_next_element(&parts->json)) {
        objects = make_room(&parts->scratch, objects, n, &cap, size);
        if (read_object(parts, element, objects + n * size, &is_skipped)) {
            n++;
        } else if (!is_skipped) {
            return false;
        } else if (decoded->n_skipped++ == 0) {
            *decoded->skip_err = *parts->err;
        }
    }
    if (parts->json.has_failed)
        return false;
    if (compare && n > 1)
        qsort(objects, n, size, compare);
    *ret_objects = parts_keep_items(parts, objects, n, size);
    return true;
}

static bool skip_element(struct decoder *decoder, const struct error *why)
{
    if (decoder->summary.n_skipped++ == 0)
        decoder->summary.skip_err = *why;
    return true;
}

static bool read_key(struct decoder *decoder, const struct scanner_part *part,
                     struct slice *ret_key, struct error *err)
{
    *ret_key = decoder->name;
    if (decoder->scanner.shape != SCANNER_MEMBERS)
        return true;
    parts_begin(&decoder->parts, part->key, err);
    return parts_read_text(&decoder->parts, ret_key) && json_at_end(&decoder->parts.json);
}

static void keep_element(struct decoder *decoder, struct recalled element)
{
    element.number = (uint32_t)decoder->n_elements;
    GROW(decoder->elements, decoder->n_elements, decoder->cap_elements);
    decoder->elements[decoder->n_elements++] = element;
}

/* An element that the last answer had, too. */
static void keep_known(struct decoder *decoder, const struct recalled *known)
{
    decoder->n_bytes += known->size;
    decoder->n_next = (size_t)known->number + 1;
    keep_element(decoder, *known);
}

/* What was there then: in its place, or behind one that is gone or has changed. */
static size_t on_known(void *ctx, struct slice text)
{
    struct decoder *decoder = ctx;
    const struct recalled *known = recall_match(decoder->recall, decoder->n_next, text);

    if (!known)
        known = recall_match(decoder->recall, decoder->n_next + 1, text);
    if (!known || decoder->n_bytes > LIMIT_ANSWER_BYTES)
        return 0;
    keep_known(decoder, known);
    return known->n_bytes;
}

static bool add_element(struct decoder *decoder, const struct scanner_part *part, struct error *err)
{
    const struct arena *arena = &decoder->doc->arena;
    struct content content = CONTENT_START;
    struct recalled element = { .bytes = 0 };
    size_t used = arena->used;
    struct slice key;

    if (decoder->recall) {
        const struct recalled *known;

        element.bytes = fingerprint_of(part->value);
        element.n_bytes = (uint32_t)part->value.len; /* LIMIT_ELEMENT_BYTES at most */
        known = recall_find(decoder->recall, element.bytes);
        if (known) {
            keep_known(decoder, known);
            return true;
        }
    }
    if (!read_key(decoder, part, &key, err))
        return false; /* not even a member's name: no JSON */
    parts_begin(&decoder->parts, part->value, err);
    if (!decoder->kind->element(&decoder->parts, key, &element.object, &content))
        return decode_may_skip(part->value, &decoder->parts.scratch, err) &&
               skip_element(decoder, err);
    if (!json_at_end(&decoder->parts.json))
        return error_set(err, ERROR_SYNTAX, "JSON: bytes behind an element");
    if (decoder->kind == &decode_services && slice_is(key, "consul"))
        decoder->summary.has_consul = true;
    element.content = content.state;
    element.size = (uint32_t)(arena->used - used); /* an element is not that large */
    keep_element(decoder, element);
    return true;
}

static bool read_whole(struct decoder *decoder, const struct scanner_part *part, struct error *err)
{
    struct decoded *decoded = &decoder->decoded;

    decoded->content = CONTENT_START;
    decoded->skip_err = &decoder->summary.skip_err;
    parts_begin(&decoder->parts, part->value, err);
    if (!decoder->kind->whole(&decoder->parts, decoded))
        return false;
    if (!json_at_end(&decoder->parts.json))
        return error_set(err, ERROR_SYNTAX, "JSON: bytes behind the value");
    decoder->summary.n_skipped = decoded->n_skipped;
    return true;
}

static bool on_part(void *ctx, const struct scanner_part *part, struct error *err)
{
    struct decoder *decoder = ctx;
    size_t used = decoder->doc->arena.used;

    if (part->is_too_large) {
        error_set(err, ERROR_LIMIT, "an element has more than %u bytes", LIMIT_ELEMENT_BYTES);
        return decoder->kind->whole ? false : skip_element(decoder, err);
    }
    if (decoder->n_bytes > LIMIT_ANSWER_BYTES)
        return error_set(err, ERROR_LIMIT, "the answer takes more than %u bytes of memory",
                         LIMIT_ANSWER_BYTES);
    if (!(decoder->kind->whole ? read_whole(decoder, part, err) : add_element(decoder, part, err)))
        return false;
    decoder->n_bytes += decoder->doc->arena.used - used;
    return true;
}

/* --- The document --------------------------------------------------------------------------- */

static struct decoder *decoder_new_of_kind(const struct decode_kind *kind, struct slice name)
{
    struct decoder *decoder = NEW(struct decoder);

    decoder->kind = kind;
    decoder->name = name;
    decoder->doc = document_new();
    parts_init(&decoder->parts, &decoder->doc->arena);
    scanner_init(&decoder->scanner, kind->shape, LIMIT_ELEMENT_BYTES, on_part, decoder);
    return decoder;
}

struct decoder *decoder_new(const struct dep *dep)
{
    struct decoder *decoder = decoder_new_of_kind(decode_kind_of(dep), dep->name);

    decoder->keeps_order = dep->near.len > 0;
    return decoder;
}

struct decoder *decoder_new_agent_self(void)
{
    return decoder_new_of_kind(&decode_agent_self, SLICE_EMPTY);
}

/* Members have a name besides their bytes, and there is nothing to share of a single element. */
void decoder_set_recall(struct decoder *decoder, struct recall *recall)
{
    const struct decode_kind *kind = decoder->kind;

    if (kind->whole || kind->is_single || kind->shape != SCANNER_ELEMENTS)
        return;
    decoder->recall = recall;
    if (recall_starts_anew(recall))
        return;
    document_unref(decoder->doc);
    decoder->doc = document_ref(recall->pool);
    decoder->parts.arena = &decoder->doc->arena;
    decoder->scanner.known_fn = on_known;
}

void decoder_drop_output(struct decoder *decoder)
{
    decoder->parts.drops_output = true;
}

void decoder_free(struct decoder *decoder)
{
    if (!decoder)
        return;
    scanner_fini(&decoder->scanner);
    parts_fini(&decoder->parts);
    document_unref(decoder->doc);
    free(decoder->elements);
    free(decoder);
}

bool decoder_feed(struct decoder *decoder, struct slice piece, struct error *err)
{
    return scanner_feed(&decoder->scanner, piece, err);
}

static int compare_elements(const void *a, const void *b, void *ctx)
{
    const struct decoder *decoder = ctx;
    const struct recalled *left = a, *right = b;
    int order = decoder->kind->compare(left->object, right->object);

    if (order)
        return order;
    return left->number < right->number ? -1 : left->number > right->number; /* stable */
}

static void sort_elements(struct decoder *decoder)
{
    struct recalled *elements = decoder->elements;
    size_t n = decoder->n_elements, i = 1;

    while (i < n && compare_elements(&elements[i - 1], &elements[i], decoder) < 0)
        i++;
    if (i < n) /* Consul mostly sends them sorted */
        qsort_r(elements, n, sizeof(*elements), compare_elements, decoder);
}

/* Where the list goes: into the document of its elements, unless others share these. */
static struct document *document_of_list(const struct decoder *decoder)
{
    bool is_shared =
        decoder->recall && recall_shares(decoder->recall, decoder->doc, decoder->n_elements);
    struct document *list = is_shared ? document_new() : document_ref(decoder->doc);

    if (is_shared)
        list->sources[0] = document_ref(decoder->doc);
    return list;
}

/* The list of all elements as the root of the document. */
static void build_list(struct decoder *decoder)
{
    struct document *list = document_of_list(decoder);
    size_t n = decoder->n_elements;
    const void **pointers = n ? ARENA_ARRAY(&list->arena, n, const void *) : NULL;
    struct content content = CONTENT_START;

    if (decoder->kind->compare && !decoder->keeps_order)
        sort_elements(decoder);
    for (size_t i = 0; i < n; i++) {
        pointers[i] = decoder->elements[i].object;
        content_add_u64(&content, decoder->elements[i].content);
    }
    list->root = value_list(decoder->kind->type, STORED_POINTERS, pointers, n);
    list->content_hash = content.state;
    decoder->summary.n_items = n;
    document_unref(decoder->doc);
    decoder->doc = list;
}

static bool build_single(struct decoder *decoder, struct error *err)
{
    if (decoder->n_elements != 1)
        return error_set(err, ERROR_INVALID, "expected one element, found %zu",
                         decoder->n_elements);
    decoder->doc->root =
        (struct value){ .type = decoder->kind->type, .object = decoder->elements[0].object };
    decoder->doc->content_hash = decoder->elements[0].content;
    decoder->summary.n_items = 1;
    return true;
}

static void build_whole(struct decoder *decoder)
{
    decoder->doc->root = decoder->decoded.root;
    decoder->doc->content_hash = decoder->decoded.content.state;
    decoder->summary.n_items = decoder->decoded.n_items;
}

bool decoder_finish(struct decoder *decoder, struct decode_summary *ret_summary,
                    struct document **ret_doc, struct error *err)
{
    const struct decode_summary *summary = &decoder->summary;

    if (!scanner_finish(&decoder->scanner, err))
        return false;
    if (decoder->kind->whole)
        build_whole(decoder);
    else if (!decoder->kind->is_single)
        build_list(decoder);
    else if (!build_single(decoder, err))
        return false;
    if (summary->n_items == 0 && summary->n_skipped > 0)
        return error_set(err, ERROR_INVALID, "none of %zu elements can be read: %s",
                         summary->n_skipped, summary->skip_err.text);
    *ret_summary = *summary;
    *ret_doc = TAKE(decoder->doc);
    if (decoder->recall)
        recall_replace(decoder->recall, (*ret_doc)->sources[0] ? (*ret_doc)->sources[0] : *ret_doc,
                       TAKE(decoder->elements), decoder->n_elements);
    return true;
}

struct document *decode_nothing(const struct dep *dep)
{
    CLEANUP(decoder_freep) struct decoder *decoder = decoder_new(dep);
    struct slice body = decoder->kind->shape == SCANNER_ELEMENTS  ? SLICE("[]")
                        : decoder->kind->shape == SCANNER_MEMBERS ? SLICE("{}")
                                                                  : SLICE("null");
    struct document *doc = NULL;
    struct decode_summary summary;
    struct error err = ERROR_EMPTY;
    bool is_answer =
        decoder_feed(decoder, body, &err) && decoder_finish(decoder, &summary, &doc, &err);

    return is_answer ? doc : NULL;
}
