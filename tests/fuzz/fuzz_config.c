/* SPDX-License-Identifier: MIT */
/* Any bytes as a configuration: in a file, as a flag, and in a file behind a token, which must not
 * be seen in any complaint. */
#include <err.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/error.h"
#include "config/config.h"
#include "config/mask.h"
#include "fuzz/fuzz.h"

#define TOKEN "7dd3f9b2-token"

static const char *get_env(const char *name)
{
    (void)name;
    return NULL;
}

/* A file in memory with these bytes, the same one each time; its path. */
static char *put_file(struct slice text)
{
    static char path[64];
    static int fd = -1;

    if (fd < 0) {
        fd = memfd_create("config", MFD_CLOEXEC);
        snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    }
    if (fd < 0 || ftruncate(fd, 0) < 0 || pwrite(fd, text.ptr, text.len, 0) != (ssize_t)text.len)
        err(2, "a file in memory");
    return path;
}

static bool is_shown(struct slice text, struct slice secret)
{
    return slice_find(text, secret) != SLICE_NOT_FOUND;
}

/* Loads what the flags ask for. Nothing that is said about it contains the secret. */
static void load(const struct config_flags *flags, struct slice secret)
{
    CLEANUP(config_freep) struct config *config = NULL;
    CLEANUP(buf_fini) struct buf report = BUF_EMPTY;
    struct error error = ERROR_EMPTY;

    if (!config_load(flags, get_env, &config, &report, &error)) {
        FUZZ_CHECK(!config && error.code != ERROR_NONE && report.len > 0);
        FUZZ_CHECK(!secret.len || !is_shown(buf_slice(&report), secret));
        FUZZ_CHECK(!secret.len || !is_shown(slice_from(error.text), secret));
        return;
    }
    FUZZ_CHECK(config->consul.n_addresses > 0);
    FUZZ_CHECK(!secret.len || !is_shown(buf_slice(&config->warnings), secret));
    for (size_t i = 0; i < config->n_templates; i++) {
        const struct template_config *tmpl = &config->templates[i];

        FUZZ_CHECK((tmpl->source || tmpl->contents) && tmpl->delivery.n_files > 0);
        FUZZ_CHECK(tmpl->delivery.files[0].destination);
    }
}

static void load_file(struct slice text, struct slice secret)
{
    char *path = put_file(text);

    load(&(struct config_flags){ .paths = &path, .n_paths = 1 }, secret);
}

static void load_flags(struct slice text)
{
    char *value = slice_to_string(text);
    char address[] = "--consul-addr", wait[] = "--wait";
    struct config_setting settings[] = {
        { address, "consul.address", value },
        { wait, "wait", value },
    };

    load(&(struct config_flags){ .templates = &value, .n_templates = 1 }, SLICE_EMPTY);
    load(&(struct config_flags){ .settings = settings, .n_settings = ARRAY_SIZE(settings) },
         SLICE_EMPTY);
    free(value);
}

/* What is masked has the lines and columns of the original. */
static void check_mask(struct slice text)
{
    CLEANUP(buf_fini) struct buf masked = BUF_EMPTY;

    mask_secrets(text, &masked);
    FUZZ_CHECK(masked.len == text.len);
    for (size_t i = 0; i < text.len; i++)
        FUZZ_CHECK((masked.ptr[i] == '\n') == (text.ptr[i] == '\n'));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(buf_fini) struct buf with_token = BUF_EMPTY;
    struct slice text = fuzz_text(data, size);

    check_mask(text);
    load_file(text, SLICE_EMPTY);
    load_flags(text);
    if (is_shown(text, SLICE(TOKEN)))
        return 0;
    buf_add_string(&with_token, "consul:\n  token: " TOKEN "\n");
    buf_add(&with_token, text);
    load_file(buf_slice(&with_token), SLICE(TOKEN));
    return 0;
}
