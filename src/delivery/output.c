/* SPDX-License-Identifier: MIT */
/* What one run of a command says, on its way to the log. */
#include "output.h"

#include <stdlib.h>

#include "base/limits.h"
#include "base/memory.h"

void output_begin(struct output *output, const char *subject, bool is_held)
{
    output_fini(output);
    output->subject = memory_copy_string(subject);
    output->is_held = is_held;
}

void output_fini(struct output *output)
{
    free(output->subject);
    buf_fini(&output->held);
    buf_fini(&output->scratch);
    *output = OUTPUT_NONE;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* The line with each run of digits as one '0'. */
static void output_hash_line(struct output *output, struct slice line)
{
    struct buf *plain = &output->scratch;

    buf_clear(plain);
    for (size_t i = 0; i < line.len; i++) {
        if (!is_digit(line.ptr[i]))
            buf_add_byte(plain, line.ptr[i]);
        else if (i == 0 || !is_digit(line.ptr[i - 1]))
            buf_add_byte(plain, '0');
    }
    output->hash = output->hash * 31 + slice_hash(buf_slice(plain));
}

static void output_log_line(const struct output *output, enum log_level level, struct slice line)
{
    log_write(level, "%s: output: %.*s", output->subject, SLICE_ARG(line));
}

void output_add_line(struct output *output, struct slice line)
{
    output->n_lines++;
    output_hash_line(output, line);
    buf_clear(&output->scratch);
    redact_line(&output->redaction, line, &output->scratch);
    line = buf_slice(&output->scratch);
    if (output->n_shown >= LIMIT_COMMAND_OUTPUT_LINES)
        return;
    if (!output->is_held) {
        output->n_shown++;
        output_log_line(output, LOG_LEVEL_INFO, line);
    } else if (output->held.len + line.len < LIMIT_COMMAND_OUTPUT_HELD_BYTES) {
        output->n_shown++;
        buf_add(&output->held, line);
        buf_add_byte(&output->held, '\n');
    }
}

void output_end(struct output *output, bool is_news, enum log_level level)
{
    struct slice rest = buf_slice(&output->held), line;

    if (output->is_held && !is_news)
        return;
    while (rest.len > 0 && slice_next(&rest, '\n', &line))
        output_log_line(output, level, line);
    if (output->n_lines > output->n_shown)
        log_write(level, "%s: output: %zu more lines were left out", output->subject,
                  output->n_lines - output->n_shown);
}
