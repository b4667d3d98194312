/* SPDX-License-Identifier: MIT */
/* A few blocking queries that wake any number of questions. */
#include "doorbell.h"

#include <assert.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/memory.h"
#include "data/catalog.h"
#include "doorbell_sweep.h"
#include "watch.h"

/* --- Listeners ------------------------------------------------------------------------------ */

void listener_fini(struct listener *listener)
{
    doorbell_leave(listener);
    free(TAKE(listener->nodes));
}

bool listener_can_be_covered(const struct dep *dep)
{
    switch (dep->kind) {
    case DEP_HEALTH_SERVICE: return dep->sameness_group.len == 0;
    case DEP_CATALOG_SERVICES:
    case DEP_CATALOG_NODES:
    case DEP_CATALOG_NODE:
    case DEP_KV_GET:
    case DEP_KV_LIST: return true;
    case DEP_HEALTH_CONNECT:
    case DEP_CATALOG_DATACENTERS:
    case DEP_CA_ROOTS:
    case DEP_CA_LEAF:
    case DEP_PARTITIONS:
    case DEP_PEERINGS:
    case DEP_EXPORTED_SERVICES:
    case DEP_IMPORTED_SERVICES:
    case DEP_FILE: return false;
    }
    return false;
}

static bool is_of_keys(const struct dep *dep)
{
    return dep->kind == DEP_KV_GET || dep->kind == DEP_KV_LIST;
}

/* The token may be allowed to read a service, or a key, and not what lists it. A new one may be
 * seen before the tables that show it. What is not there at all can only be believed to show up. */
static bool is_visible(const struct listener *listener)
{
    const struct watch_env *env = listener->doorbell->env;
    const struct bell *bells = listener->doorbell->bells;

    if (!listener->has_items || loop_now_ms(env->loop) < listener->noted_ms + env->tuning.blind_ms)
        return true;
    if (listener->doorbell->is_for_keys)
        return tally_has(&bells[0].table.by_service, listener->key);
    return tally_has(&bells[TABLE_SERVICES].table.by_service, listener->key) &&
           (!listener->has_checks ||
            tally_has(&bells[TABLE_CHECKS].table.by_service, listener->key));
}

bool listener_is_covered(const struct listener *listener)
{
    if (!listener->doorbell)
        return false;
    switch (listener->doorbell->state) {
    case DOORBELL_NEW: return true;
    case DOORBELL_LIVE: return is_visible(listener);
    case DOORBELL_USELESS: return false;
    }
    return false;
}

static bool has_own_checks(const struct service_instance *instance)
{
    const struct health_check *checks = instance->checks.items;

    for (size_t i = 0; i < instance->checks.n; i++) {
        if (checks[i].service_name.len > 0)
            return true;
    }
    return false;
}

static void note_instances(struct listener *listener, const struct document *doc)
{
    const struct service_instance *const *instances = doc->root.list.items;
    size_t n = doc->root.list.n;

    listener->nodes = memory_resize_array(listener->nodes, n ? n : 1, sizeof(*listener->nodes));
    listener->n_nodes = n;
    listener->noted_ms = loop_now_ms(listener->doorbell->env->loop);
    listener->has_items = n > 0;
    listener->has_checks = false;
    for (size_t i = 0; i < n; i++) {
        listener->nodes[i] = table_key(instances[i]->node);
        listener->has_checks |= has_own_checks(instances[i]);
    }
}

/* A list is seen by one of its keys. */
static void note_keys(struct listener *listener, const struct document *doc)
{
    listener->noted_ms = loop_now_ms(listener->doorbell->env->loop);
    listener->has_items = doc != NULL;
    if (!doc || listener->dep->kind == DEP_KV_GET)
        return;
    listener->has_items = doc->root.list.n > 0;
    if (listener->has_items)
        listener->key = table_key(((const struct kv_pair *const *)doc->root.list.items)[0]->path);
}

void listener_note(struct listener *listener, const struct document *doc)
{
    if (!listener->doorbell)
        return;
    if (listener->doorbell->is_for_keys)
        note_keys(listener, doc);
    else if (listener->dep->kind == DEP_HEALTH_SERVICE && doc)
        note_instances(listener, doc);
}

/* --- Ringing -------------------------------------------------------------------------------- */

