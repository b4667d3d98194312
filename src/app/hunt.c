/* SPDX-License-Identifier: MIT */
/* Finds what a checker refuses. */
#include "hunt.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/memory.h"
#include "base/redact.h"
#include "delivery/trial.h"
#include "io/timer.h"

#define SEARCH_MS     5000 /* of checkers, in one search */
#define SOON_MS       1000 /* after a delivery: a burst of them is one try */
#define FIRST_WAIT_MS 60000
#define MOST_WAIT_MS  900000
#define WHY_BYTES     200

/*   IDLE       --refused-->  SEARCHING   trial by trial; what is found guilty is left out
 *   SEARCHING  --found, or something was before--> WAITING   --none--> IDLE
 *   WAITING    --time-->     RETRYING    one trial with all there is
 *   RETRYING   --accepted--> IDLE        --refused--> WAITING, longer
 *   any        --accepted, and nothing is left out any more--> IDLE */
enum hunt_state { HUNT_IDLE, HUNT_SEARCHING, HUNT_WAITING, HUNT_RETRYING };

struct hunt {
    struct loop *loop;
    struct gate *gate;
    struct group *group; /* also the owner of what is banned here */
    enum hunt_state state;
    struct trial *trial;   /* under way */
    struct timer timer;    /* WAITING: for the next try; SEARCHING: for the next trial */
    uint64_t spent_ms;     /* by checkers, in this search */
    uint64_t wait_ms;      /* between the last regular try and the next one */
    uint64_t due_ms;       /* of that */
    bool is_early;         /* the next try is for a delivery, not for the time that has passed */
    uint64_t hash;         /* of the texts in the trial */
    uint64_t refused_hash; /* of all there was when it was last refused */
    char why[WHY_BYTES];   /* the checker's words */
};

static void hunt_enter(struct hunt *hunt, enum hunt_state next);

/* Nothing is under way any more; what an earlier search has banned is still to be tried again. */
static void hunt_rest(struct hunt *hunt)
{
    bool has_bans = quarantine_count_of(hunt->group->quarantine, hunt->group) > 0;

    hunt_enter(hunt, has_bans ? HUNT_WAITING : HUNT_IDLE);
}

static void look_again(const struct group *group)
{
    for (size_t i = 0; i < group->n_parts; i++)
        job_look_again(group->parts[i].job);
}

/* --- Texts ----------------------------------------------------------------------------------- */

/* What all templates of the group make of what they are shown. */
struct texts {
    struct buf *items;
    struct render *renders;
    size_t n;
    struct delivery_output *outputs;
    size_t n_outputs;
};

enum texts_outcome { TEXTS_MADE, TEXTS_FAILED, TEXTS_INCOMPLETE };

static void texts_fini(struct texts *texts)
{
    for (size_t i = 0; i < texts->n; i++) {
        buf_fini(&texts->items[i]);
        render_fini(&texts->renders[i]);
    }
    free(texts->items);
    free(texts->renders);
    free(texts->outputs);
}

static void texts_add_outputs(struct texts *texts, const struct render *render)
{
    if (render->n_outputs == 0)
        return;
    texts->outputs = memory_resize_array(texts->outputs, texts->n_outputs + render->n_outputs,
                                         sizeof(*texts->outputs));
    for (size_t i = 0; i < render->n_outputs; i++)
        texts->outputs[texts->n_outputs++] = group_make_output(&render->outputs[i]);
}

static enum texts_outcome texts_make(struct texts *texts, const struct group *group)
{
    struct answer_source answers = quarantine_answers(group->quarantine);

    texts->items = memory_resize_array(NULL, group->n_parts, sizeof(*texts->items));
    texts->renders = memory_resize_array(NULL, group->n_parts, sizeof(*texts->renders));
    while (texts->n < group->n_parts) {
        struct buf *text = &texts->items[texts->n];
        struct render *render = &texts->renders[texts->n];
        struct error err = ERROR_EMPTY;

        *text = BUF_EMPTY;
        *render = RENDER_EMPTY;

        bool is_rendered = job_try(group->parts[texts->n++].job, answers, text, render, &err);

        if (render->n_pending > 0)
            return TEXTS_INCOMPLETE;
        if (!is_rendered)
            return TEXTS_FAILED;
        texts_add_outputs(texts, render);
    }
    return TEXTS_MADE;
}

static uint64_t texts_hash(const struct texts *texts)
{
    uint64_t hash = 0;

    for (size_t i = 0; i < texts->n; i++)
        hash = hash * 31 + slice_hash(buf_slice(&texts->items[i]));
    for (size_t i = 0; i < texts->n_outputs; i++)
        hash = hash * 31 + slice_hash(texts->outputs[i].text);
    return hash;
}

static void hunt_on_trial(void *ctx, const struct trial_result *result);

