/* The loop's own state, shared by the files that make up the loop: loop.c (its
 * life), lanes.c (work on other threads), watch.c (what a new snapshot sets
 * off), report.c (changes into events), endpoint.c (the pipe), verbs.c
 * (answers). Loop thread only, but for what a lane's job borrows while it runs. */
#ifndef PG_STATE_H
#define PG_STATE_H

#include "common/limits.h"
#include "service/actions.h"
#include "service/answers.h"
#include "service/clock.h"
#include "service/config_import.h"
#include "service/configuration.h"
#include "service/doctor.h"
#include "service/control/control.h"
#include "service/durations.h"
#include "service/eventlog/emit.h"
#include "service/freshness.h"
#include "service/loop.h"
#include "service/metering.h"
#include "service/policing.h"
#include "service/recorder.h"
#include "service/reporting.h"
#include "service/snapshot/diff.h"
#include "service/snapshot/diff_network.h"
#include "service/sources/accounts.h"
#include "service/sources/backoff.h"
#include "service/watchers.h"

/* Each lane has at most one job in flight, so that none starves another: samples,
 * netsh, network configuration, accounts, actions, configuration, state.json,
 * history, reports, the doctor, metrics. */
#define PG_LANES 11

/* A sample that begins at |since| or later; one in flight may do. All who ask
 * before it starts share it. */
struct sample_wish {
  bool details, rebuild, connections;
  int64_t since;
};

struct sample_lane {
  uv_work_t work;
  bool busy;
  bool again; /* |wish| was made while busy, and this job is not enough for it */
  struct sample_wish wish;
  struct sample_order order;
  struct pg_snapshot *current, *base; /* references held for the job */
  bool http_expected;
  enum sample_outcome outcome;
  struct pg_snapshot *made;
  int64_t took_us;
  /* Before a sample: takes over what other lanes have brought, and says what the
   * sample must do for it. */
  struct sample_wish (*adopt)(struct loop *loop);
  /* A sample has ended. |made| is NULL when nothing is new, else it is given
   * over. Then, as after every job of any lane, |idle|. */
  void (*ended)(struct loop *loop, struct pg_snapshot *made);
  void (*idle)(struct loop *loop);
};

/* A lane that brings readings. What it brought is taken over between two samples: a
 * running one borrows the reading before. */
struct reading_lane {
  uv_work_t work;
  bool busy;
  bool ended; /* it waits to be taken over */
};

struct http_lane {
  struct reading_lane lane;
  struct http_reading reading; /* the job's own */
};

struct network_lane {
  struct reading_lane lane;
  struct network_order order;
  struct pg_snapshot *reading; /* the job's own; NULL: it had no memory */
};

/* One SID after the other. */
struct account_lane {
  struct reading_lane lane;
  char sid[PG_SID_CHARS], name[PG_ACCOUNT_CHARS];
  bool told;      /* |name| is the answer; else nobody could say now */
  bool for_audit; /* audit_looked_up is due */
  size_t at;      /* the reservation of loop->network that may have unknown SIDs */
  bool news;      /* names that no snapshot has yet */
};

/* What is to be written about somebody whose account's name is being looked up. */
struct audit_note {
  enum pg_event_id event;
  char user[PG_USER_CHARS];
  char what[PG_AUDIT_CHARS];   /* "service.stop W3SVC" */
  char result[PG_AUDIT_CHARS]; /* "done"; of 1400 only */
};

#define AUDIT_WAITING 16

struct audit {
  struct audit_note notes[AUDIT_WAITING]; /* the oldest first */
  size_t count;
};

enum { ENDPOINT_STATUS, ENDPOINT_CONTROL, ENDPOINTS };

struct endpoint {
  struct loop *loop;
  const char *part; /* "status pipe" */
  const char *name; /* NULL: it is not wanted */
  enum listener_access access;
  struct listener *listener; /* NULL while the name cannot be had */
  struct control *control;
  uv_timer_t retry;
  struct backoff backoff;
  struct pg_fault trouble; /* why it cannot be had */
};

/* Writes state.json when no action does. */
struct state_lane {
  uv_work_t work;
  bool opened; /* what an earlier run left has been read, or could not be */
  bool busy, wanted;
  bool failing;
  struct files *unread; /* the folder, while state.json cannot be read; else NULL */
  struct pg_text text, written; /* the job's, and what is in the file */
  int64_t begun;                /* monotonic, of the last look at what is to be saved */
  enum pg_error error;
  struct pg_fault fault;
};

struct loop {
  uv_loop_t uv;
  struct loop_options options;
  uv_async_t stop, reload;
  uv_timer_t tick, summaries;
  const char *stop_reason; /* written once, before the async is sent */
  bool stopping, finished;

  struct sample_lane samples;
  struct http_lane netsh;
  struct http_reading http; /* the latest one */
  struct backoff http_backoff;
  struct network_lane networks;
  struct pg_snapshot *network; /* the latest reading, NULL: none yet */
  int64_t network_touched;     /* when an action changed what is in it */
  struct backoff network_backoff;
  struct account_lane accounts;
  struct account_names *names;

  struct pg_snapshot *current; /* the published one */
  struct pg_snapshot *base;    /* the last one that was compared; NULL: no baseline */
  /* By source: the last one in which it was read, for its own changes. */
  struct pg_snapshot *seen[PG_SOURCE_COUNT];
  uint64_t generation;            /* counts published snapshots */
  struct freshness_survey survey; /* of |current| */
  int64_t kernel_changed;         /* when |survey.kernel_set| became another one */
  int64_t tcp_mono, details_mono, sampled_at;
  bool announced; /* event 1000 has been written */

