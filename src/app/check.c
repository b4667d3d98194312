/* SPDX-License-Identifier: MIT */
/* `edgewright check`: everything that can be known without data, and with --data a little more. */
#include <stdio.h>
#include <stdlib.h>

#include "app/daemon.h"
#include "data_file.h"
#include "job.h"
#include "preflight.h"

static const char *get_env(const char *name)
{
    return getenv(name);
}

int check_run(const struct config_flags *flags, const char *data_path)
{
    CLEANUP(config_freep) struct config *config = NULL;
    CLEANUP(data_file_freep) struct data_file *data = NULL;
    CLEANUP(buf_fini) struct buf report = BUF_EMPTY;
    struct error err = ERROR_EMPTY;
    bool is_ok = true;

    if (!config_load(flags, get_env, &config, &report, &err)) {
        fprintf(stderr, report.len ? "%s" : "edgewright: %s\n", report.len ? report.ptr : err.text);
        return EXIT_STATUS_USAGE;
    }
    if (!data_file_new(data_path, &data, &err)) {
        fprintf(stderr, "edgewright: %s\n", err.text);
        return EXIT_STATUS_USAGE;
    }
    /* What would be in the log: nothing of it is wrong. */
    buf_add(&report, buf_slice(&config->warnings));
    for (size_t i = 0; i < config->n_templates; i++)
        is_ok &= job_check(&config->templates[i], data, &report);
    preflight_check_files(config, &report);
    fwrite(buf_slice(&report).ptr, 1, report.len, stderr);
    return is_ok ? EXIT_STATUS_OK : EXIT_STATUS_USAGE;
}
