/* SPDX-License-Identifier: MIT */
/* state_dir/snapshot: what was shown last of each question. */
#include "last_known.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/log.h"
#include "base/map.h"
#include "base/memory.h"
#include "consul/snapshot.h"
#include "io/file.h"
#include "io/folder.h"
#include "io/timer.h"

#define WRITE_DELAY_MS   2000 /* after the first change: others come with it */
#define BATCH_FILES      16   /* written in one turn of the loop */
#define BATCH_PAUSE_MS   50
#define RETRY_MS         60000 /* after a write that failed */
#define CONFIRM_MS       (UINT64_C(10) * 60 * 1000)
#define MACHINE_ID_BYTES 64

struct kept {
    struct dep *dep;
    struct snapshot_facts facts;
    bool is_dirty;
};

struct last_known {
    char *folder; /* NULL: nothing is kept */
    char *from;
    char *machine; /* NULL: it is not known */
    uint64_t max_age_ms;
    const struct store *store;
    bool (*is_good)(void *ctx, const struct dep *dep);
    void *ctx;
    struct map kept; /* by the dep's key */
    size_t n_dirty;
    struct timer write_timer, confirm_timer;
    bool has_failed; /* to write: said once */
};

/* --- Files ----------------------------------------------------------------------------------- */

/* Keys hold any byte and any number of them. */
static void add_path(const struct last_known *known, const struct dep *dep, struct buf *out)
{
    buf_printf(out, "%s/%016" PRIx64 ".json", known->folder, slice_hash(dep->key));
}

static char *read_machine_id(void)
{
    CLEANUP(buf_fini) struct buf text = BUF_EMPTY;
    struct error ignored;

    if (!file_read("/etc/machine-id", MACHINE_ID_BYTES, &text, &ignored))
        return NULL;
    return slice_to_string(slice_trim(buf_slice(&text)));
}

static bool is_too_old(const struct last_known *known, int64_t at)
{
    int64_t age = (int64_t)time(NULL) - at;

    return (uint64_t)(age < 0 ? -age : age) > known->max_age_ms / 1000;
}

static void remove_old(const struct last_known *known)
{
    DIR *folder = opendir(known->folder);
    const struct dirent *entry;
    struct stat st;

    if (!folder)
        return;
    while ((entry = readdir(folder)) != NULL) {
        int fd = dirfd(folder);

        if (fstatat(fd, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode) &&
            is_too_old(known, st.st_mtime))
            unlinkat(fd, entry->d_name, 0);
    }
    closedir(folder);
}

/* --- Writing --------------------------------------------------------------------------------- */

static bool write_file(const struct last_known *known, const struct kept *kept, struct error *err)
{
    const struct file_attributes attributes = { 0600, FILE_KEEP_OWNER, FILE_KEEP_GROUP };
    CLEANUP(buf_fini) struct buf path = BUF_EMPTY;
    CLEANUP(buf_fini) struct buf text = BUF_EMPTY;
    const struct value *root = NULL;

    if (store_get(known->store, kept->dep, &root) == ANSWER_PENDING)
        return true; /* forgotten meanwhile */
    add_path(known, kept->dep, &path);
    snapshot_begin(&text, time(NULL), known->from, known->machine);
    snapshot_add(&text, kept->dep, &kept->facts, root);
    snapshot_end(&text);
    return text.len > LIMIT_SNAPSHOT_BYTES
               ? error_set(err, ERROR_LIMIT, "%.*s: more than %u bytes, the limit",
                           SLICE_ARG(kept->dep->key), LIMIT_SNAPSHOT_BYTES)
               : file_install(path.ptr, buf_slice(&text), &attributes, err);
}

static bool last_known_write(struct last_known *known, struct kept *kept)
{
    struct error err;
    bool is_ok = write_file(known, kept, &err);

    if (!is_ok && !known->has_failed)
        log_warn("snapshot '%s': %s; a start without Consul will not know it", known->folder,
                 err.text);
    known->has_failed = !is_ok;
    if (is_ok || err.code == ERROR_LIMIT) {
        kept->is_dirty = false;
        known->n_dirty--;
    }
    return is_ok;
}

/* Up to max files. False: one could not be written. */
static bool write_some(struct last_known *known, size_t max)
{
    struct kept *kept;

    for (size_t i = 0; known->n_dirty > 0 && max > 0 && (kept = map_next(&known->kept, &i));) {
        if (!kept->is_dirty)
            continue;
        if (!last_known_write(known, kept))
            return false;
        max--;
    }
    return true;
}

static void on_write(void *ctx)
{
    struct last_known *known = ctx;
    bool is_ok = write_some(known, BATCH_FILES);

    if (known->n_dirty > 0)
        timer_start_ms(&known->write_timer, is_ok ? BATCH_PAUSE_MS : RETRY_MS);
}

static void confirm(const struct last_known *known)
{
    const struct kept *kept;

    for (size_t i = 0; (kept = map_next(&known->kept, &i)) != NULL;) {
        CLEANUP(buf_fini) struct buf path = BUF_EMPTY;

        if (kept->is_dirty || !known->is_good(known->ctx, kept->dep))
            continue;
        add_path(known, kept->dep, &path);
        utimensat(AT_FDCWD, path.ptr, NULL, AT_SYMLINK_NOFOLLOW);
    }
}

