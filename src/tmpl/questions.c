/* SPDX-License-Identifier: MIT */
/* The functions that ask, section 12 of the language: Consul's catalogue here, its KV store in
 * questions_kv.c, files and the environment in surroundings.c. Each makes a dependency and returns
 * its answer, or the empty value while there is none. */
#include "questions.h"

#include "data/catalog.h"
#include "eval.h"
#include "function.h"
#include "output.h"
#include "sockaddr.h"

/* --- Queries to dependencies ------------------------------------------------------------------ */

static void make_dep(enum dep_kind kind, const struct query *query, struct arena *arena,
                     struct dep *ret_dep)
{
    *ret_dep = (struct dep){
        .kind = kind,
        .name = query->name,
        .dc = query->dc,
        .near = query->near,
        .namespace_name = query->namespace_name,
        .partition = query->partition,
        .peer = query->peer,
        .sameness_group = query->sameness_group,
        .filter = query->filter,
    };
    dep_make_key(ret_dep, arena);
}

/* A question about a text that is copied into the arena, as what it was made from may go away. */
static bool make_question(enum dep_kind kind, unsigned parts, struct slice text,
                          struct arena *arena, struct question **ret_question, struct error *err)
{
    struct query query;

    if (!query_parse(arena_copy(arena, text), parts, &query, err))
        return false;
    *ret_question = ARENA_NEW(arena, struct question);
    (*ret_question)->query = query;
    make_dep(kind, &query, arena, &(*ret_question)->dep);
    return true;
}

bool question_parse(struct eval *eval, enum dep_kind kind, unsigned parts, char separator,
                    const struct value *args, size_t n_args, const struct question **ret_question,
                    struct error *err)
{
    struct call_memo *memo = n_args == 1 ? eval->memo : NULL;
    CLEANUP(buf_fini) struct buf joined = BUF_EMPTY;
    struct question *question;

    if (memo && memo->data) {
        *ret_question = memo->data;
        return true;
    }
    for (size_t i = 0; i < n_args; i++) {
        if (i && separator)
            buf_add_byte(&joined, separator);
        buf_add(&joined, value_slice(&args[i]));
    }
    arena_reset(&eval->asking);
    if (!make_question(kind, parts, buf_slice(&joined), &eval->asking, &question, err))
        return false;
    /* Again for the memo, now that it is known to be good: its arena only grows. */
    if (memo && make_question(kind, parts, buf_slice(&joined), memo->arena, &question, err))
        memo->data = question;
    *ret_question = question;
    return true;
}

/* Asks; *ret is the empty value while there is no answer. */
static bool ask_for_list(struct eval *eval, const struct dep *dep, const struct type *type,
                         struct value *ret)
{
    const struct value *answer;

    *ret = value_zero(type);
    if (eval_ask(eval, dep, &answer) == ANSWER_READY)
        *ret = *answer;
    return true;
}

/* --- service, connect ------------------------------------------------------------------------- */

static unsigned status_bit(enum instance_status status)
{
    switch (status) {
    case INSTANCE_PASSING: return QUERY_PASSING;
    case INSTANCE_WARNING: return QUERY_WARNING;
    case INSTANCE_CRITICAL: return QUERY_CRITICAL;
    case INSTANCE_MAINTENANCE: return QUERY_MAINTENANCE;
    case INSTANCE_UNKNOWN: return 0;
    }
    return 0;
}

static bool has_tag(const struct service_instance *instance, struct slice tag)
{
    const struct slice *tags = instance->tags.items;

    for (size_t i = 0; i < instance->tags.n; i++) {
        if (slice_equal(tags[i], tag))
            return true;
    }
    return false;
}

static bool is_wanted(const struct query *query, const struct service_instance *instance)
{
    if (!(query->statuses & QUERY_ANY) && !(query->statuses & status_bit(instance->status)))
        return false;
    return query->tag.len == 0 || has_tag(instance, query->tag);
}

/* The wanted ones of all instances of a service, in their order. */
static struct value select_instances(struct eval *eval, const struct query *query,
                                     const struct value *all)
{
    size_t n_all = all->list.n, n = 0;
    const struct service_instance **wanted =
        ARENA_ARRAY(eval->arena, n_all, const struct service_instance *);

    for (size_t i = 0; i < n_all; i++) {
        const struct service_instance *instance = value_list_get(all, i).object;

        if (is_wanted(query, instance))
            wanted[n++] = instance;
    }
    arena_trim(eval->arena, (void *)wanted, n_all * sizeof(*wanted), n * sizeof(*wanted));
    return value_list(&type_service_instance_list, STORED_POINTERS, wanted, n);
}

static const struct guard no_guard; /* nothing is said */

static bool ask_for_instances(struct eval *eval, enum dep_kind kind, const struct guard *guard,
                              const struct value *args, size_t n_args, struct value *ret,
                              struct error *err)
{
    const struct question *question;
    const struct value *answer;
    struct dep dep;

