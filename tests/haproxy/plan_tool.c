/* SPDX-License-Identifier: MIT */
/* What haproxy/ makes of files, for tests that compare it with what the real HAProxy makes of them.
 *
 * plan_tool words FILE        each line's words in hexadecimal, or why it has none */
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "haproxy/quote.h"
#include "io/file.h"

#define MAX_FILE_BYTES (64u << 20)

static int fail(const struct error *err)
{
    fprintf(stderr, "plan_tool: %s\n", err->text);
    return 1;
}

static void show_word(struct slice word)
{
    putchar(' ');
    for (size_t i = 0; i < word.len; i++)
        printf("%02x", (unsigned char)word.ptr[i]);
}

static int run_words(const char *path)
{
    CLEANUP(buf_fini) struct buf text = BUF_EMPTY;
    CLEANUP(arena_fini) struct arena arena = ARENA_EMPTY;
    struct source_pos pos = { .source = path };
    struct error err = ERROR_EMPTY;
    struct quote_line line;
    struct slice written;

    if (!file_read(path, MAX_FILE_BYTES, &text, &err))
        return fail(&err);
    for (struct slice rest = buf_slice(&text); slice_next(&rest, '\n', &written) && rest.ptr;) {
        pos.line++;
        if (!quote_split(written, pos, &arena, &line, &err)) {
            printf("error %s\n", err.text);
            continue;
        }
        printf(line.is_scope ? "scope" : line.n_sure < line.n_words ? "variable" : "words");
        for (size_t i = 0; i < line.n_words; i++)
            show_word(line.words[i].text);
        putchar('\n');
    }
    return 0;
}

int main(int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[1], "words") == 0)
        return run_words(argv[2]);
    fprintf(stderr, "usage: plan_tool words FILE\n");
    return 2;
}
