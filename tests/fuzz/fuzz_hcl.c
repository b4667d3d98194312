/* SPDX-License-Identifier: MIT */
/* Any bytes as HCL: the tree is no larger and no deeper than promised, every node lies in the text,
 * and an error does, too. */
#include "base/arena.h"
#include "base/error.h"
#include "base/limits.h"
#include "config/hcl.h"
#include "fuzz/fuzz.h"

struct walk {
    size_t n_nodes;
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
    walk->n_nodes++;
    if (node->kind == YAML_SCALAR) {
        FUZZ_CHECK(node->text.ptr[node->text.len] == '\0' && node->n_items == 0);
        return;
    }
    /* The file itself, and a list that repeated blocks become at any level. */
    FUZZ_CHECK(depth <= 2 * LIMIT_YAML_DEPTH + 1);
    FUZZ_CHECK(node->kind == YAML_SEQUENCE || node->n_items % 2 == 0);
    for (size_t i = 0; i < node->n_items; i++)
        walk_node(walk, node->items[i], depth + 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(arena_fini) struct arena arena = ARENA_EMPTY;
    CLEANUP(buf_fini) struct buf excerpt = BUF_EMPTY;
    struct slice text = fuzz_text(data, size);
    struct walk walk = { .n_lines = count_lines(text) };
    struct error err = ERROR_EMPTY;
    struct yaml_node *root;

    if (walk.n_lines == 0)
        walk.n_lines = 1;
    if (hcl_parse("t", text, &arena, &root, &err)) {
        FUZZ_CHECK(root->kind == YAML_MAPPING);
        walk_node(&walk, root, 0);
        FUZZ_CHECK(walk.n_nodes <= 2 * size + 1);
        return 0;
    }
    FUZZ_CHECK(err.code == ERROR_SYNTAX || err.code == ERROR_LIMIT);
    FUZZ_CHECK(slice_starts_with(slice_from(err.text), SLICE("t:")));
    FUZZ_CHECK(err.line >= 1 && err.line <= walk.n_lines && err.column >= 1);
    error_add_excerpt(&err, text, &excerpt);
    return 0;
}