    *ret = value_zero(&type_service_instance_list);
    if (n_args == 0 || args[0].text.len == 0)
        return true;
    if (!question_parse(eval, kind, QUERY_SERVICE, '|', args, n_args, &question, err))
        return false;
    dep = question->dep;
    dep.guard = *guard;
    if (eval_ask(eval, &dep, &answer) == ANSWER_READY)
        *ret = select_instances(eval, &question->query, answer);
    return true;
}

static bool call_service(struct eval *eval, const struct value *args, size_t n_args,
                         struct value *ret, struct error *err)
{
    return ask_for_instances(eval, DEP_HEALTH_SERVICE, &no_guard, args, n_args, ret, err);
}

/* The settings of a guard, then what `service` takes. They travel with the question. */
static bool call_guarded(struct eval *eval, const struct value *args, size_t n_args,
                         struct value *ret, struct error *err)
{
    struct error own = ERROR_EMPTY;
    struct guard guard;

    if (!guard_parse(value_slice(&args[0]), &guard, &own))
        return function_error(err, "%s", own.text);
    eval->memo = NULL; /* it is for the first argument, which is no query */
    return ask_for_instances(eval, DEP_HEALTH_SERVICE, &guard, args + 1, n_args - 1, ret, err);
}

static bool call_connect(struct eval *eval, const struct value *args, size_t n_args,
                         struct value *ret, struct error *err)
{
    return ask_for_instances(eval, DEP_HEALTH_CONNECT, &no_guard, args, n_args, ret, err);
}

/* --- The rest of the catalogue ---------------------------------------------------------------- */

static bool ask_by_query(struct eval *eval, enum dep_kind kind, unsigned parts,
                         const struct value *args, size_t n_args, const struct type *type,
                         struct value *ret, struct error *err)
{
    const struct question *question;

    return question_parse(eval, kind, parts, '\0', args, n_args, &question, err) &&
           ask_for_list(eval, &question->dep, type, ret);
}

static bool call_services(struct eval *eval, const struct value *args, size_t n_args,
                          struct value *ret, struct error *err)
{
    return ask_by_query(eval, DEP_CATALOG_SERVICES, QUERY_SERVICES, args, n_args,
                        &type_service_name_list, ret, err);
}

static bool call_nodes(struct eval *eval, const struct value *args, size_t n_args,
                       struct value *ret, struct error *err)
{
    return ask_by_query(eval, DEP_CATALOG_NODES, QUERY_NODES, args, n_args, &type_catalog_node_list,
                        ret, err);
}

/* A query without any text asks for the agent's own node. */
static bool call_node(struct eval *eval, const struct value *args, size_t n_args, struct value *ret,
                      struct error *err)
{
    unsigned parts = 0;

    for (size_t i = 0; i < n_args; i++) {
        if (args[i].text.len)
            parts = QUERY_NODE;
    }
    return ask_by_query(eval, DEP_CATALOG_NODE, parts, args, n_args, &type_node_answer_ptr, ret,
                        err);
}

static bool call_datacenters(struct eval *eval, const struct value *args, size_t n_args,
                             struct value *ret, struct error *err)
{
    struct dep dep = { .kind = DEP_CATALOG_DATACENTERS, .has_flag = n_args && args[0].boolean };

    (void)err;
    dep_make_key(&dep, eval->arena);
    return ask_for_list(eval, &dep, &type_string_list, ret);
}

static bool ask_by_kind(struct eval *eval, enum dep_kind kind, const struct type *type,
                        struct value *ret)
{
    struct dep dep = { .kind = kind };

    dep_make_key(&dep, eval->arena);
    return ask_for_list(eval, &dep, type, ret);
}

static bool call_ca_roots(struct eval *eval, const struct value *args, size_t n_args,
                          struct value *ret, struct error *err)
{
    (void)args, (void)n_args, (void)err;
    return ask_by_kind(eval, DEP_CA_ROOTS, &type_ca_root_list, ret);
}

static bool call_ca_leaf(struct eval *eval, const struct value *args, size_t n_args,
                         struct value *ret, struct error *err)
{
    struct dep dep = { .kind = DEP_CA_LEAF };

    (void)err;
    *ret = VALUE_NIL;
    if (n_args == 0 || args[0].text.len == 0)
        return true;
    dep.name = value_slice(&args[0]);
    dep_make_key(&dep, eval->arena);
    return ask_for_list(eval, &dep, &type_any, ret);
}

static bool call_partitions(struct eval *eval, const struct value *args, size_t n_args,
                            struct value *ret, struct error *err)
{
    (void)args, (void)n_args, (void)err;
    return ask_by_kind(eval, DEP_PARTITIONS, &type_admin_partition_list, ret);
}

static bool call_peerings(struct eval *eval, const struct value *args, size_t n_args,
                          struct value *ret, struct error *err)
{
    return ask_by_query(eval, DEP_PEERINGS, QUERY_PEERINGS, args, n_args, &type_peering_list, ret,
                        err);
}

