/* SPDX-License-Identifier: MIT */
/* Commands that templates name. */
#include "delivery/command.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/slice.h"

bool command_equal(const struct command *a, const struct command *b)
{
    if (a->is_shell != b->is_shell || a->n_words != b->n_words)
        return false;
    for (size_t i = 0; i < a->n_words; i++)
        if (strcmp(a->words[i], b->words[i]) != 0)
            return false;
    return true;
}

struct command command_copy(const struct command *command)
{
    struct command copy = { .n_words = command->n_words, .is_shell = command->is_shell };

    if (copy.n_words > 0)
        copy.words = memory_resize_array(NULL, copy.n_words, sizeof(*copy.words));
    for (size_t i = 0; i < copy.n_words; i++)
        copy.words[i] = memory_copy_string(command->words[i]);
    return copy;
}

/* What a shell takes as it stands, in whatever place. */
static bool is_plain_byte(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c != '\0' && strchr("_-./:,=@%+", c));
}

void command_quote(struct slice word, struct buf *out)
{
    bool is_plain = word.len > 0;

    for (size_t i = 0; i < word.len; i++)
        is_plain = is_plain && is_plain_byte(word.ptr[i]);
    if (is_plain) {
        buf_add(out, word);
        return;
    }

    buf_add_byte(out, '\'');
    for (size_t i = 0; i < word.len; i++) {
        if (word.ptr[i] == '\'')
            buf_add_string(out, "'\\''");
        else
            buf_add_byte(out, word.ptr[i]);
    }
    buf_add_byte(out, '\'');
}

void command_format(const struct command *command, struct buf *out)
{
    if (command->is_shell && command->n_words > 0) {
        buf_add_string(out, command->words[0]);
        return;
    }
    for (size_t i = 0; i < command->n_words; i++) {
        if (i > 0)
            buf_add_byte(out, ' ');
        command_quote(slice_from(command->words[i]), out);
    }
}

const char **command_argv(const struct command *command)
{
    const char **argv = memory_resize_array(NULL, command->n_words + 3, sizeof(*argv));
    size_t n = 0;

    if (command->is_shell) {
        argv[n++] = "/bin/sh";
        argv[n++] = "-c";
    }
    for (size_t i = 0; i < command->n_words; i++)
        argv[n++] = command->words[i];
    argv[n] = NULL;
    return argv;
}

void command_fini(struct command *command)
{
    for (size_t i = 0; i < command->n_words; i++)
        free(command->words[i]);
    free(command->words);
    *command = COMMAND_NONE;
}
