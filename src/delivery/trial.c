/* SPDX-License-Identifier: MIT */
/* One set of texts before its checkers. */
#include "trial.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/log.h"
#include "base/memory.h"
#include "delivery.h"
#include "delivery/environment.h"

/* A checker that takes longer hangs: haproxy -c of 10,000 servers takes seconds. */
#define CHECK_TIMEOUT_MS 60000
#define KILL_AFTER_MS    5000

/* HAProxy of a server's name: whether it resolves says nothing about the text. */
#define UNRESOLVED SLICE("could not resolve address")

/* --- What a checker is given --------------------------------------------------------------- */

static void add_path(void *ctx, const char *path, struct buf *out)
{
    const struct command *check = ctx;

    if (check->is_shell)
        command_quote(slice_from(path), out);
    else
        buf_add_string(out, path);
}

/* One word of a check with its braces filled in; what is in other braces stays. */
static char *fill_in(const struct trial *trial, size_t file, const char *word)
{
    struct command *check = &trial->parcel.files[file].how.check;
    struct slice rest = slice_from(word);
    struct buf out = BUF_EMPTY;
    size_t open;

    while ((open = slice_find_byte(rest, '{')) != SLICE_NOT_FOUND) {
        struct slice tail = slice_sub(rest, open + 1, rest.len);
        size_t len = slice_find_byte(tail, '}');
        const char *path = len == SLICE_NOT_FOUND ? NULL
                           : len == 0             ? trial->view.paths[file]
                                      : view_find(&trial->view, slice_sub(tail, 0, len));

        view_show_folders(&trial->view, slice_sub(rest, 0, open), add_path, check, &out);
        if (path)
            add_path(check, path, &out);
        else
            buf_add_byte(&out, '{');
        rest = path ? slice_sub(tail, len + 1, tail.len) : tail;
    }
    view_show_folders(&trial->view, rest, add_path, check, &out);
    return out.ptr ? buf_take(&out) : memory_copy_string("");
}

/* In a list, a word that is nothing but a path in braces is always a path: the staged file of one
 * of the group, else the installed one. */
static bool find_other(const struct trial *trial, const char *word, char **ret_path)
{
    struct slice text = slice_from(word);
    struct slice inner = slice_sub(text, 1, text.len > 1 ? text.len - 1 : 1);

    if (inner.len == 0 || text.ptr[0] != '{' || slice_find_byte(inner, '}') != SLICE_NOT_FOUND ||
        text.ptr[text.len - 1] != '}' || view_find(&trial->view, inner))
        return false;
    *ret_path = slice_to_string(inner);
    return true;
}

static struct command make_command(const struct trial *trial, size_t file)
{
    const struct command *check = &trial->parcel.files[file].how.check;
    struct command command = { .n_words = check->n_words, .is_shell = check->is_shell };

    command.words = memory_resize_array(NULL, check->n_words, sizeof(*command.words));
    for (size_t i = 0; i < check->n_words; i++)
        if (check->is_shell || !find_other(trial, check->words[i], &command.words[i]))
            command.words[i] = fill_in(trial, file, check->words[i]);
    return command;
}

static void make_environment(const struct trial *trial, struct environment *env)
{
    CLEANUP(buf_fini) struct buf staged = BUF_EMPTY, files = BUF_EMPTY;

    for (size_t i = 0; i < trial->view.n; i++) {
        struct slice destination = slice_from(trial->parcel.files[i].how.destination);

        /* Both or none: they belong together line by line. */
        if (environment_list_add(&files, '\n', destination) &&
            !environment_list_add(&staged, '\n', slice_from(trial->view.paths[i])))
            break;
    }
    environment_inherit(env, environ, false);
    environment_set(env, "EDGEWRIGHT_STAGED", buf_slice(&staged).ptr);
    environment_set(env, "EDGEWRIGHT_FILES", buf_slice(&files).ptr);
}

/* --- The verdict --------------------------------------------------------------------------- */

