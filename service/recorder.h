/* What is remembered: changes, who held which port from when to when, and actions. The
 * loop collects rows; a lane of its own writes them to disk, together what happens
 * together, and answers questions from there. Whatever is wrong with the database, the
 * watching goes on. Loop thread only. */
#ifndef PG_RECORDER_H
#define PG_RECORDER_H

#include "common/limits.h"
#include "service/control/request.h"
#include "service/eventlog/events.h"
#include "service/files/files.h"
#include "service/history/batch.h"
#include "service/history/store.h"
#include "service/sources/backoff.h"

#include <uv.h>

struct action;
struct letter;
struct loop;
struct pg_change;

/* One holder of one port, as far as is known now. */
struct held {
  struct held *next;
  int64_t since; /* wall clock */
  bool first;    /* the first look found it */
  bool gone;     /* and it has let go, before the database was open */
  bool written;  /* while the database is compared with what is held */
  char identity[];
};

#define RECORDER_JOB_LIST(X) X(OPEN) X(WRITE) X(ASK) X(PRUNE) X(COMPARE) X(NOTE)

enum recorder_job {
#define X(name) RECORDER_##name,
  RECORDER_JOB_LIST(X)
#undef X
};

/* As `health` tells it. */
#define RECORDER_STATE_LIST(X) \
  X(OFF, "off") X(RECORDING, "recording") X(FAILING, "failing")

enum recorder_state {
#define X(name, text) RECORDER_IS_##name,
  RECORDER_STATE_LIST(X)
#undef X
};

/* A question, until whoever asked it has the answer: the beginning of a structure that
 * also has what is asked. Made with calloc, freed as a whole. */
struct recorder_ask {
  struct recorder_ask *next; /* in the queue */
  struct recorder *queue;    /* whose it is in; NULL: in none */
  char user[PG_USER_CHARS];  /* who asks; "": the service, for whoever asked it */
  unsigned turn;             /* how many of the same user were before it */
  unsigned users;            /* who asked, and the queue */
  /* On the worker: asks |store|, and writes members into the open object. */
  enum pg_error (*look)(struct recorder_ask *ask, struct history *store,
                        struct pg_json *json, struct pg_fault *fault);
  bool done;
  enum pg_error error;
  struct pg_fault fault;
  struct pg_text text; /* the object; without its braces: recorder_ask_write */
};

/* What `status` tells of a port, or the question for it. */
struct recorder_last {
  struct recorder_ask *ask; /* NULL: the place is free */
  int64_t begun;            /* monotonic: when it was asked */
  uint64_t used;            /* rises with every use */
  uint16_t port;
  bool stale; /* something was written about the port while it was asked */
};

/* A tenancy that the database has as open. */
struct recorder_open {
  struct recorder_open *next;
  int64_t since;
  uint16_t port;
  char identity[];
};

struct recorder {
  struct files *files; /* NULL: there is no folder */
  struct pg_fault no_files;
  struct history *store; /* the worker's while |busy| */
  uv_work_t work;
  uv_timer_t timer;
  uv_timer_t patience; /* how long a stop waits for the disk */
  uv_timer_t late;     /* runs while one of |lasts| is waited for */
  bool there;          /* the store is open */
  bool busy, stopping;
  bool left;       /* it was over before the worker came back */
  bool over;       /* it stops, and could not write the last: it does not try again */
  bool based;      /* the first look has been taken in */
  bool reconciled; /* what an earlier run left open has been dealt with */
  bool unsure;     /* rows about tenancies were lost: they are to be compared */
  bool noted;      /* the database has the time of this boot */
  bool prune_on;   /* there is more to forget */
  bool damaged;    /* it was found damaged: it is closed, and opened anew */
  bool failing;
  bool same_boot; /* of the job that opens it */
  enum recorder_job job;
  enum pg_error error;         /* of the job */
  uint32_t keep_days, max_mib; /* for the job */
  int64_t based_at;            /* wall clock: the first look */
  int64_t drift;               /* of the two clocks, when the boot was noted */
  int64_t begun;               /* monotonic, of the job */
  struct history_batch *filling, *writing;
  const char *concerning; /* whom events are about that are written now; or NULL */
  int64_t first_row;      /* monotonic, of |filling|; 0: it is empty */
  int64_t prune_mono;     /* when it is due */
  struct backoff backoff;
  uint64_t lost, written;    /* rows */
  uint64_t bytes;            /* of the database, as of the last job */
  struct pg_fault trouble;   /* why it is |failing| */
  struct pg_fault set_aside; /* what became of an earlier database in this run */
  struct recorder_ask *asks;
  struct recorder_last lasts[PG_HISTORY_LASTS];
  uint64_t last_uses;
  struct held **held; /* by port */
  /* Of the job. */
  struct pg_fault fault, notice;
  struct recorder_open *open;
  int64_t boot_ms, now;
  uint64_t measured; /* bytes */
};

