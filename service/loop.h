/* The service itself: one libuv loop thread that owns all state and joins the
 * stations. Everything here is for that thread unless it says "any thread". */
#ifndef PG_LOOP_H
#define PG_LOOP_H

#include "common/error.h"
#include "service/control/listener.h"
#include "service/eventlog/eventlog.h"
#include "service/policy/group_policy.h"
#include "service/policy/settings.h"
#include "service/sources/source.h"

struct actor;
struct config_import;
struct files;
struct loop;

struct loop_options {
  struct source source;         /* owned by the loop from loop_open on, on every path */
  struct event_sink sink;       /* the same */
  struct pg_settings *settings; /* the same; NULL: no memory, which loop_open says */
  const char *pipe_name;        /* NULL: no status pipe */
  const char *control_name;     /* NULL: no control pipe */
  struct files *files; /* the same: for state.json; NULL: no folder, and so no actions */
  struct pg_fault no_files;  /* why; its code is PG_OK when none was wanted */
  const struct actor *actor; /* NULL: this system's own */
  /* For config.json, which is |config_name| there; NULL: no folder. Owned likewise. */
  struct files *config_files;
  const char *config_name;   /* "config.json" */
  struct pg_fault no_config; /* why; its code is PG_OK when none was wanted */
  /* What Group Policy says; read NULL: it has no say. Owned likewise. */
  struct group_policy_source group_policy;
  const struct config_import *import; /* the caller's; NULL: nothing is imported */
  struct files *history_files; /* for the history; NULL: no folder. Owned likewise. */
  struct pg_fault no_history;  /* why; its code is PG_OK when none was wanted */
  struct files *metrics_files; /* for the metrics; the same */
  struct pg_fault no_metrics;  /* likewise */
  /* What of its own set-up the service could not mend, for `health`; NULL or PG_OK: all
   * is well. The caller's, and may be filled until loop_run. */
  const struct pg_fault *setup;
  uint32_t interval_ms; /* in the place of what the file says; 0: that */
  bool development;     /* both are the current user's own */
};

/* Everything but running. A status pipe whose name is taken is not an error: the
 * service watches on, logs 1007 and tries again. Errors: PG_E_NOMEM,
 * PG_E_WINDOWS (libuv could not start). */
enum pg_error loop_open(const struct loop_options *options, struct loop **out,
                        struct pg_fault *fault);
/* Returns after loop_stop, with everything shut down and the last event written. False:
 * but for a worker that hangs in the history's disk (PG_HISTORY_STOP_MS); |loop| is not
 * to be closed then, and the process has to be ended with platform_end. */
bool loop_run(struct loop *loop);
/* Any thread, any number of times; also from a console or SCM handler. |why|
 * is static text for event 1001, as "a stop request". */
void loop_stop(struct loop *loop, const char *why);
/* Any thread: the configuration is read again. */
void loop_reload(struct loop *loop);
void loop_close(struct loop *loop);

#endif