static void hunt_check(struct hunt *hunt, const struct texts *texts)
{
    struct slice *items = memory_resize_array(NULL, texts->n, sizeof(*items));

    for (size_t i = 0; i < texts->n; i++)
        items[i] = buf_slice(&texts->items[i]);
    hunt->trial = trial_start(hunt->loop, hunt->gate, &hunt->group->options, hunt->group->delivery,
                              &(struct delivery_pass){ .texts = items,
                                                       .n_texts = texts->n,
                                                       .outputs = texts->outputs,
                                                       .n_outputs = texts->n_outputs },
                              hunt_on_trial, hunt);
    free(items);
}

/* --- Searching ------------------------------------------------------------------------------- */

static void hunt_end_search(struct hunt *hunt)
{
    struct group *group = hunt->group;

    quarantine_set_fresh(group->quarantine, access(group->options.files[0].destination, F_OK) != 0);
    switch (quarantine_end_search(group->quarantine, group, hunt->why)) {
    case QUARANTINE_FOUND:
        hunt->wait_ms = FIRST_WAIT_MS;
        hunt->due_ms = loop_now_ms(hunt->loop) + FIRST_WAIT_MS;
        look_again(group);
        hunt_enter(hunt, HUNT_WAITING);
        return;
    case QUARANTINE_NOT_REPEATED:
        log_info("'%s': what was refused is accepted now", group->name);
        delivery_forget_refusal(group->delivery);
        look_again(group);
        break;
    case QUARANTINE_NO_CULPRIT:
        log_warn("'%s': no single input is to blame for what was refused", group->name);
        /* What has found somebody is worth its time. */
        delivery_add_rest(group->delivery, hunt->spent_ms);
        delivery_salvage(group->delivery);
        break;
    }
    hunt_rest(hunt);
}

/* One trial after the other, as long as rendering alone decides them. */
static void hunt_search(struct hunt *hunt)
{
    struct quarantine *quarantine = hunt->group->quarantine;

    while (quarantine_is_searching(quarantine)) {
        CLEANUP(texts_fini) struct texts texts = { .items = NULL };
        enum texts_outcome outcome;

        quarantine_show_trial(quarantine, true);
        outcome = texts_make(&texts, hunt->group);
        quarantine_show_trial(quarantine, false);
        switch (outcome) {
        case TEXTS_MADE:
            if (hunt->refused_hash == 0) /* the first one takes all there is */
                hunt->refused_hash = texts_hash(&texts);
            hunt_check(hunt, &texts);
            return;
        case TEXTS_FAILED: quarantine_judge_trial(quarantine, false); break;
        case TEXTS_INCOMPLETE: quarantine_cut_search(quarantine); break;
        }
    }
    hunt_end_search(hunt);
}

/* Of what a checker said, the line that says why: HAProxy's first words are on its version. */
static void keep_why(struct hunt *hunt, const struct trial_result *result)
{
    CLEANUP(buf_fini) struct buf shown = BUF_EMPTY;
    struct slice words, line, best = slice_from(result->text);
    bool is_sure = false;

    redact_text(result->words, &shown); /* they may quote a key's value */
    words = buf_slice(&shown);
    while (!is_sure && words.len > 0 && slice_next(&words, '\n', &line)) {
        is_sure = slice_find(line, SLICE("ALERT")) != SLICE_NOT_FOUND;
        if (is_sure || best.ptr == result->text)
            best = line.len > 0 ? line : best;
    }
    best = slice_sub(best, 0, WHY_BYTES - 1);
    memcpy(hunt->why, best.ptr, best.len);
    hunt->why[best.len] = '\0';
}

static void hunt_judge_trial(struct hunt *hunt, const struct trial_result *result)
{
    struct quarantine *quarantine = hunt->group->quarantine;

    hunt->spent_ms += result->elapsed_ms;
    switch (result->verdict) {
    case TRIAL_ACCEPTED: quarantine_judge_trial(quarantine, true); break;
    case TRIAL_REFUSED:
        keep_why(hunt, result);
        quarantine_judge_trial(quarantine, false);
        break;
    case TRIAL_NOT_RUN: quarantine_cut_search(quarantine); break;
    }
    if (hunt->spent_ms > SEARCH_MS)
        quarantine_cut_search(quarantine);
}

/* --- Trying again ---------------------------------------------------------------------------- */

/* A try was for nothing. One for a delivery leaves the time of the next regular one as it is. */
static void hunt_wait_on(struct hunt *hunt)
{
    if (!hunt->is_early) {
        hunt->wait_ms = hunt->wait_ms * 2 < MOST_WAIT_MS ? hunt->wait_ms * 2 : MOST_WAIT_MS;
        hunt->due_ms = loop_now_ms(hunt->loop) + hunt->wait_ms;
    }
    hunt_enter(hunt, HUNT_WAITING);
}

