/* SPDX-License-Identifier: MIT */
/* What `group` says. */
#include "transaction.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "io/file.h"
#include "value.h"

static bool is_number(struct slice text)
{
    uint64_t number;

    return slice_parse_u64(text, UINT64_MAX, &number);
}

static bool is_system_group(const char *name)
{
    struct error err;
    gid_t gid;

    return file_find_group(name, &gid, &err);
}

static bool is_owner(const struct reading *reading, const struct template_draft *tmpl)
{
    return is_number(slice_from(tmpl->group)) || (tmpl->file.user && !tmpl->file.group) ||
           reading_is_hcl(reading);
}

static void note_owner(struct reading *reading, const char *name)
{
    struct buf *notes = &reading->draft->config.notes;
    CLEANUP(buf_fini) struct buf note = BUF_EMPTY;

    buf_printf(&note,
               "group '%s': its templates are delivered together, and the files belong to the "
               "system's group of that name ('gid' is for another owner)\n",
               name);
    if (slice_find(buf_slice(notes), buf_slice(&note)) == SLICE_NOT_FOUND)
        buf_add(notes, buf_slice(&note));
}

void read_rollback(struct reading *reading, const struct setting *setting,
                   const struct yaml_node *node, void *base)
{
    enum delivery_rollback *place = setting_place(setting, base);
    const struct setting boolean = { .name = setting->name, .read = read_bool };
    bool is_on = false;

    if (node->kind == YAML_SCALAR && slice_is(node->text, "auto")) {
        *place = DELIVERY_ROLLBACK_AUTO;
        return;
    }
    read_bool(reading, &boolean, node, &is_on);
    *place = is_on ? DELIVERY_ROLLBACK_ALWAYS : DELIVERY_ROLLBACK_NEVER;
}

void template_settle_group(struct reading *reading, struct template_draft *tmpl)
{
    if (!tmpl->group)
        return;
    if (is_owner(reading, tmpl)) {
        if (!tmpl->file.group)
            tmpl->file.group = TAKE(tmpl->group);
        free(TAKE(tmpl->group));
        return;
    }
    if (!tmpl->file.group && is_system_group(tmpl->group)) {
        tmpl->file.group = memory_copy_string(tmpl->group);
        note_owner(reading, tmpl->group);
    }
    tmpl->config.transaction = TAKE(tmpl->group);
}