void listener_ring(struct listener *listener, bool is_swept)
{
    listener->is_swept = is_swept && (!listener->is_dirty || listener->is_swept);
    listener->is_dirty = true;
    listener->handler->on_ring(listener->ctx);
}

static bool is_on_one_of(const struct listener *listener, const struct keys *nodes)
{
    for (size_t i = 0; nodes->n > 0 && i < listener->n_nodes; i++) {
        if (keys_has(nodes, listener->nodes[i]))
            return true;
    }
    return false;
}

/* Whether what has rung changes the answer to its question, as far as can be seen. */
static bool is_concerned(const struct listener *listener, const struct bell *bell, bool has_rung)
{
    const struct table_changes *changes = &bell->changes;

    switch (listener->dep->kind) {
    case DEP_KV_GET:
    case DEP_KV_LIST: return keys_has(&changes->services, listener->key);
    case DEP_HEALTH_SERVICE:
        return keys_has(&changes->services, listener->key) ||
               is_on_one_of(listener, &changes->nodes);
    case DEP_CATALOG_SERVICES: return bell->table.kind == TABLE_SERVICES && changes->services.n > 0;
    case DEP_CATALOG_NODES: return bell->table.kind == TABLE_NODES && changes->nodes.n > 0;
    default: return bell->table.kind != TABLE_CHECKS && has_rung; /* of one node: anything */
    }
}

/* For how long the table of checks tells again what a part of it has told. */
#define ECHO_MS 2000

/* Whether the ring may be for what was asked already: the index tells then. */
static bool is_echo(const struct listener *listener, const struct bell *bell)
{
    return bell->table.kind == TABLE_CHECKS && listener->quick_ms > 0 &&
           loop_now_ms(bell->env->loop) - listener->quick_ms < ECHO_MS;
}

static void ring_for_changes(struct doorbell *doorbell, struct bell *bell, bool has_rung)
{
    if (!has_rung && bell->changes.services.n == 0 && bell->changes.nodes.n == 0)
        return;
    keys_sort(&bell->changes.services);
    keys_sort(&bell->changes.nodes);
    for (struct listener *listener = doorbell->first; listener; listener = listener->next) {
        if (is_concerned(listener, bell, has_rung))
            listener_ring(listener, is_echo(listener, bell));
    }
}

/* Ahead of the table that it is a part of. */
static void on_failing(void *ctx, struct bell *bell, enum bell_news news)
{
    struct doorbell *doorbell = ctx;
    struct table_changes *changes = &bell->changes;

    /* The first one has nothing to be compared with. */
    if (doorbell->state != DOORBELL_LIVE || news != BELL_RUNG || bell->n_rings == 1)
        return;
    keys_sort(&changes->services);
    keys_sort(&changes->nodes);
    for (struct listener *listener = doorbell->first; listener; listener = listener->next) {
        if (listener->dep->kind != DEP_HEALTH_SERVICE || !is_concerned(listener, bell, true))
            continue;
        listener->quick_ms = loop_now_ms(bell->env->loop);
        listener_ring(listener, false);
    }
}

/* --- States --------------------------------------------------------------------------------- */

static void shake_all(struct doorbell *doorbell)
{
    for (struct listener *listener = doorbell->first; listener; listener = listener->next)
        listener->handler->on_shake(listener->ctx);
}

static void calm_all(struct doorbell *doorbell)
{
    for (struct listener *listener = doorbell->first; listener; listener = listener->next)
        listener->handler->on_calm(listener->ctx);
}

static void cover_all(struct doorbell *doorbell)
{
    for (struct listener *listener = doorbell->first; listener; listener = listener->next)
        listener->handler->on_cover(listener->ctx);
}

static enum doorbell_state judge(const struct doorbell *doorbell)
{
    bool is_known = true;

    for (size_t i = 0; i < doorbell->n_bells; i++) {
        if (doorbell->bells[i].is_useless)
            return DOORBELL_USELESS;
        is_known &= doorbell->bells[i].has_answer;
    }
    if (!is_known)
        return doorbell->state;
    if (doorbell->is_for_keys)
        return DOORBELL_LIVE;
    /* Consul itself is always among its services. */
    return doorbell->bells[TABLE_SERVICES].table.by_service.n_there > 0 ? DOORBELL_LIVE
                                                                        : DOORBELL_USELESS;
}