static void hunt_judge_retry(struct hunt *hunt, const struct trial_result *result)
{
    struct group *group = hunt->group;

    if (result->verdict != TRIAL_ACCEPTED) {
        if (result->verdict == TRIAL_REFUSED)
            hunt->refused_hash = hunt->hash;
        hunt_wait_on(hunt);
        return;
    }
    quarantine_release(group->quarantine, group);
    look_again(group);
    hunt_enter(hunt, HUNT_IDLE);
}

/* All that there is, in one trial. */
static void hunt_retry(struct hunt *hunt)
{
    struct quarantine *quarantine = hunt->group->quarantine;
    CLEANUP(texts_fini) struct texts texts = { .items = NULL };
    enum texts_outcome outcome;

    quarantine_lift(quarantine, hunt->group);
    outcome = texts_make(&texts, hunt->group);
    quarantine_lift(quarantine, NULL);
    if (outcome != TEXTS_MADE) {
        hunt_wait_on(hunt);
        return;
    }
    hunt->hash = texts_hash(&texts);
    if (hunt->is_early && hunt->hash == hunt->refused_hash)
        hunt_wait_on(hunt);
    else
        hunt_check(hunt, &texts);
}

/* --- The machine ----------------------------------------------------------------------------- */

static void hunt_enter(struct hunt *hunt, enum hunt_state next)
{
    uint64_t now = loop_now_ms(hunt->loop);

    if (hunt->state == HUNT_SEARCHING)
        quarantine_stop_search(hunt->group->quarantine);
    hunt->state = next;
    timer_stop(&hunt->timer);
    trial_free(TAKE(hunt->trial));
    switch (next) {
    case HUNT_IDLE: hunt->refused_hash = 0; return;
    case HUNT_SEARCHING:
        hunt->spent_ms = hunt->refused_hash = 0;
        timer_start_ms(&hunt->timer, 0);
        return;
    case HUNT_WAITING:
        hunt->is_early = false;
        timer_start_ms(&hunt->timer, hunt->due_ms > now ? hunt->due_ms - now : 0);
        return;
    case HUNT_RETRYING: hunt_retry(hunt); return;
    }
}

static void hunt_on_trial(void *ctx, const struct trial_result *result)
{
    struct hunt *hunt = ctx;
    struct trial *trial = TAKE(hunt->trial); /* the result is its */

    if (hunt->state == HUNT_RETRYING) {
        hunt_judge_retry(hunt, result);
    } else if (hunt->state == HUNT_SEARCHING) {
        hunt_judge_trial(hunt, result);
        hunt_search(hunt);
    }
    trial_free(trial);
}

static void hunt_on_timer(void *ctx)
{
    struct hunt *hunt = ctx;

    if (hunt->state == HUNT_SEARCHING)
        hunt_search(hunt);
    else if (quarantine_count_of(hunt->group->quarantine, hunt->group) > 0)
        hunt_enter(hunt, HUNT_RETRYING);
    else
        hunt_enter(hunt, HUNT_IDLE); /* Consul does not say any more what was banned */
}

void hunt_on_refused(struct hunt *hunt)
{
    CLEANUP(dep_set_fini) struct dep_set asked = DEP_SET_EMPTY;
    struct group *group = hunt->group;

    if (hunt->state == HUNT_SEARCHING)
        return; /* the end of a search is heard first */
    group_add_questions(group, &asked);
    if (quarantine_begin_search(group->quarantine, &asked, QUARANTINE_CHECKS))
        hunt_enter(hunt, HUNT_SEARCHING);
    else
        delivery_salvage(group->delivery);
}

/* With every delivery there is a try, too, unless the same was refused before. */
void hunt_on_accepted(struct hunt *hunt)
{
    if (!hunt)
        return;

    switch (hunt->state) {
    case HUNT_IDLE:
    case HUNT_RETRYING: return;
    case HUNT_SEARCHING:
    case HUNT_WAITING: hunt_rest(hunt); break;
    }
    if (hunt->state == HUNT_WAITING && hunt->due_ms > loop_now_ms(hunt->loop) + SOON_MS) {
        hunt->is_early = true;
        timer_start_ms(&hunt->timer, SOON_MS);
    }
}

struct hunt *hunt_new(struct loop *loop, struct gate *gate, struct group *group)
{
    struct hunt *hunt = NEW(struct hunt);

    hunt->loop = loop;
    hunt->gate = gate;
    hunt->group = group;
    timer_init(&hunt->timer, loop, hunt_on_timer, hunt);
    return hunt;
}

void hunt_free(struct hunt *hunt)
{
    if (!hunt)
        return;
    timer_fini(&hunt->timer);
    trial_free(hunt->trial);
    free(hunt);
}