enum pg_error recorder_open(struct loop *loop, struct pg_fault *fault);
void recorder_expect_stop(struct loop *loop); /* from here on a stop is under way */
void recorder_stop(struct loop *loop); /* writes what there is, and begins nothing else */
bool recorder_is_idle(const struct loop *loop);
void recorder_free(struct loop *loop);

void recorder_on_timer(uv_timer_t *timer);
/* recorder_rows.c: of a row that is lost, what it was about is compared later. */
void recorder_add_row(struct loop *loop, const struct history_row *row);

/* recorder_held.c. What an earlier run left open goes on or has ended; later, what the
 * database has as open, as it is now, and what is held become the same. */
void recorder_reconcile(struct loop *loop);
void recorder_compare(struct loop *loop);
void recorder_forget_open(struct recorder *recorder);
void recorder_free_held(struct recorder *recorder);

/* recorder_ask.c. Puts a question into the queue, where users take turns; what was asked
 * to be written before it is written first. Takes |ask| over on every path; when it went
 * well it is for recorder_release, which also takes it out of the queue. endpoints_wake
 * is called when it is |done|. Errors: PG_E_WINDOWS when there is no history. */
enum pg_error recorder_ask(struct loop *loop, struct recorder_ask *ask,
                           struct pg_fault *fault);
void recorder_release(struct recorder_ask *ask);
/* The members of a good answer, into the open object. */
void recorder_ask_write(const struct recorder_ask *ask, struct pg_json *json);
/* On the worker: the first question. What is wrong with it is its own; PG_E_FORMAT: the
 * database is damaged. */
enum pg_error recorder_answer_ask(struct recorder *recorder);
/* The first question has been answered, or never will be. */
void recorder_end_ask(struct recorder *recorder);

/* An event, whether or not the log takes it. The letter has its JSON and its summary;
 * |shown| is its ID in `watch`, 0: it was not shown there. */
void recorder_event(struct loop *loop, const struct letter *letter, enum pg_event_id id,
                    uint16_t port, int64_t shown);
/* The identities, a line each, of those whom the events are about that are written until
 * the next call; NULL: of nobody. They must live as long. */
void recorder_concerning(struct loop *loop, const char *identities);
/* The first complete look, and each change after it. */
void recorder_baseline(struct loop *loop);
void recorder_change(struct loop *loop, const struct pg_change *change);
/* An action has ended: its plan and result. */
void recorder_action(struct loop *loop, const struct action *action);
/* Time has passed. */
void recorder_tick(struct loop *loop);

/* recorder_last.c: the member "history" of `status`. Whether an answer to a question of
 * |asked_mono| can tell it, or does without: there is no history, it is failing, or has
 * not answered for PG_HISTORY_LAST_MS. Else it has been asked, and endpoints_wake is
 * called when there is more to say. */
bool recorder_last_ready(struct loop *loop, uint16_t port, int64_t asked_mono);
/* The object, until the loop goes on; NULL: it is not known. */
const struct pg_text *recorder_last(struct loop *loop, uint16_t port);
/* Something is going to be written about |port|; everything is another by now. */
void recorder_last_forget(struct loop *loop, uint16_t port);
void recorder_last_forget_all(struct loop *loop);

/* *error says why, or is NULL. */
enum recorder_state recorder_state(const struct loop *loop, const char **error);
/* The member "history" of `health`, inside an open object. */
void recorder_write(const struct loop *loop, struct pg_json *json);

/* The argument |arg|, called |name|: a time as people type it, or "7d": that long ago.
 * *out stays when it was not given. Errors: PG_E_PARAMS. */
enum pg_error recorder_read_time(const struct control_ask *ask, size_t arg,
                                 const char *name, int64_t *out, struct pg_fault *fault);

/* The verb `history`. */
extern const struct control_param recorder_params[5];
extern const struct control_work recorder_work;
bool recorder_ready(void *context, const struct control_ask *ask);
enum pg_error recorder_answer(void *context, const struct control_ask *ask,
                              struct pg_json *json, struct pg_fault *fault);

#endif