static void doorbell_enter(struct doorbell *doorbell, enum doorbell_state next)
{
    static const char *const names[] = { "new", "live", "useless" };

    log_debug("%s: %s, for %zu questions", doorbell->bells[0].name, names[next],
              doorbell->n_listeners);
    doorbell->state = next;
    doorbells_recount(&doorbell->env->doorbells);

    switch (next) {
    case DOORBELL_NEW: return;
    case DOORBELL_LIVE:
        doorbell_sweep_begin(doorbell, false);
        return; /* older answers may be too old */
    case DOORBELL_USELESS: doorbell_sweep_forget(doorbell); return;
    }
}

static void consider(struct doorbell *doorbell)
{
    enum doorbell_state next = judge(doorbell);
    bool is_troubled = doorbell_trouble(doorbell) != NULL;

    if (is_troubled && !doorbell->is_shaken)
        shake_all(doorbell);
    else if (!is_troubled && doorbell->is_shaken)
        calm_all(doorbell);
    doorbell->is_shaken = is_troubled;
    if (next != doorbell->state)
        doorbell_enter(doorbell, next);
}

static void on_bell(void *ctx, struct bell *bell, enum bell_news news)
{
    struct doorbell *doorbell = ctx;
    bool was_live = doorbell->state == DOORBELL_LIVE;
    bool shows = bell->changes.services.n > 0;

    consider(doorbell);
    if (doorbell->state != DOORBELL_LIVE) {
        if (was_live)
            cover_all(doorbell);
        return;
    }
    if (!was_live)
        return;
    ring_for_changes(doorbell, bell, news == BELL_RUNG);
    if (news == BELL_RESET) {
        shake_all(doorbell);
        doorbell_sweep_begin(doorbell, true);
        return;
    }
    if (shows && !doorbell->is_for_keys)
        doorbell_sweep_explain(doorbell);
    if (news == BELL_RUNG && (bell->table.kind == TABLE_SERVICES || bell->table.kind == TABLE_KEYS))
        doorbell_sweep_consider(doorbell);
}

/* Refreshes are due at different times, and what the tables do not show in time has to ask by
 * itself: one timer for all is less than one for each. */
static void on_tick(void *ctx)
{
    struct doorbell *doorbell = ctx;

    cover_all(doorbell);
    timer_start_ms(&doorbell->tick, doorbell->env->tuning.blind_ms / 2);
}

/* --- Life ----------------------------------------------------------------------------------- */

struct doorbell *doorbell_new(struct watch_env *env, const struct dep *dep)
{
    struct doorbell *doorbell = NEW(struct doorbell);

    doorbell->env = env;
    doorbell->tenancy = dep_copy(dep);
    doorbell->is_for_keys = is_of_keys(dep);
    timer_init(&doorbell->sweep_timer, env->loop, doorbell_on_sweep_timer, doorbell);
    timer_init(&doorbell->tick, env->loop, on_tick, doorbell);
    doorbell->n_bells = doorbell->is_for_keys ? 1 : N_TABLES;
    for (size_t i = 0; i < doorbell->n_bells; i++)
        bell_init(&doorbell->bells[i], doorbell->is_for_keys ? TABLE_KEYS : (enum table_kind)i, env,
                  doorbell->tenancy, on_bell, doorbell);
    bell_init(&doorbell->failing, TABLE_FAILING, env, doorbell->tenancy, on_failing, doorbell);
    return doorbell;
}

void doorbell_free(struct doorbell *doorbell)
{
    assert(!doorbell->first);
    for (size_t i = 0; i < doorbell->n_bells; i++)
        bell_fini(&doorbell->bells[i]);
    bell_fini(&doorbell->failing);
    timer_fini(&doorbell->sweep_timer);
    timer_fini(&doorbell->tick);
    dep_free(doorbell->tenancy);
    free(doorbell);
}

bool doorbell_is_for(const struct doorbell *doorbell, const struct dep *dep)
{
    const struct dep *tenancy = doorbell->tenancy;

    return doorbell->is_for_keys == is_of_keys(dep) && slice_equal(tenancy->dc, dep->dc) &&
           slice_equal(tenancy->namespace_name, dep->namespace_name) &&
           slice_equal(tenancy->partition, dep->partition) && slice_equal(tenancy->peer, dep->peer);
}

