/* SPDX-License-Identifier: MIT */
/* Templates that are delivered as a whole. */
#include "group.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/map.h"
#include "base/memory.h"
#include "hunt.h"
#include "place_book.h"
#include "watched_files.h"

/* --- What it consists of ------------------------------------------------------------------- */

static void add_command(struct delivery_options *options, const struct delivery_command *command)
{
    for (size_t i = 0; i < options->n_commands; i++)
        if (delivery_command_equal(&options->commands[i], command))
            return;
    options->commands =
        memory_resize_array(options->commands, options->n_commands + 1, sizeof(*options->commands));
    options->commands[options->n_commands++] = *command;
}

/* Of several wishes for one group, the one that keeps more, and the one that does more. */
static void add_wishes(struct delivery_options *options, const struct delivery_options *own)
{
    if (own->keep > options->keep)
        options->keep = own->keep;
    if (options->rollback == DELIVERY_ROLLBACK_AUTO || own->rollback == DELIVERY_ROLLBACK_ALWAYS)
        options->rollback = own->rollback;
}

static void add_watch_files(struct delivery_options *options, const struct delivery_options *own)
{
    options->watch_files =
        memory_resize_array(options->watch_files, options->n_watch_files + own->n_watch_files,
                            sizeof(*options->watch_files));
    for (size_t i = 0; i < own->n_watch_files; i++)
        options->watch_files[options->n_watch_files++] = own->watch_files[i];
}

/* Strings and words stay the config's. */
static void group_add_options(struct group *group, const struct delivery_options *own)
{
    struct delivery_options *options = &group->options;

    options->files =
        memory_resize_array(options->files, options->n_files + 1, sizeof(*options->files));
    options->files[options->n_files++] = own->files[0];
    add_wishes(options, own);
    if (own->n_watch_files > 0)
        add_watch_files(options, own);
    if (own->haproxy)
        options->haproxy = own->haproxy;
    for (size_t i = 0; i < own->n_commands; i++)
        add_command(options, &own->commands[i]);
}

static void group_add(struct group *group, struct job *job)
{
    GROW(group->parts, group->n_parts, group->cap_parts);
    group->parts[group->n_parts++] =
        (struct group_part){ .job = job, .arena = ARENA_EMPTY, .places = PLACES_EMPTY };
    group_add_options(group, &job->config->delivery);
    job->group = group;
}

static struct group *groups_add(struct groups *groups, const struct template_config *config)
{
    struct group *group = NEW(struct group);

    group->options.name = config->transaction ? config->transaction : config->delivery.name;
    group->name = group->options.name;
    GROW(groups->items, groups->n, groups->cap);
    groups->items[groups->n++] = group;
    return group;
}

static void group_add_quarantine(struct group *group, const struct store *store)
{
    bool is_on = true;

    for (size_t i = 0; i < group->n_parts; i++)
        is_on = is_on && group->parts[i].job->config->quarantine;
    group->quarantine = quarantine_new(store, group->name, is_on);
}

void groups_init(struct groups *groups, struct job *const *jobs, size_t n_jobs,
                 const struct store *store)
{
    struct map by_name = MAP_EMPTY;

    *groups = GROUPS_NONE;
    for (size_t i = 0; i < n_jobs; i++) {
        const char *name = jobs[i]->config->transaction;
        struct group *group = name ? map_find(&by_name, slice_from(name)) : NULL;

        if (!group) {
            group = groups_add(groups, jobs[i]->config);
            if (name)
                map_put(&by_name, slice_from(name), group);
        }
        group_add(group, jobs[i]);
    }
    map_fini(&by_name);
    for (size_t i = 0; i < groups->n; i++)
        group_add_quarantine(groups->items[i], store);
}

/* At the end of the turn: both callbacks come out of the middle of a delivery. */
static void group_on_state(void *ctx, enum delivery_state state)
{
    struct group *group = ctx;

    (void)state;
    if (group->delivery) /* else it is about to be made */
        ledger_on_state(&group->ledger, group->name, group->delivery, loop_now_ms(group->loop));
    loop_defer(group->turn);
}

static void group_on_installed(void *ctx, bool is_salvage)
{
    struct group *group = ctx;

    ledger_on_installed(&group->ledger, group->delivery, is_salvage, loop_now_ms(group->loop));
    ++*group->n_installs;
    loop_defer(group->turn);
}

