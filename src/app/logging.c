/* SPDX-License-Identifier: MIT */
/* The log's destination. */
#include "logging.h"

#include "base/log.h"
#include "io/syslog.h"
#include "journal_log.h"

static struct syslog_writer *to_syslog; /* the log is the process's, as this is */

void logging_fini(void)
{
    log_set_sink(NULL, NULL);
    syslog_writer_free(to_syslog);
    to_syslog = NULL;
}

void logging_apply(const struct config *config)
{
    const struct syslog_options *options = &config->syslog;
    bool is_journal = journal_log_is_stderr();
    enum log_format automatic = is_journal ? LOG_FORMAT_JOURNAL : LOG_FORMAT_TEXT;

    logging_fini();
    log_set_journal(is_journal ? journal_log_send : NULL);
    log_set_level(config->log_level);
    log_set_format(config->has_log_format ? config->log_format : automatic);
    if (options->is_enabled) {
        to_syslog = syslog_writer_new(SYSLOG_PATH, options->facility,
                                      options->name ? options->name : "edgewright");
        log_set_sink(syslog_write, to_syslog);
    }
    log_lines(LOG_LEVEL_INFO, buf_slice(&config->notes));
    log_lines(LOG_LEVEL_WARN, buf_slice(&config->warnings));
}