static void trial_end(struct trial *trial, enum trial_verdict verdict)
{
    struct trial_result result = {
        .verdict = verdict,
        .text = buf_slice(&trial->text).ptr,
        .words = buf_slice(&trial->words),
        .elapsed_ms = trial->elapsed_ms,
    };

    gate_leave(&trial->ticket);
    trial->fn(trial->ctx, &result);
}

/* Whether it was the text that did not please. */
static bool has_refused(const struct trial *trial, const struct child_result *result)
{
    return command_refused(result) &&
           slice_find(buf_slice(&trial->words), UNRESOLVED) == SLICE_NOT_FOUND;
}

static void trial_describe(struct trial *trial, const struct child_result *result, bool is_refusal)
{
    const struct parcel_file *file = &trial->parcel.files[trial->n_tried - 1];
    CLEANUP(buf_fini) struct buf check = BUF_EMPTY, how = BUF_EMPTY;

    command_format(&file->how.check, &check);
    child_result_format(result, &how);
    buf_printf(&trial->text, "check '%s' %s '%s': %s", check.ptr,
               is_refusal ? "refuses" : "could not judge", file->how.destination, how.ptr);
}

/* What is installed is what was rendered, and what the next checker sees. A checker that formats,
 * or that replaces what it was given, is no checker. */
static bool trial_is_untouched(struct trial *trial)
{
    for (size_t i = 0; i < trial->stage.n_files; i++) {
        const struct staged_file *staged = &trial->stage.files[i];
        const struct parcel_file *file = &trial->parcel.files[i];
        CLEANUP(buf_fini) struct buf path = BUF_EMPTY;
        enum file_match match;
        struct error err;

        if (!staged->is_changed)
            continue;
        temp_file_format_path(&staged->temp, &path);
        if (file_compare(path.ptr, file->text, &match, &err) && match == FILE_SAME)
            continue;
        buf_printf(&trial->text, "the check has changed what is to be installed as '%s'",
                   file->how.destination);
        return false;
    }
    return true;
}

static void trial_go_on(struct trial *trial);

static void trial_on_line(void *ctx, struct slice line)
{
    struct trial *trial = ctx;

    if (trial->words.len + line.len >= LIMIT_COMMAND_OUTPUT_HELD_BYTES)
        return;
    view_translate(&trial->view, line, &trial->words);
    buf_add_byte(&trial->words, '\n');
}

static void trial_on_done(void *ctx, const struct child_result *result)
{
    struct trial *trial = ctx;

    child_free(TAKE(trial->child));
    trial->elapsed_ms += result->elapsed_ms;
    if (!trial_is_untouched(trial)) {
        trial_end(trial, TRIAL_NOT_RUN);
        return;
    }
    if (command_succeeded(result)) {
        trial_go_on(trial);
        return;
    }

    bool is_refusal = has_refused(trial, result);

    trial_describe(trial, result, is_refusal);
    trial_end(trial, is_refusal ? TRIAL_REFUSED : TRIAL_NOT_RUN);
}

/* --- The checkers -------------------------------------------------------------------------- */

static void trial_run(struct trial *trial)
{
    static const struct child_handler handler = { trial_on_line, trial_on_done };
    CLEANUP(environment_fini) struct environment env = ENVIRONMENT_EMPTY;
    const char **argv = command_argv(&trial->command);

    make_environment(trial, &env);
    buf_clear(&trial->words);

    struct child_options options = { .argv = argv,
                                     .envp = environment_lines(&env),
                                     .timeout_ms = CHECK_TIMEOUT_MS,
                                     .kill_after_ms = KILL_AFTER_MS,
                                     .is_rest_killed = true };

    trial->child = child_start(trial->loop, &options, &handler, trial);
    free(argv);
}

/* Whether an earlier file has asked for the very same run. */
static bool was_run(const struct trial *trial, const struct command *command, size_t n_before)
{
    for (size_t i = 0; i < n_before; i++) {
        if (trial->parcel.files[i].how.check.n_words == 0)
            continue;

        struct command earlier = make_command(trial, i);
        bool is_same = command_equal(&earlier, command);

        command_fini(&earlier);
        if (is_same)
            return true;
    }
    return false;
}

