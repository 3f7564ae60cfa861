/* The file portguard.prom in the trusted folder, for windows_exporter's textfile
 * collector. It is written whole, every so often and soon after something important; a
 * lane of its own waits for the disk. A service that stops in order leaves a file that
 * says so, instead of holders that nobody looks at any more; one that died leaves a file
 * that grows old. Without "metrics" in config.json there is no file, and one of an
 * earlier run is removed.
 *
 * A program that has the file open may keep Windows from replacing it, and the exporter
 * does for a moment at every scrape: what fails is tried again before it is told.
 * Loop thread only. */
#ifndef PG_METERING_H
#define PG_METERING_H

#include "service/actions.h"
#include "service/eventlog/events.h"
#include "service/metering_ports.h"

#include <uv.h>

struct loop;

#define METERING_FILE "portguard.prom"

enum metering_job { METERING_WRITE, METERING_REMOVE, METERING_MARK };

#define X(name, text, verb) +1
enum { METERED_ACTIONS = 0 PG_ACTION_KIND_LIST(X) };
#undef X

#define METERED_RESULT_LIST(X) X(DONE, "done") X(FAILED, "failed") X(REFUSED, "refused")

enum metered_result {
#define X(name, text) METERED_##name,
  METERED_RESULT_LIST(X)
#undef X
      METERED_RESULTS
};

enum { METERED_BY_ADMINISTRATOR, METERED_BY_RULE, METERED_BY };

struct metering {
  uv_work_t work;
  uv_timer_t timer;
  struct metered_ports ports;
  uint64_t events[PG_EVENTS]; /* by their place in the list */
  uint64_t actions[METERED_ACTIONS][METERED_BY][METERED_RESULTS];
  int64_t started_at; /* wall clock */
  int64_t begun, due; /* monotonic: the last job, and when the next is to be */
  bool busy, stopping, over;
  bool again;  /* what the job under way does not know has happened */
  bool left;   /* a file may be there that is not wanted */
  bool marked; /* it says that the service has stopped */
  bool failing;
  unsigned tries; /* that failed, since one went well */
  enum metering_job job;
  enum pg_error error;
  struct pg_fault fault, trouble; /* the job's; why it is |failing| */
  struct pg_text text;            /* the job's */
  int64_t written_at;             /* wall clock, 0: never */
  uint64_t writes, failures;
};

void metering_open(struct loop *loop);
/* Other settings are in force. */
void metering_settings_changed(struct loop *loop);
/* Writes the last lines. */
void metering_stop(struct loop *loop);
bool metering_is_idle(const struct loop *loop);
void metering_free(struct loop *loop);

/* An event has happened, whether or not the log takes it; an action has ended. */
void metering_event(struct loop *loop, enum pg_event_id id, uint16_t key);
void metering_action(struct loop *loop, const struct action *action);

/* The member "metrics" of `health`, inside an open object. */
void metering_write(const struct loop *loop, struct pg_json *json);

/* metering_text.c: the whole file; and what is left when the service has stopped. Text
 * from outside in it is escaped. */
void metering_render(struct loop *loop, struct pg_text *out);
void metering_render_stopped(const struct loop *loop, struct pg_text *out);

#endif
