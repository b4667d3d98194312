/* SPDX-License-Identifier: MIT */
/* What has changed between two answers to a question, in words. */
#include "data/change.h"

#include <inttypes.h>

#include "data/catalog.h"
#include "data/document.h"
#include "data/instances.h"

#define INSTANCES_NAMED 4 /* of those that came, and of those that went */

static void add_plain(struct buf *out, struct slice text)
{
    for (size_t i = 0; i < text.len; i++)
        buf_add_byte(out, text.ptr[i] > ' ' && text.ptr[i] < 0x7f ? text.ptr[i] : '?');
}

/* Which question, as people would say it: a service by its name. */
static void add_subject(struct buf *out, const struct dep *dep)
{
    if (dep->kind != DEP_HEALTH_SERVICE && dep->kind != DEP_HEALTH_CONNECT) {
        add_plain(out, dep->key);
        return;
    }
    add_plain(out, dep->name);
    if (dep->dc.len) {
        buf_add_byte(out, '@');
        add_plain(out, dep->dc);
    }
}

struct tally {
    size_t n_came, n_went;
    struct buf came, went;
};

static void add_instance(struct buf *list, size_t n, const struct service_instance *instance,
                         const char *cause)
{
    bool is_v6 = slice_find_byte(instance->address, ':') != SLICE_NOT_FOUND;

    if (n > INSTANCES_NAMED)
        return;
    buf_add_string(list, n > 1 ? ", " : "");
    buf_add_string(list, is_v6 ? "[" : "");
    add_plain(list, instance->address);
    buf_printf(list, "%s:%" PRId64 " %s", is_v6 ? "]" : "", instance->port, cause);
}

static void tally_add_came(struct tally *tally, const struct service_instance *instance,
                           const char *cause)
{
    add_instance(&tally->came, ++tally->n_came, instance, cause);
}

static void tally_add_went(struct tally *tally, const struct service_instance *instance,
                           const char *cause)
{
    add_instance(&tally->went, ++tally->n_went, instance, cause);
}

static const char *cause_of(const struct service_instance *instance)
{
    return instance->status == INSTANCE_UNKNOWN ? "unknown"
                                                : instance_status_name(instance->status);
}

static bool is_moved(const struct service_instance *before, const struct service_instance *after)
{
    return before->port != after->port || !slice_equal(before->address, after->address);
}

static void on_instance(void *ctx, const struct service_instance *before,
                        const struct service_instance *after)
{
    struct tally *tally = ctx;
    bool was_up = before && before->status == INSTANCE_PASSING;
    bool is_up = after && after->status == INSTANCE_PASSING;

    if (was_up && is_up && is_moved(before, after)) {
        tally_add_came(tally, after, "moved");
        tally_add_went(tally, before, "moved");
    } else if (!was_up && is_up) {
        tally_add_came(tally, after, before ? "passing" : "registered");
    } else if (was_up && !is_up) {
        tally_add_went(tally, before, after ? cause_of(after) : "deregistered");
    }
}

static void add_names(struct buf *out, const char *verb, const struct buf *names, size_t n)
{
    if (n == 0)
        return;
    buf_printf(out, "%s%s %s", out->ptr[out->len - 1] == '(' ? "" : "; ", verb, names->ptr);
    if (n > INSTANCES_NAMED)
        buf_printf(out, " and %zu more", n - INSTANCES_NAMED);
}

static void describe_instances(const struct document *before, const struct document *after,
                               struct buf *out)
{
    struct tally tally = { .n_came = 0 };

    instances_compare(before, after, on_instance, &tally);
    if (tally.n_came + tally.n_went == 0) {
        buf_add_string(out, " changed");
    } else {
        buf_add_byte(out, ':');
        if (tally.n_came)
            buf_printf(out, " +%zu", tally.n_came);
        if (tally.n_went)
            buf_printf(out, " -%zu", tally.n_went);
        buf_printf(out, " instance%s (", tally.n_came + tally.n_went == 1 ? "" : "s");
        add_names(out, "came", &tally.came, tally.n_came);
        add_names(out, "went", &tally.went, tally.n_went);
        buf_add_byte(out, ')');
    }
    buf_fini(&tally.came);
    buf_fini(&tally.went);
}

void change_describe(const struct dep *dep, const struct document *before,
                     const struct document *after, struct buf *out)
{
    add_subject(out, dep);
    if ((before && instances_are_listed(before)) || (after && instances_are_listed(after)))
        describe_instances(before, after, out);
    else
        buf_add_string(out, !before ? " appeared" : !after ? " is gone" : " changed");
}