/* The next checker, or the end of a text that all have accepted. */
static void trial_go_on(struct trial *trial)
{
    struct error err;

    while (trial->n_tried < trial->parcel.n_files) {
        size_t i = trial->n_tried++;

        if (trial->parcel.files[i].how.check.n_words == 0)
            continue;
        command_fini(&trial->command);
        trial->command = make_command(trial, i);
        if (was_run(trial, &trial->command, i))
            continue;
        trial_run(trial);
        return;
    }
    if (parcel_can_bind(&trial->parcel, trial->options->haproxy, &err)) {
        trial_end(trial, TRIAL_ACCEPTED);
        return;
    }
    trial->parcel.awaits_address = true;
    buf_printf(&trial->text, "a reload would fail: %s", err.text);
    trial_end(trial, TRIAL_REFUSED);
}

static void trial_on_gate(void *ctx)
{
    struct trial *trial = ctx;
    struct error err = ERROR_EMPTY;

    if (view_make(&trial->view, &trial->stage, trial->installed, &err)) {
        trial_go_on(trial);
        return;
    }
    buf_add_string(&trial->text, err.text);
    trial_end(trial, TRIAL_NOT_RUN);
}

/* --- Life ---------------------------------------------------------------------------------- */

struct trial *trial_new(struct loop *loop, const struct delivery_options *options,
                        const struct installed *installed, struct parcel *parcel)
{
    struct trial *trial = NEW(struct trial);

    trial->loop = loop;
    trial->options = options;
    trial->installed = installed;
    trial->parcel = parcel_take(parcel);
    trial->stage = STAGE_NONE;
    trial->view = VIEW_NONE;
    trial->command = COMMAND_NONE;
    trial->ticket = GATE_TICKET_NONE;
    return trial;
}

bool trial_stage(struct trial *trial, struct error *err)
{
    stage_fini(&trial->stage);
    return stage_write(&trial->stage, &trial->parcel, err);
}

bool trial_needs_check(const struct trial *trial)
{
    bool is_due = trial->stage.n_changed > 0 || trial->is_forced;

    for (size_t i = 0; is_due && i < trial->parcel.n_files; i++)
        if (trial->parcel.files[i].how.check.n_words > 0)
            return true;
    return false;
}

void trial_check(struct trial *trial, struct gate *gate, trial_fn fn, void *ctx)
{
    parcel_keep(&trial->parcel);
    trial->fn = fn;
    trial->ctx = ctx;
    gate_enter(gate, &trial->ticket, trial_on_gate, trial);
}

static void trial_on_unstaged(void *ctx)
{
    trial_end(ctx, TRIAL_NOT_RUN);
}

struct trial *trial_start(struct loop *loop, struct gate *gate,
                          const struct delivery_options *options, const struct delivery *delivery,
                          const struct delivery_pass *pass, trial_fn fn, void *ctx)
{
    CLEANUP(parcel_fini) struct parcel parcel = PARCEL_NONE;
    struct error err = ERROR_EMPTY, own;

    parcel_init(&parcel, options, pass);

    struct trial *trial = trial_new(loop, options, delivery ? &delivery->installed : NULL, &parcel);

    if (parcel_check(&trial->parcel, &err) && trial_stage(trial, &err)) {
        trial_check(trial, gate, fn, ctx);
        return trial;
    }
    buf_add_string(&trial->text, err.text);
    trial->fn = fn;
    trial->ctx = ctx;
    if (!loop_add_deferred(loop, trial_on_unstaged, trial, &trial->verdict, &own)) {
        log_err("checks: %s", own.text);
        abort(); /* nothing but memory can be missing here */
    }
    loop_defer(trial->verdict);
    return trial;
}

void trial_free(struct trial *trial)
{
    if (!trial)
        return;
    child_free(trial->child);
    gate_leave(&trial->ticket);
    loop_source_free(trial->verdict);
    view_fini(&trial->view);
    stage_fini(&trial->stage);
    parcel_fini(&trial->parcel);
    command_fini(&trial->command);
    buf_fini(&trial->words);
    buf_fini(&trial->text);
    free(trial);
}