/* The argument is the name of a partition. */
static bool ask_for_partition(struct eval *eval, enum dep_kind kind, struct slice partition,
                              const struct type *type, struct value *ret)
{
    struct dep dep = { .kind = kind, .partition = partition };

    dep_make_key(&dep, eval->arena);
    return ask_for_list(eval, &dep, type, ret);
}

static bool call_exported_services(struct eval *eval, const struct value *args, size_t n_args,
                                   struct value *ret, struct error *err)
{
    (void)err;
    return ask_for_partition(eval, DEP_EXPORTED_SERVICES,
                             n_args ? value_slice(&args[0]) : SLICE_EMPTY,
                             &type_exported_service_list, ret);
}

static bool call_imported_services(struct eval *eval, const struct value *args, size_t n_args,
                                   struct value *ret, struct error *err)
{
    (void)n_args;
    if (args[0].text.len == 0)
        return function_error(err, "the name of a partition is required");
    return ask_for_partition(eval, DEP_IMPORTED_SERVICES, value_slice(&args[0]),
                             &type_imported_service_list, ret);
}

/* --- Templates as functions ------------------------------------------------------------------- */

static bool call_execute_template(struct eval *eval, const struct value *args, size_t n_args,
                                  struct value *ret, struct error *err)
{
    struct text text;

    if (!eval_template_to_text(eval, value_slice(&args[0]), n_args > 1 ? args[1] : VALUE_NIL, &text,
                               err))
        return false;
    *ret = value_text(text);
    return true;
}

/* --- The table -------------------------------------------------------------------------------- */

#define STRING       \
    {                \
        &type_string \
    }
#define STRINGS                    \
    {                              \
        &type_string, &type_string \
    }
#define VARIADIC     FUNCTION_VARIADIC
#define OWN          FUNCTION_RESULT_OWN
#define SPANS        FUNCTION_KEEPS_SPANS
#define ASKS         FUNCTION_ASKS
#define UNREPEATABLE FUNCTION_UNREPEATABLE

static const struct function items[] = {
    { "caLeaf", call_ca_leaf, STRING, &type_ca_leaf, 0, VARIADIC, OWN | ASKS },
    { "caRoots", call_ca_roots, STRING, &type_ca_root_list, 0, VARIADIC, OWN | ASKS },
    { "connect", call_connect, STRING, &type_service_instance_list, 0, VARIADIC, ASKS },
    { "datacenters", call_datacenters, { &type_bool }, &type_string_list, 0, 1, ASKS },
    { "env", call_env, STRING, &type_string, 1, 1, OWN },
    { "envOrDefault", call_env_or_default, STRINGS, &type_string, 2, 2, SPANS },
    { "executeTemplate",
      call_execute_template,
      { &type_string, &type_any },
      &type_string,
      1,
      2,
      SPANS | UNREPEATABLE },
    { "exportedServices", call_exported_services, STRING, &type_exported_service_list, 0, 1, ASKS },
    { "file", call_file, STRING, &type_string, 1, 1, OWN | ASKS },
    { "guarded", call_guarded, STRING, &type_service_instance_list, 2, VARIADIC, ASKS },
    { "importedServices", call_imported_services, STRING, &type_imported_service_list, 1, 1, ASKS },
    { "key", call_key, STRING, &type_string, 1, 1, OWN | ASKS },
    { "keyExists", call_key_exists, STRING, &type_bool, 1, 1, ASKS },
    { "keyOrDefault", call_key_or_default, STRINGS, &type_string, 2, 2, SPANS | ASKS },
    { "ls", call_ls, STRING, &type_kv_pair_list, 1, 1, ASKS },
    { "mustEnv", call_must_env, STRING, &type_string, 1, 1, OWN },
    { "node", call_node, STRING, &type_node_answer_ptr, 0, VARIADIC, ASKS },
    { "nodes", call_nodes, STRING, &type_catalog_node_list, 0, VARIADIC, ASKS },
    { "partitions", call_partitions, STRING, &type_admin_partition_list, 0, 0, ASKS },
    { "peerings", call_peerings, STRING, &type_peering_list, 0, VARIADIC, ASKS },
    { "safeLs", call_safe_ls, STRING, &type_kv_pair_list, 1, 1, ASKS },
    { "safeTree", call_safe_tree, STRING, &type_kv_pair_list, 1, 1, ASKS },
    { "service", call_service, STRING, &type_service_instance_list, 0, VARIADIC, ASKS },
    { "services", call_services, STRING, &type_service_name_list, 0, VARIADIC, ASKS },
    { "sockaddr", call_sockaddr, STRING, &type_string, 0, VARIADIC, OWN | UNREPEATABLE },
    { "tree", call_tree, STRING, &type_kv_pair_list, 1, 1, ASKS },
    { "writeToFile", output_write_to_file, STRING, &type_string, 5, 6, OWN | UNREPEATABLE },
};

const struct function_group functions_consul = { items, ARRAY_SIZE(items) };