static struct slice common_start(struct slice a, struct slice b)
{
    size_t n = 0;

    while (n < a.len && n < b.len && a.ptr[n] == b.ptr[n])
        n++;
    return slice_sub(a, 0, n);
}

size_t doorbell_n_connections(const struct doorbell *doorbell)
{
    return doorbell->n_bells + doorbell->is_quick;
}

void doorbell_set_quick(struct doorbell *doorbell, bool is_quick)
{
    if (doorbell->is_quick == is_quick)
        return;
    doorbell->is_quick = is_quick;
    if (!is_quick)
        bell_stop(&doorbell->failing);
    else if (doorbell->is_started)
        bell_start(&doorbell->failing);
}

void doorbell_add_candidate(struct doorbell *doorbell, const struct dep *dep)
{
    doorbell->common =
        doorbell->n_candidates == 0 ? dep->name : common_start(doorbell->common, dep->name);
    doorbell->n_candidates++;
}

void doorbell_cover_prefix(struct doorbell *doorbell, struct slice prefix)
{
    struct dep tenancy = *doorbell->tenancy;

    if (doorbell->is_started) {
        prefix = common_start(tenancy.name, prefix);
        if (prefix.len == tenancy.name.len)
            return;
    }
    tenancy.name = prefix;

    struct dep *old = doorbell->tenancy;

    doorbell->tenancy = dep_copy(&tenancy);
    doorbell->bells[0].tenancy = doorbell->tenancy;
    dep_free(old);
    if (doorbell->is_started)
        doorbell_restart(doorbell);
}

void doorbell_join(struct doorbell *doorbell, struct listener *listener, bool was_asked)
{
    if (listener->doorbell == doorbell)
        return;
    assert(!listener->doorbell);
    listener->doorbell = doorbell;
    listener->key = table_key(listener->dep->name);
    listener->is_dirty = was_asked; /* the answer may be older than what the bells know */
    listener->next = NULL;
    listener->previous = doorbell->last;
    if (doorbell->last)
        doorbell->last->next = listener;
    else
        doorbell->first = listener;
    doorbell->last = listener;
    doorbell->n_listeners++;
    doorbells_recount(&doorbell->env->doorbells);
    if (doorbell->is_started)
        return;
    doorbell->is_started = true;
    timer_start_ms(&doorbell->tick, doorbell->env->tuning.blind_ms / 2);
    for (size_t i = 0; i < doorbell->n_bells; i++)
        bell_start(&doorbell->bells[i]);
    if (doorbell->is_quick)
        bell_start(&doorbell->failing);
}

void doorbell_leave(struct listener *listener)
{
    struct doorbell *doorbell = listener->doorbell;

    if (!doorbell)
        return;
    if (doorbell->cursor == listener)
        doorbell->cursor = listener->next;
    if (listener->next)
        listener->next->previous = listener->previous;
    else
        doorbell->last = listener->previous;
    if (listener->previous)
        listener->previous->next = listener->next;
    else
        doorbell->first = listener->next;
    listener->doorbell = NULL;
    doorbell->n_listeners--;
    doorbells_recount(&doorbell->env->doorbells);
    listener->handler->on_cover(listener->ctx);
}

void doorbell_restart(struct doorbell *doorbell)
{
    doorbell_sweep_forget(doorbell);
    doorbell_enter(doorbell, DOORBELL_NEW);
    for (size_t i = 0; i < doorbell->n_bells; i++)
        bell_start(&doorbell->bells[i]);
    if (doorbell->is_quick)
        bell_start(&doorbell->failing);
}

const struct bell *doorbell_trouble(const struct doorbell *doorbell)
{
    for (size_t i = 0; i < doorbell->n_bells; i++) {
        if (doorbell->bells[i].n_failures > 0)
            return &doorbell->bells[i];
    }
    return NULL;
}

uint64_t doorbell_ok_ms(const struct doorbell *doorbell)
{
    uint64_t ok_ms = UINT64_MAX;

    for (size_t i = 0; i < doorbell->n_bells; i++) {
        if (doorbell->bells[i].ok_ms < ok_ms)
            ok_ms = doorbell->bells[i].ok_ms;
    }
    return ok_ms;
}
