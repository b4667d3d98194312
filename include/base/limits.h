/* SPDX-License-Identifier: MIT */
/* Whatever the outside can make large, deep or slow has its limit here. The error text of a limit
 * states it. Protocol constants live in the file that speaks the protocol. */
#pragma once

/* Files that people write. */
#define LIMIT_TEMPLATE_BYTES (16u << 20)
#define LIMIT_CONFIG_BYTES   (4u << 20)
#define LIMIT_CONFIG_FILES   256
#define LIMIT_CONFIG_FOLDERS 16    /* nested, below one --config */
#define LIMIT_TEMPLATES      10000 /* of one configuration */
#define LIMIT_FILTERS        1000
#define LIMIT_MISTAKES       100 /* of one configuration that are reported in full */
#define LIMIT_YAML_DEPTH     64
#define LIMIT_YAML_NODES     1000000     /* an alias counts as all it stands for */
#define LIMIT_YAML_BYTES     (64u << 20) /* of scalars; the same */
#define LIMIT_TOKEN_BYTES    4096
#define LIMIT_TLS_FILE_BYTES (4u << 20) /* authorities, a certificate, a key */

/* The template language. */
#define LIMIT_PARSE_DEPTH        500          /* nested actions and parentheses of one template */
#define LIMIT_TEMPLATE_DEPTH     10000        /* nested calls of named templates */
#define LIMIT_OUTPUT_BYTES       (64u << 20)  /* one rendered text, and any one string on the way */
#define LIMIT_RENDER_BYTES       (256u << 20) /* all that one render allocates */
#define LIMIT_RENDER_STEPS       50000000u    /* nodes that one render evaluates */
#define LIMIT_VALUE_DEPTH        200          /* nesting of JSON and YAML values, made or read */
#define LIMIT_RENDER_FRAMES      200000       /* blocks and templates that are open at a time */
#define LIMIT_RENDER_VARIABLES   1000000      /* variables of all running templates */
#define LIMIT_RENDER_STACK_BYTES (2u << 20)   /* of the C stack, for templates as arguments */
#define LIMIT_RENDER_QUESTIONS   100000       /* different questions that one render asks */
#define LIMIT_RENDER_OUTPUTS     256          /* files of writeToFile; each is open while staged */
#define LIMIT_SLOTS              10000        /* places that one call of slots makes */
#define LIMIT_REPLAY_BYTES       (16u << 20)  /* of a render that is kept for the next to repeat */
#define LIMIT_REGEX_BYTES        (64u << 10)
#define LIMIT_REGEX_MATCH        1000000u /* PCRE2's match limit: steps of one match */
#define LIMIT_REGEX_HEAP_KB      (16u << 10)
#define LIMIT_FORMAT_WIDTH       1000000 /* width and precision of printf, as Go's */

/* What Consul answers. */
#define LIMIT_BODY_BYTES       (512u << 20) /* one answer; read as a stream, never held whole */
#define LIMIT_ELEMENT_BYTES    (16u << 20)  /* one instance, node, key of an answer */
#define LIMIT_ANSWER_BYTES     (256u << 20) /* what one answer takes in memory, decoded */
#define LIMIT_CHECK_OUTPUT     4096         /* what is kept of the output of a health check */
#define LIMIT_ERROR_BODY_BYTES 1024         /* what is kept of an error's text */
#define LIMIT_HEADER_BYTES     (64u << 10)
#define LIMIT_TALLY_KEYS       1000000 /* services or nodes of one datacenter that are told apart */
#define LIMIT_JSON_DEPTH       64

/* Differences that are shown. Beyond these, all between the first and the last one is shown. */
#define LIMIT_DIFF_LINES   1000000 /* of either text; more are not compared */
#define LIMIT_DIFF_CHANGES 2000    /* memory grows with their square: 8 MB */
#define LIMIT_DIFF_LOGGED  100     /* lines of one, in the log */
#define LIMIT_DIFF_STEPS   20000000u

#define LIMIT_LABEL_BYTES    4096   /* SELinux's, of a file */
#define LIMIT_MIRROR_ENTRIES 100000 /* of a folder that a checker sees as it will be */

/* Commands. */
#define LIMIT_COMMAND_OUTPUT_LINE_BYTES 4096
#define LIMIT_COMMAND_OUTPUT_LINES      1000        /* logged of one run; the rest is counted */
#define LIMIT_COMMAND_OUTPUT_HELD_BYTES (64u << 10) /* kept until known whether it is news */
#define LIMIT_COMMANDS_AT_ONCE          8           /* of different groups */
#define LIMIT_COMMAND_BURST             10          /* runs of one command, one behind the other */
#define LIMIT_COMMAND_PERIOD_MS         6000        /* between two runs after that */
#define LIMIT_CHECKS_AT_ONCE            2           /* checkers that run, of all groups */
#define LIMIT_COMMAND_ENV_BYTES         (64u << 10) /* one variable; Linux refuses 128 KiB */
#define LIMIT_COMMAND_REASON_BYTES      1024

/* state_dir. */
#define LIMIT_JOURNAL_BYTES  (64u << 20)
#define LIMIT_REJECTED_FILES 64          /* texts that were refused, and why */
#define LIMIT_REJECTED_BYTES (32u << 20) /* of all of them */
#define LIMIT_FOREIGN_FILES  64          /* what others had written where our files are */
#define LIMIT_FOREIGN_BYTES  (64u << 20)

/* HAProxy's configuration, as it is read to find out what an update changes. */
#define LIMIT_HAPROXY_BYTES        LIMIT_OUTPUT_BYTES /* all files together */
#define LIMIT_HAPROXY_SERVERS      200000             /* server lines of all files together */
#define LIMIT_HAPROXY_KEYWORDS     256                /* that default-server lines add up to */
#define LIMIT_HAPROXY_ANSWER_BYTES (64u << 20)        /* of one command over its socket */

/* What is hidden in logs. */
#define LIMIT_SECRETS      100000 /* lines of values */
#define LIMIT_SECRET_BYTES (16u << 20)

/* Snapshots. */
#define LIMIT_SNAPSHOT_BYTES \
    (256u << 20) /* one document: --data, or what is kept of one question */

/* The control socket. */
#define LIMIT_CONTROL_LINE_BYTES  4096
#define LIMIT_CONTROL_REPLY_BYTES (64u << 20)
#define LIMIT_STATUS_BYTES        (64u << 20)
