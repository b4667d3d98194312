/* SPDX-License-Identifier: MIT */
/* Inside of the driver. */
#pragma once

#include "decide.h"
#include "haproxy/driver.h"
#include "io/timer.h"
#include "reloader.h"
#include "runtime.h"
#include "surveyor.h"

enum driver_state {
    DRIVER_IDLE,
    DRIVER_ASKING_INFO,
    DRIVER_ASKING_HELP,
    DRIVER_ASKING_MASTER, /* nobody answers: is there a HAProxy at all? */
    DRIVER_ASKING_SERVERS,
    DRIVER_ASKING_LOADS,
    DRIVER_SENDING,
    DRIVER_VERIFYING,
    DRIVER_RELOADING,
    DRIVER_STOPPED,
};

/* What one conversation is for. */
enum driver_job {
    JOB_LOOK,  /* what runs, at the start and after doubts; no result is told */
    JOB_APPLY, /* bring it to the installed files */
    JOB_TURN,  /* what is left to do */
    JOB_STOP,  /* the same, for the last time */
};

/* What steps are sent for. */
enum driver_purpose {
    PURPOSE_UPDATE,
    PURPOSE_RESEND, /* after a crash: what is done already may be refused */
    PURPOSE_TURN,
    PURPOSE_PARTIAL,  /* in place of a reload that cannot be had now */
    PURPOSE_OVERRIDE, /* what operators did by hand, again in a new worker */
};

struct driver {
    struct loop *loop;
    const char *name;
    const struct haproxy_options *options;
    struct driver_handler handler;
    void *ctx;
    enum driver_state state;
    enum driver_job job;
    struct runtime *stats, *master; /* master: NULL without its socket */
    struct reloader *reloader;
    struct timer timer;      /* of the next turn, look, or reload that waits for its turn; and
                              * between two looks at what an update has done */
    struct timer stop_timer; /* the end of our patience */

    struct memory memory;
    struct buf saved;       /* the memory as it was last kept */
    struct reading running; /* what the memory's worker was brought to; config NULL: not known */

    /* What is asked for, and not begun. */
    bool wants_apply, wants_look, wants_stop;
    bool has_looked;             /* at what runs, when it began */
    struct driver_update update; /* of what is asked for */
    bool has_result_due;

    /* Of the present conversation. */
    struct driver_update doing;
    struct reading after; /* config NULL: what `running` is */
    struct worker worker;
    struct haproxy_capabilities can; /* of can_of */
    struct worker can_of;
    char *other_files; /* that worker reads others than ours: which; NULL: it does not */
    struct haproxy_state *live;
    bool is_live_old; /* of before a reload */
    struct haproxy_loads loads;
    size_t load_at; /* of the pending list: the next one whose proxy may be asked for */
    struct plan plan, overrides;
    struct pending_turn turn;
    enum driver_purpose purpose;
    const struct haproxy_step *steps;
    size_t n_steps, step_at;
    char *reload_reason, *failure; /* of what goes on after partial steps: a failure, or a wait */
    bool is_evidence;
    char *trouble; /* why the stats socket does not answer */

    uint64_t begun_ms, n_sent; /* since driver_apply() */
    uint64_t reload_at_ms;     /* not before */
    uint64_t next_ms;          /* the next turn */
    uint64_t verify_until_ms;  /* what is not to be seen yet may be later */
    unsigned n_looks_failed;
    struct driver_report report;
    struct surveyor *surveyor;
    struct survey survey;
    char *last_reason;  /* of the last reload */
    uint64_t warned_of; /* these files want more than HAProxy's limits allow */
    char *last_failure; /* NULL: the last attempt was none */
};

/* driver.c: states and results */
void driver_enter(struct driver *driver, enum driver_state next);
void driver_finish(struct driver *driver, enum driver_outcome outcome, const char *text,
                   bool is_evidence);
void driver_end_turn(struct driver *driver);
/* Nothing goes on before the next reload is due; the result is still to come. */
void driver_wait_for_reload(struct driver *driver);
void driver_save(struct driver *driver);

/* driver_talk.c: what is asked, and what follows from the answers */
extern const struct runtime_handler driver_stats_handler, driver_master_handler;
void driver_ask(struct driver *driver);

/* driver_steps.c: decisions and steps */
struct decision_input driver_decision_input(const struct driver *driver);
void driver_decide(struct driver *driver); /* what runs is known */
void driver_on_unreadable(struct driver *driver, const char *why);
void driver_take_over(struct driver *driver); /* the worker runs what is installed */
void driver_send_steps(struct driver *driver, const struct haproxy_step *steps, size_t n,
                       enum driver_purpose purpose);
void driver_on_step_answer(struct driver *driver, struct slice answer);
void driver_on_steps_cut(struct driver *driver, const char *why);
void driver_on_verified(struct driver *driver);

/* driver_survey.c: what the status tells */
extern const struct surveyor_handler driver_surveyor_handler;
void driver_see(struct driver *driver); /* at the end of a conversation */

/* driver_reload.c: reloads */
extern const struct reloader_handler driver_reloader_handler;
void driver_note_overrides(struct driver *driver); /* what operators did, before any step of ours */
void driver_reload(struct driver *driver, const char *reason);
/* HAProxy runs, or may run, and cannot be asked what: only a reload is sure. */
void driver_reload_blindly(struct driver *driver, const char *why);
void driver_end_without_reload(struct driver *driver);