/* Nobody has moved by a render that nobody has seen. */
static void group_on_places(void *ctx, const struct places *places)
{
    const struct group *group = ctx;

    for (size_t i = 0; i < group->n_parts; i++) {
        const struct job *job = group->parts[i].job;

        if (job->places)
            place_book_commit(job->places, job->name, &places[i]);
    }
}

/* Before the turn in which its state changes: what it owes it has from an earlier one. */
static void group_enter_debts(struct group *group)
{
    if (delivery_get_state(group->delivery) != DELIVERY_IDLE)
        ledger_on_state(&group->ledger, group->name, group->delivery, loop_now_ms(group->loop));
}

void group_set_delivery(struct group *group, const struct delivery_means *means,
                        struct loop_source *turn, size_t *n_installs)
{
    static const struct delivery_handler handler = { .on_state = group_on_state,
                                                     .on_installed = group_on_installed,
                                                     .on_places = group_on_places };

    group->loop = means->loop;
    group->turn = turn;
    group->n_installs = n_installs;
    group->delivery = delivery_new(means, &group->options, &handler, group);
    group_enter_debts(group);
}

static void part_fini(struct group_part *part)
{
    arena_fini(&part->arena);
    places_fini(&part->places);
}

static void group_free(struct group *group)
{
    hunt_free(group->hunt);
    delivery_free(group->delivery);
    ledger_fini(&group->ledger);
    quarantine_free(group->quarantine);
    for (size_t i = 0; i < group->n_parts; i++)
        part_fini(&group->parts[i]);
    free(group->parts);
    free(group->options.files);
    free(group->options.watch_files);
    free(group->options.commands);
    buf_fini(&group->reason);
    free(group);
}

void groups_fini(struct groups *groups)
{
    watched_files_free(groups->watched);
    for (size_t i = 0; i < groups->n; i++)
        group_free(groups->items[i]);
    free(groups->items);
    *groups = GROUPS_NONE;
}

/* --- Passes -------------------------------------------------------------------------------- */

struct delivery_output group_make_output(const struct render_output *output)
{
    return (struct delivery_output){
        .path = output->path,
        .user = output->user,
        .group = output->group,
        .perms = (mode_t)output->mode,
        .text = output->content,
    };
}

/* All outputs of all parts, the caller frees them. */
static struct delivery_output *join_outputs(const struct group *group, size_t *ret_n)
{
    struct delivery_output *outputs = NULL;
    size_t n = 0;

    for (size_t i = 0; i < group->n_parts; i++) {
        const struct group_part *part = &group->parts[i];

        if (part->n_outputs == 0)
            continue;
        outputs = memory_resize_array(outputs, n + part->n_outputs, sizeof(*outputs));
        memcpy(&outputs[n], part->outputs, part->n_outputs * sizeof(*outputs));
        n += part->n_outputs;
    }
    *ret_n = n;
    return outputs;
}

void group_add_questions(const struct group *group, struct dep_set *ret_asked)
{
    for (size_t i = 0; i < group->n_parts; i++)
        dep_set_add_all(ret_asked, &group->parts[i].job->asked);
}

static void group_offer(struct group *group)
{
    CLEANUP(dep_set_fini) struct dep_set asked = DEP_SET_EMPTY;
    uint64_t questions = 0;

    for (size_t i = 0; i < group->n_parts; i++)
        questions += group->parts[i].job->n_asked_changes;
    if (quarantine_offer_changes(group->quarantine, questions))
        return;
    group_add_questions(group, &asked);
    quarantine_offer(group->quarantine, &asked, questions);
}

void group_judge(struct group *group)
{
    bool is_accepted;

    if (!quarantine_has_offer(group->quarantine) ||
        !delivery_get_verdict(group->delivery, &is_accepted))
        return;
    if (is_accepted) {
        quarantine_accept(group->quarantine);
        hunt_on_accepted(group->hunt);
    } else {
        quarantine_drop_offer(group->quarantine);
        if (group->hunt)
            hunt_on_refused(group->hunt);
        else
            delivery_salvage(group->delivery);
    }
}

