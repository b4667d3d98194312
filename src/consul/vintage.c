/* SPDX-License-Identifier: MIT */
/* Options of questions that the agent is too old to know. */
#include "vintage.h"

#include <stdint.h>

#include "base/log.h"
#include "query.h"
#include "watch.h"

/* --- Versions ------------------------------------------------------------------------------- */

#define MAX_NUMBER 100000

static bool take_number(struct slice *text, unsigned *ret_number)
{
    uint64_t number;
    size_t n = 0;

    while (n < text->len && text->ptr[n] >= '0' && text->ptr[n] <= '9')
        n++;
    if (!slice_parse_u64(slice_sub(*text, 0, n), MAX_NUMBER, &number))
        return false;
    *text = slice_sub(*text, n, text->len);
    *ret_number = (unsigned)number;
    return true;
}

static bool take_dot(struct slice *text)
{
    bool is_there = slice_starts_with(*text, SLICE("."));

    if (is_there)
        *text = slice_sub(*text, 1, text->len);
    return is_there;
}

bool version_parse(struct slice text, struct version *ret_version)
{
    struct version version;

    if (!take_number(&text, &version.major) || !take_dot(&text) ||
        !take_number(&text, &version.minor) || !take_dot(&text) ||
        !take_number(&text, &version.patch))
        return false;
    *ret_version = version;
    return true;
}

static bool is_before(const struct version *a, const struct version *b)
{
    if (a->major != b->major)
        return a->major < b->major;
    return a->minor != b->minor ? a->minor < b->minor : a->patch < b->patch;
}

/* --- What which version knows --------------------------------------------------------------- */

/* Consul's changelog has them, those before 1.8 left out: filters elsewhere (1.5), namespaces
 * (1.7). Newer versions that are not the enterprise edition refuse a partition, which is no secret
 * then. */
static const struct option {
    const char *name;
    size_t offset; /* in struct dep */
    bool is_of_services_only;
    struct version since;
} options_known[] = {
    { "filter", offsetof(struct dep, filter), true, { 1, 16, 3 } },
    { "partition", offsetof(struct dep, partition), false, { 1, 11, 0 } },
    { "peer", offsetof(struct dep, peer), false, { 1, 13, 0 } },
    { "sameness-group", offsetof(struct dep, sameness_group), false, { 1, 16, 0 } },
};

/* As query_add_path() has it: where the question names none, the configuration may. */
static bool has_option(const struct dep *dep, const struct consul_options *options,
                       const struct option *option)
{
    const char *configured =
        option->offset == offsetof(struct dep, namespace_name) ? options->namespace_name
        : option->offset == offsetof(struct dep, partition)    ? options->partition
                                                               : NULL;

    if (option->is_of_services_only && dep->kind != DEP_CATALOG_SERVICES)
        return false;
    return ((const struct slice *)(const void *)((const char *)dep + option->offset))->len > 0 ||
           (query_kind_get(dep->kind)->has_tenancy && slice_from(configured).len > 0);
}

const char *vintage_next_ignored(const struct version *version, const struct dep *dep,
                                 const struct consul_options *options, size_t *i,
                                 struct version *ret_since)
{
    while (*i < ARRAY_SIZE(options_known)) {
        const struct option *option = &options_known[(*i)++];

        if (is_before(version, &option->since) && has_option(dep, options, option)) {
            *ret_since = option->since;
            return option->name;
        }
    }
    return NULL;
}

/* --- What is said --------------------------------------------------------------------------- */

static void warn_once(struct vintage *vintage, const struct dep *dep)
{
    const struct version *version = &vintage->version;
    struct version since;
    const char *name;

    for (size_t i = 0; (name = vintage_next_ignored(version, dep, vintage->options, &i, &since));) {
        unsigned bit = 1u << (i - 1);

        if (vintage->said & bit)
            continue;
        vintage->said |= bit;
        log_warn("consul %s: version %u.%u.%u ignores '%s', which is known since %u.%u.%u: "
                 "%.*s is answered as if it had none",
                 agent_name(*vintage->agent), version->major, version->minor, version->patch, name,
                 since.major, since.minor, since.patch, SLICE_ARG(dep->key));
    }
}

static void warn_of_all(struct vintage *vintage)
{
    const struct watch *watch;

    for (size_t i = 0; (watch = map_next(vintage->watches, &i)) != NULL;)
        warn_once(vintage, watch->dep);
}

/* Whether there is anything that depends on the version. */
static bool is_of_interest(const struct vintage *vintage)
{
    static const struct version oldest = { 0, 0, 0 };
    const struct watch *watch;
    struct version since;

    for (size_t i = 0; (watch = map_next(vintage->watches, &i)) != NULL;) {
        size_t option = 0;

        if (vintage_next_ignored(&oldest, watch->dep, vintage->options, &option, &since))
            return true;
    }
    return false;
}

static void on_self(void *ctx, struct exchange_result *result)
{
    struct vintage *vintage = ctx;

    if (!result->is_good) /* asked again when the agent is back, or something is added */
        return;

    struct value version = value_list_get(&result->doc->root, AGENT_SELF_VERSION);

    vintage->is_known = version_parse(value_slice(&version), &vintage->version);
    document_unref(result->doc);
    if (vintage->is_known)
        warn_of_all(vintage);
}

void vintage_look(struct vintage *vintage)
{
    const struct exchange_call call = { .path = QUERY_AGENT_SELF,
                                        .timeout_ms = vintage->timeout_ms };

    if (vintage->is_known)
        warn_of_all(vintage);
    else if (!vintage->exchange.request && is_of_interest(vintage))
        exchange_start(&vintage->exchange, *vintage->agent, &call);
}

/* --- Life ----------------------------------------------------------------------------------- */

void vintage_init(struct vintage *vintage)
{
    exchange_init(&vintage->exchange, on_self, vintage);
}

void vintage_forget(struct vintage *vintage)
{
    exchange_cancel(&vintage->exchange);
    vintage->is_known = false;
    vintage->said = 0;
}

void vintage_fini(struct vintage *vintage)
{
    exchange_fini(&vintage->exchange);
}