  struct emitter emitter;
  struct flap_watch *flaps;
  struct {
    bool failing;
    uint64_t failures; /* one that lasts is one */
    struct backoff backoff;
  } sources[PG_SOURCE_COUNT];
  struct audit audit;
  struct actions actions;
  struct config_lane config;
  struct state_lane state;
  struct policing policing;
  struct recorder recorder;
  struct reporting reporting;
  struct doctor doctor;
  struct metering metering;
  struct {
    struct watch_ring *ring;
    uv_timer_t news; /* runs when something was added to it */
  } watching;
  struct endpoint endpoints[ENDPOINTS];
  int endpoints_open;
  void (*endpoints_closed)(struct loop *loop);
  struct answer_cache *cache;

  int64_t started_mono;
  uint64_t ticks, quiet_ticks, failed_samples;
  struct durations samples_took;
};

/* lanes.c */
void lanes_sample(struct loop *loop, const struct sample_wish *wish);
bool lanes_are_idle(const struct loop *loop);

/* readings.c: each does nothing while its lane is busy. */
void readings_start_http(struct loop *loop);
void readings_start_network(struct loop *loop);
/* Whether Windows has told of a change since the last network reading began. */
bool readings_network_changed(struct loop *loop);
/* The sampling lane's |adopt|. */
struct sample_wish readings_adopt(struct loop *loop);
/* Asks for that sample, if something was brought and none runs. */
void readings_take(struct loop *loop);
/* Somebody's name is wanted. */
void readings_look_up(struct loop *loop);
bool readings_are_idle(const struct loop *loop);
void readings_free(struct loop *loop);

/* watch.c */
void watch_freshness(struct loop *loop, struct freshness *known);
void watch_tick(struct loop *loop);
/* Other ports are guarded by now. */
void watch_settings_changed(struct loop *loop);
/* The sampling lane's |ended|. */
void watch_publish(struct loop *loop, struct pg_snapshot *made);

/* report.c: one event each. */
void report_started(struct loop *loop);
void report_stopped(struct loop *loop);
void report_change(void *loop, const struct pg_change *change);
void report_source(struct loop *loop, enum pg_source source, bool failed,
                   const char *error, int64_t failing_ms);
void report_history(struct loop *loop, bool failed, const char *error,
                    int64_t failing_ms);
void report_part(struct loop *loop, const char *part, const struct pg_fault *fault);
void report_part_back(struct loop *loop, const char *part);
/* Writes the 1006 of every window that has ended, and sets the timer for the
 * next. */
void report_summaries(struct loop *loop);
/* The same for windows that have not ended, when the service stops. */
void report_last_summaries(struct loop *loop);

/* report_network.c: likewise. */
void report_network_change(void *loop, const struct pg_network_change *change);
/* Where the present state behind such an event is shown: words for portguardctl. */
const char *report_network_place(enum pg_event_id id);

/* audit.c: events 1400 and 1401. |user|: a SID or what else is known. */
void audit_done(struct loop *loop, const char *user, const char *what,
                const char *result);
void audit_denied(struct loop *loop, const char *user, const char *named);
/* The SID whose name is wanted next, NULL: none is. Its look-up has ended: with a
 * name in loop->names, or without. */
const char *audit_wanted(const struct loop *loop);
void audit_looked_up(struct loop *loop);
/* Writes what waits, when the service stops. */
void audit_finish(struct loop *loop);

/* endpoint.c: both pipes. */
enum pg_error endpoints_open(struct loop *loop);
void endpoints_close(struct loop *loop, void (*closed)(struct loop *loop));
/* Something new was published, or an action has got on. */
void endpoints_wake(struct loop *loop);
struct control_counts endpoints_counts(const struct loop *loop);

/* verbs.c */
extern const struct control_verb loop_verbs[];
extern const size_t loop_verb_count;

/* Asks for what |need| (freshness.h) says is missing, for a question asked at
 * |asked_mono|. True when nothing is, or when the wait is over: what is there is answered
 * then, and says that it is incomplete. */
bool verbs_fetch(struct loop *loop, unsigned need, int64_t asked_mono, int64_t max_age);

/* The result of `status`, with what is remembered of the port if it is here
 * (recorder_last_ready). PG_E_TIMEOUT: nothing has been seen yet. */
enum pg_error verbs_write_status(struct loop *loop, uint16_t port, struct pg_json *json,
                                 struct pg_fault *fault);

/* The stamps of an answer from the last look. Errors: PG_E_TIMEOUT when there was none.
 */
enum pg_error verbs_times(struct loop *loop, struct explain_times *times,
                          struct pg_fault *fault);

/* state_file.c: what was noted before this start, and a word about what is wrong with
 * the folder; before the loop runs. When the file cannot be read for now, since somebody
 * has it for himself alone, say, that is tried with each tick until it can; so long there
 * is no folder. The text of state.json with this list; and writing it
 * (the action lane's worker), which is refused where there is no folder. */
void state_open(struct loop *loop);
void state_free(struct loop *loop);
/* What the policy remembers is to be written soon; again, if it was wanted and no action
 * or other writing is under way any more; on a tick, when it is time. */
void state_save(struct loop *loop);
void state_go_on(struct loop *loop);
void state_tick(struct loop *loop);
bool state_is_idle(const struct loop *loop);
void state_render(const struct loop *loop, const struct undo *undo, struct pg_text *text);
enum pg_error state_write(const struct loop *loop, const struct pg_text *text,
                          struct pg_fault *fault);

/* health.c */
enum pg_error answer_health(void *context, const struct control_ask *ask,
                            struct pg_json *json, struct pg_fault *fault);

#endif
