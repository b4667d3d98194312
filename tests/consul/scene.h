/* SPDX-License-Identifier: MIT */
/* A watch set, the fake Consul that it asks, and what it told. */
#pragma once

#include <string.h>

#include "base/limits.h"
#include "consul/fake_consul.h"
#include "consul/watch_set.h"
#include "consul/watch_set_tuning.h"
#include "data/catalog.h"
#include "delivery/log.h"

/* Times that a test can wait for. */
static const struct watch_tuning quick = {
    .backoff = { { 1, 4 }, { 1, 4 }, { 1, 4 }, { 1, 4 }, { 1, 4 } },
    .breaker = { 1, 4 },
    .window_ms = 1000,
    .retry_after_cap_ms = 1,
    .wait_ms = FAKE_WAIT_MS,
    .first_wait_ms = FAKE_WAIT_MS,
    .shared_wait_ms = FAKE_WAIT_MS,
    .deadline_slack_ms = 2000,
    .fetch_timeout_ms = 2000,
    .turn_ms = FAKE_WAIT_MS,
    .queue_ms = 200,
    .limit_ms = 500,
    .growth_ms = 60000,
    .poll_ms = 1,
    .refresh_ms = 60000,
    .pace_ms = 1,
    .pace_max_ms = 4,
    .verify_ms = 1,
    .verify_all_ms = 1,
    .report_ms = 1,
    .ring_ms = 1,
    .explain_ms = 4,
    .sweep_ms = 20,
    .sweep_gap_ms = 1,
    .blind_ms = 20,
    .optional_ms = 20,
    .token_ms = 1,
    .homing_ms = 60000,
};

struct scene {
    struct rig *rig;
    struct fake fake;
    char *addresses[2];
    struct consul_options options;
    struct watch_set *set;
    struct buf answers; /* what was told, in order: "2a", "0", "absent" */
    struct buf health;  /* "away: why", "back" */
    struct buf given_up;
    size_t n_answers, n_doubtful;
    void (*hook)(struct scene *scene); /* called for each answer; optional */
};

static inline void scene_note_document(struct scene *scene, const struct document *doc)
{
    if (doc->root.type == &type_service_instance_list && doc->root.list.n > 0) {
        const struct service_instance *const *instances = doc->root.list.items;
        const struct pair *meta = instances[0]->service_meta.items;

        buf_printf(&scene->answers, "%zu%.*s ", doc->root.list.n, SLICE_ARG(meta->value));
    } else if (value_kind(&doc->root) == KIND_LIST) {
        buf_printf(&scene->answers, "%zu ", doc->root.list.n);
    } else {
        buf_add_string(&scene->answers, "there ");
    }
}

static inline void scene_on_answer(void *ctx, const struct dep *dep, struct document *doc,
                                   bool is_doubtful)
{
    struct scene *scene = ctx;

    assert_true(dep->key.len > 0);
    scene->n_answers++;
    scene->n_doubtful += is_doubtful;
    if (doc)
        scene_note_document(scene, doc);
    else
        buf_add_string(&scene->answers, "absent ");
    document_unref(doc);
    if (scene->hook)
        scene->hook(scene);
}

static inline void scene_on_health(void *ctx, bool is_healthy, const char *reason)
{
    struct scene *scene = ctx;

    buf_printf(&scene->health, is_healthy ? "back " : "away: %s ", reason);
}

static inline void scene_on_give_up(void *ctx, const struct dep *dep, const char *reason)
{
    struct scene *scene = ctx;

    buf_printf(&scene->given_up, "%.*s: %s", SLICE_ARG(dep->key), reason);
    loop_quit(scene->rig->loop, 0);
}

static const struct watch_set_handler scene_handler = { .on_answer = scene_on_answer,
                                                        .on_health = scene_on_health,
                                                        .on_give_up = scene_on_give_up };

static inline void scene_begin(struct scene *scene, struct rig *rig, const char *script)
{
    *scene = (struct scene){ .rig = rig };
    fake_start(&scene->fake, rig);
    scene->fake.script = slice_from(script);
    scene->addresses[0] = scene->fake.address;
    scene->options = (struct consul_options){ .addresses = scene->addresses,
                                              .n_addresses = 1,
                                              .max_stale_ms = 2000 };
    log_begin(LOG_LEVEL_INFO);
}

/* With the options as they are now. */
static inline void scene_open(struct scene *scene)
{
    if (!watch_set_new(scene->rig->loop, &scene->options, &scene_handler, scene, &scene->set,
                       &scene->rig->err))
        fail_msg("%s", scene->rig->err.text);
    watch_set_tune(scene->set, &quick);
}

static inline void scene_ask_dep(struct scene *scene, struct dep dep)
{
    CLEANUP(arena_fini) struct arena arena = ARENA_EMPTY;
    CLEANUP(dep_set_fini) struct dep_set wanted = DEP_SET_EMPTY;

    dep_make_key(&dep, &arena);
    dep_set_add(&wanted, &dep);
    watch_set_add(scene->set, &wanted);
}

static inline void scene_ask(struct scene *scene, enum dep_kind kind, const char *name)
{
    scene_ask_dep(scene, (struct dep){ .kind = kind, .name = slice_from(name) });
}

static inline struct watch_status scene_status(const struct scene *scene)
{
    struct watch_status status;
    size_t i = 0;

    assert_true(watch_set_next_status(scene->set, &i, &status));
    return status;
}

static inline void scene_end(struct scene *scene)
{
    watch_set_free(scene->set);
    fake_stop(&scene->fake);
    buf_fini(&scene->answers);
    buf_fini(&scene->health);
    buf_fini(&scene->given_up);
    log_end();
}

/* --- Waiting for something to be so ---------------------------------------------------------- */

struct waiting {
    struct scene *scene;
    bool (*is_met)(const struct scene *scene);
    struct timer timer;
};

static inline void waiting_look(void *ctx)
{
    struct waiting *waiting = ctx;

    if (waiting->is_met(waiting->scene))
        loop_quit(waiting->scene->rig->loop, 0);
    else
        timer_start_ms(&waiting->timer, 1);
}

static inline void wait_until(struct scene *scene, bool (*is_met)(const struct scene *scene))
{
    struct waiting waiting = { .scene = scene, .is_met = is_met };

    timer_init(&waiting.timer, scene->rig->loop, waiting_look, &waiting);
    timer_start_ms(&waiting.timer, 1);
    if (rig_run(scene->rig) != 0)
        fail_msg("waited in vain; answers '%s', health '%s', requests '%s', log:\n%s",
                 buf_slice(&scene->answers).ptr, buf_slice(&scene->health).ptr,
                 buf_slice(&scene->fake.requests).ptr, buf_slice(&logged).ptr);
    timer_fini(&waiting.timer);
}

static inline size_t count_state(const struct scene *scene, enum watch_state state)
{
    struct watch_status status;
    size_t n = 0;

    for (size_t i = 0; watch_set_next_status(scene->set, &i, &status);)
        n += status.state == state;
    return n;
}

static inline bool all_are_armed(const struct scene *scene)
{
    return count_state(scene, WATCH_ARMED) == watch_set_count(scene->set);
}
