/* SPDX-License-Identifier: MIT */
/* Any bytes as YAML: the tree is no larger and no deeper than promised, and every node lies in the
 * text. */
#include "base/arena.h"
#include "base/error.h"
#include "base/limits.h"
#include "data/yaml.h"
#include "fuzz/fuzz.h"

struct walk {
    size_t n_nodes, n_bytes;
    unsigned n_lines; /* of the text */
};

static unsigned count_lines(struct slice text)
{
    unsigned n = 0;
    struct slice line;

    while (slice_next(&text, '\n', &line))
        n++;
    return n;
}

static void walk_node(struct walk *walk, const struct yaml_node *node, unsigned depth)
{
    FUZZ_CHECK(node->line >= 1 && node->line <= walk->n_lines && node->column >= 1);
    FUZZ_CHECK(++walk->n_nodes <= LIMIT_YAML_NODES);
    if (node->kind == YAML_SCALAR) {
        FUZZ_CHECK((walk->n_bytes += node->text.len) <= LIMIT_YAML_BYTES);
        FUZZ_CHECK(node->text.ptr[node->text.len] == '\0' && node->n_items == 0);
        return;
    }
    FUZZ_CHECK(depth < LIMIT_YAML_DEPTH);
    FUZZ_CHECK(node->kind == YAML_SEQUENCE || node->n_items % 2 == 0);
    for (size_t i = 0; i < node->n_items; i++)
        walk_node(walk, node->items[i], depth + 1);
}

static void check_error(const struct error *err, unsigned n_lines)
{
    FUZZ_CHECK(err->code == ERROR_SYNTAX || err->code == ERROR_LIMIT);
    FUZZ_CHECK(slice_starts_with(slice_from(err->text), SLICE("t:")));
    FUZZ_CHECK(err->line >= 1 && err->line <= n_lines && err->column >= 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(arena_fini) struct arena arena = ARENA_EMPTY;
    CLEANUP(buf_fini) struct buf excerpt = BUF_EMPTY;
    struct slice text = fuzz_text(data, size);
    struct walk walk = { .n_lines = count_lines(text) };
    struct error err = ERROR_EMPTY;
    struct yaml_node *root, *single;

    bool is_good = yaml_parse("t", text, &arena, &root, &err);

    if (is_good && root)
        walk_node(&walk, root, 0);
    if (!is_good) {
        check_error(&err, walk.n_lines);
        error_add_excerpt(&err, text, &excerpt);
    }

    /* Whoever wants one document alone is content with less. */
    if (yaml_parse_single("t", text, &arena, &single, &err))
        FUZZ_CHECK(is_good && !root == !single);
    else
        check_error(&err, walk.n_lines);
    return 0;
}