static void on_confirm(void *ctx)
{
    struct last_known *known = ctx;

    confirm(known);
    remove_old(known);
    timer_start_ms(&known->confirm_timer, CONFIRM_MS);
}

static struct kept *keep(struct last_known *known, const struct dep *dep)
{
    struct kept *kept = map_find(&known->kept, dep->key);

    if (kept)
        return kept;
    kept = NEW(struct kept);
    kept->dep = dep_copy(dep);
    map_put(&known->kept, kept->dep->key, kept);
    return kept;
}

void last_known_note(struct last_known *known, const struct dep *dep,
                     const struct snapshot_facts *facts)
{
    struct kept *kept;

    if (!known->folder)
        return;
    kept = keep(known, dep);
    kept->facts = *facts;
    known->n_dirty += !kept->is_dirty;
    kept->is_dirty = true;
    if (!known->write_timer.is_running)
        timer_start_ms(&known->write_timer, WRITE_DELAY_MS);
}

void last_known_flush(struct last_known *known)
{
    if (!known->folder)
        return;
    (void)write_some(known, SIZE_MAX); /* logged */
    confirm(known);
}

/* --- Reading --------------------------------------------------------------------------------- */

static bool read_file(const struct last_known *known, const char *path, const struct dep *dep,
                      struct document **ret_doc, struct last_known_facts *facts, struct error *err)
{
    CLEANUP(buf_fini) struct buf text = BUF_EMPTY;
    CLEANUP(snapshot_fini) struct snapshot snapshot = SNAPSHOT_EMPTY;

    if (!file_read(path, LIMIT_SNAPSHOT_BYTES, &text, err) ||
        !snapshot_parse(path, buf_slice(&text), &snapshot, err))
        return false;
    if (known->machine && !slice_is(snapshot.machine, known->machine))
        return error_set(err, ERROR_INVALID, "'%s': another machine has written it", path);
    if (snapshot_find(&snapshot, dep, ret_doc, err)) {
        facts->said = snapshot_get(&snapshot, dep)->facts;
        return true;
    }
    return err->code != ERROR_NONE
               ? false
               : error_set(err, ERROR_INVALID, "'%s': it is about something else", path);
}

bool last_known_find(struct last_known *known, const struct dep *dep, struct document **ret_doc,
                     struct last_known_facts *ret_facts)
{
    CLEANUP(buf_fini) struct buf path = BUF_EMPTY;
    struct error err = ERROR_EMPTY;
    struct stat st;

    if (!known->folder)
        return false;
    add_path(known, dep, &path);
    if (stat(path.ptr, &st) < 0 || is_too_old(known, st.st_mtime))
        return false;
    ret_facts->time = st.st_mtime;
    if (!read_file(known, path.ptr, dep, ret_doc, ret_facts, &err)) {
        log_warn("snapshot of %.*s is not used and removed: %s", SLICE_ARG(dep->key), err.text);
        unlink(path.ptr);
        return false;
    }
    keep(known, dep);
    return true;
}

/* --- Life ------------------------------------------------------------------------------------ */

static void kept_free(struct last_known *known, struct kept *kept)
{
    known->n_dirty -= kept->is_dirty;
    dep_free(kept->dep);
    free(kept);
}

void last_known_keep_only(struct last_known *known, const struct dep_set *wanted)
{
    struct map left = MAP_EMPTY;
    struct kept *kept;

    for (size_t i = 0; (kept = map_next(&known->kept, &i)) != NULL;) {
        if (dep_set_has(wanted, kept->dep->key))
            map_put(&left, kept->dep->key, kept);
        else
            kept_free(known, kept);
    }
    map_fini(&known->kept);
    known->kept = left;
}

static void open_folder(struct last_known *known, const char *state_dir)
{
    CLEANUP(buf_fini) struct buf path = BUF_EMPTY;
    struct error err;

    buf_printf(&path, "%s/snapshot", state_dir);
    if (!folder_make(path.ptr, 0700, &err)) {
        log_warn("snapshot '%s': %s; a start without Consul will know nothing", path.ptr, err.text);
        return;
    }
    known->folder = buf_take(&path);
    known->machine = read_machine_id();
    remove_old(known);
    timer_start_ms(&known->confirm_timer, CONFIRM_MS);
}

struct last_known *last_known_new(struct loop *loop, const struct last_known_options *options)
{
    struct last_known *known = NEW(struct last_known);

    known->from = memory_copy_string(options->from);
    known->max_age_ms = options->max_age_ms;
    known->store = options->store;
    known->is_good = options->is_good;
    known->ctx = options->ctx;
    timer_init(&known->write_timer, loop, on_write, known);
    timer_init(&known->confirm_timer, loop, on_confirm, known);
    if (options->state_dir)
        open_folder(known, options->state_dir);
    return known;
}

void last_known_free(struct last_known *known)
{
    struct kept *kept;

    if (!known)
        return;
    timer_fini(&known->write_timer);
    timer_fini(&known->confirm_timer);
    for (size_t i = 0; (kept = map_next(&known->kept, &i)) != NULL;)
        kept_free(known, kept);
    map_fini(&known->kept);
    free(known->folder);
    free(known->from);
    free(known->machine);
    free(known);
}

void last_known_set_max_age(struct last_known *known, uint64_t max_age_ms)
{
    known->max_age_ms = max_age_ms;
}

bool last_known_is_kept(const struct last_known *known)
{
    return known->folder;
}
