/* SPDX-License-Identifier: MIT */
/* Answers that go another way than from Consul to a file: --data brings them in, `record` takes
 * them out. */
#include <stdlib.h>
#include <time.h>

#include "base/log.h"
#include "circle.h"
#include "consul/snapshot.h"
#include "io/file.h"

void cycle_answer_from_data(struct cycle *cycle, const struct dep_set *wanted)
{
    const struct dep *dep;
    const struct value *value;

    for (size_t i = 0; (dep = dep_set_next(wanted, &i)) != NULL;) {
        struct error err = ERROR_EMPTY;
        struct document *doc;

        if (store_get(cycle->store, dep, &value) != ANSWER_PENDING)
            continue;
        if (data_file_find(cycle->data, dep, &doc, &err)) {
            cycle_show(cycle, dep, doc);
        } else if (!dep_set_has(&cycle->not_in_data, dep->key)) {
            dep_set_add(&cycle->not_in_data, dep);
            log_err("%s", err.text);
            if (cycle->options.is_once)
                cycle_fail(cycle);
        }
    }
}

void cycle_change_data(struct cycle *cycle, struct data_file *data)
{
    CLEANUP(dep_set_fini) struct dep_set files = DEP_SET_EMPTY;
    const struct dep *dep;

    data_file_free(cycle->data);
    cycle->data = data;
    dep_set_fini(&cycle->not_in_data);

    for (size_t i = 0; (dep = dep_set_next(&cycle->inherited, &i)) != NULL;) {
        if (dep->kind == DEP_FILE)
            dep_set_add(&files, dep);
    }
    store_keep_only(cycle->store, &files);
}

/* All questions of all templates; the local files that they read are no part of it. */
static void add_entries(const struct cycle *cycle, const struct dep_set *questions, struct buf *out)
{
    const struct dep *dep;

    for (size_t i = 0; (dep = dep_set_next(questions, &i)) != NULL;) {
        struct watch_status status = { .index = 0 };
        const struct value *root = NULL;

        if (dep->kind == DEP_FILE || store_get(cycle->store, dep, &root) == ANSWER_PENDING)
            continue;
        if (!watch_set_get_status(cycle->watches, dep, &status))
            status.index = 0;
        snapshot_add(out, dep, &(struct snapshot_facts){ .index = status.index }, root);
    }
}

bool cycle_record(const struct cycle *cycle, struct error *err)
{
    const struct file_attributes attributes = { 0600, FILE_KEEP_OWNER, FILE_KEEP_GROUP };
    CLEANUP(dep_set_fini) struct dep_set questions = DEP_SET_EMPTY;
    CLEANUP(buf_fini) struct buf text = BUF_EMPTY;

    for (size_t i = 0; i < cycle->n_jobs; i++)
        dep_set_add_all(&questions, &cycle->jobs[i]->asked);
    snapshot_begin(&text, time(NULL), cycle->config->consul.addresses[0], NULL);
    add_entries(cycle, &questions, &text);
    snapshot_end(&text);
    return file_install(cycle->options.record, buf_slice(&text), &attributes, err) ||
           error_wrap(err, "record '%s'", cycle->options.record);
}