static void group_put(struct group *group)
{
    struct slice *texts = memory_resize_array(NULL, group->n_parts, sizeof(*texts));
    const struct places **places = memory_resize_array(NULL, group->n_parts, sizeof(*places));
    struct delivery_pass pass = {
        .texts = texts,
        .n_texts = group->n_parts,
        .places = places,
        .reason = buf_slice(&group->reason).ptr,
    };
    struct delivery_output *outputs = join_outputs(group, &pass.n_outputs);

    for (size_t i = 0; i < group->n_parts; i++) {
        texts[i] = group->parts[i].text;
        places[i] = &group->parts[i].places;
    }
    pass.outputs = outputs;
    group->is_changed = group->is_stirred = false;
    ledger_open(&group->ledger, group->delivery, buf_slice(&group->reason),
                loop_now_ms(group->loop));
    delivery_put(group->delivery, &pass);
    group_offer(group); /* nothing has changed since; the file comes first */
    ledger_on_state(&group->ledger, group->name, group->delivery, loop_now_ms(group->loop));
    group_judge(group);
    buf_clear(&group->reason);
    free(outputs);
    free(texts);
    free(places);
}

/* Names and texts may lie in answers that do not live as long as the part. */
static void part_copy(struct group_part *part)
{
    struct arena *arena = &part->arena;

    part->text = arena_copy(arena, part->text);
    for (size_t i = 0; i < part->n_outputs; i++) {
        struct delivery_output *output = &part->outputs[i];

        output->path = arena_copy(arena, output->path);
        output->user = arena_copy(arena, output->user);
        output->group = arena_copy(arena, output->group);
        output->text = arena_copy(arena, output->text);
    }
}

static void part_take(struct group_part *part, struct slice text, const struct render *render)
{
    arena_reset(&part->arena);
    part->has_pass = true;
    part->text = text;
    places_copy(&part->places, &render->places);
    part->n_outputs = render->n_outputs;
    part->outputs = ARENA_ARRAY(&part->arena, render->n_outputs, struct delivery_output);
    for (size_t i = 0; i < render->n_outputs; i++)
        part->outputs[i] = group_make_output(&render->outputs[i]);
}

static struct group_part *group_find_part(const struct group *group, const struct job *job)
{
    size_t i = 0;

    while (group->parts[i].job != job)
        i++;
    return &group->parts[i];
}

/* Of a job that was only asked to look again, the reason is the group's. */
static void group_add_reason(struct group *group, struct job *job)
{
    if (group->is_stirred && job->has_reported && job->changes.n == 0)
        return;
    if (group->reason.len)
        buf_add_string(&group->reason, "; ");
    job_take_reason(job, &group->reason);
}

void group_stir(struct group *group, const char *path)
{
    log_debug("delivery '%s': file changed: '%s'", group->name, path);
    if (group->reason.len)
        buf_add_string(&group->reason, "; ");
    buf_printf(&group->reason, "file changed: %s", path);
    group->is_stirred = true;
    delivery_stir(group->delivery, path);
    for (size_t i = 0; i < group->n_parts; i++)
        job_look_again(group->parts[i].job);
}

void group_take(struct group *group, struct job *job, struct slice text,
                const struct render *render)
{
    struct group_part *part = group_find_part(group, job);

    group_add_reason(group, job);
    part_take(part, text, render);
    if (group->n_parts > 1) {
        part_copy(part);
        group->is_changed = true;
        return;
    }
    group_put(group);
    part->has_pass = false;
}

static bool group_is_complete(const struct group *group)
{
    for (size_t i = 0; i < group->n_parts; i++) {
        const struct group_part *part = &group->parts[i];

        switch (part->job->state) {
        case JOB_CURRENT:
        case JOB_QUIET: break;
        case JOB_INCOMPLETE:
        case JOB_FAILED: return false;
        }
        if (!part->has_pass)
            return false;
    }
    return true;
}

void group_deliver(struct group *group)
{
    if (group->is_changed && group_is_complete(group))
        group_put(group);
}

void group_align(struct group *group)
{
    bool is_due = false;

    for (size_t i = 0; i < group->n_parts; i++)
        is_due |= group->parts[i].job->is_due;
    for (size_t i = 0; is_due && i < group->n_parts; i++)
        job_hurry(group->parts[i].job);
}

/* --- Another configuration ----------------------------------------------------------------- */

static bool writes_one_of(const struct group *group, const struct group *other)
{
    for (size_t i = 0; i < group->options.n_files; i++)
        for (size_t k = 0; k < other->options.n_files; k++)
            if (strcmp(group->options.files[i].destination, other->options.files[k].destination) ==
                0)
                return true;
    return false;
}

void group_inherit(struct group *group, const struct group *earlier)
{
    if (!group->delivery || !earlier->delivery || !writes_one_of(group, earlier))
        return;
    delivery_inherit(group->delivery, earlier->delivery);
    quarantine_inherit(group->quarantine, earlier->quarantine);
    ledger_inherit(&group->ledger, &earlier->ledger);
    delivery_run_command(group->delivery);
}
