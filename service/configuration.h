/* config.json: read at start, when it changes, and when the SCM or an administrator asks.
 * A file that is wrong leaves what was in force before, and event 1003 says where it is
 * wrong. Loop thread only, but for the lane's job. */
#ifndef PG_CONFIGURATION_H
#define PG_CONFIGURATION_H

#include "service/control/request.h"
#include "service/files/files.h"
#include "service/policy/settings.h"

#include <uv.h>

struct loop;

/* What one look at the file brought. */
struct config_reading {
  bool done;  /* it was read; else it was what it had been */
  bool there; /* there is a file; without one the defaults hold */
  enum pg_error error;
  struct pg_fault fault;
  struct pg_settings *settings; /* of a good file */
};

struct config_lane {
  uv_work_t work;
  bool busy;
  bool forced;              /* the job reads it whether it has changed or not */
  bool asked;               /* somebody wants to know now */
  bool wanted;              /* a forced look was asked for while busy */
  bool missed;              /* the file was gone at the last look, for the first time */
  struct files_stamp stamp; /* the job's own */
  struct config_reading reading; /* likewise */
  int64_t begun, ended;          /* of the last look; |ended|: when that one began */
  bool from_file;                /* what is in force */
  struct pg_fault rejected;      /* why the file is not; PG_OK: it is, or there is none */
};

/* Before the loop runs. */
void configuration_open(struct loop *loop);
/* Looks again, if it is time. */
void configuration_tick(struct loop *loop);
/* Reads the file again, whether it has changed or not. */
void configuration_reload(struct loop *loop);
bool configuration_is_idle(const struct loop *loop);
void configuration_free(struct loop *loop);

/* Adds the whole path of the file, of a service that has a folder for it. */
void configuration_path(const struct loop *loop, struct pg_text *out);

/* The member "configuration" of `health`, inside an open object. */
void configuration_write(const struct loop *loop, struct pg_json *json);

/* The verb policy.reload. */
extern const struct control_work configuration_work;
bool configuration_ready(void *context, const struct control_ask *ask);
enum pg_error configuration_answer(void *context, const struct control_ask *ask,
                                   struct pg_json *json, struct pg_fault *fault);

#endif
