/* config.json and Group Policy: read at start, when they change, and when the SCM or an
 * administrator asks. What is wrong in either leaves what was in force before (at start
 * the defaults, without rules), and event 1003 says where it is wrong. What cannot be
 * read, since somebody has the file for himself alone, say, is read again with each look,
 * until it can be. Loop thread only, but for the lane's job. */
#ifndef PG_CONFIGURATION_H
#define PG_CONFIGURATION_H

#include "service/control/request.h"
#include "service/files/files.h"
#include "service/policy/group_policy.h"

#include <uv.h>

struct loop;

/* What one look brought. */
struct config_reading {
  bool done; /* it was read; else all was what it had been */
  enum pg_error error;
  enum pg_origin culprit; /* whose fault it is */
  struct pg_fault fault;
  struct pg_settings *settings; /* NULL: something was wrong */
};

struct config_lane {
  uv_work_t work;
  bool busy;
  bool forced;              /* the job reads it whether it has changed or not */
  bool asked;               /* somebody wants to know now */
  bool wanted;              /* a forced look was asked for while busy */
  bool missed;              /* the file was gone at the last look, for the first time */
  bool again;               /* what kept the last reading from counting may pass */
  struct files_stamp stamp; /* the job's own */
  /* Likewise: what Group Policy says that counts, and what it said at the last look. */
  struct group_policy_values policy, next_policy;
  bool unsettled;                /* those differ */
  struct config_reading reading; /* the job's own as long as that is busy */
  int64_t begun, ended;          /* of the last look; |ended|: when that one began */
  struct pg_fault rejected;      /* why the last reading is not in force; PG_OK: it is */
  enum pg_origin culprit;        /* of that */
};

/* Before the loop runs. */
void configuration_open(struct loop *loop);
/* Looks again, if it is time. */
void configuration_tick(struct loop *loop);
/* Reads the file again, whether it has changed or not. */
void configuration_reload(struct loop *loop);
bool configuration_is_idle(const struct loop *loop);
void configuration_free(struct loop *loop);

/* --- configuration_tell.c --- */

/* 1002 and 1003. */
void configuration_tell_loaded(struct loop *loop);
/* |fault| is of |file|; NULL: of what the lane read last, config.json or Group Policy. */
void configuration_tell_rejected(struct loop *loop, const char *file,
                                 const struct pg_fault *fault);
/* Adds the whole path of the file, or its name alone when there is no folder. */
void configuration_path(const struct loop *loop, struct pg_text *out);

/* The member "configuration" of `health`, inside an open object. */
void configuration_write(const struct loop *loop, struct pg_json *json);
/* "interval_ms", "guarded_ports" and "rules", inside an open object. */
void configuration_write_in_force(struct pg_json *json,
                                  const struct pg_settings *settings);
/* "switched_off": the names of the rules that Group Policy keeps from doing anything. */
void configuration_write_off(struct pg_json *json, const struct pg_settings *settings);

/* The verb policy.reload. */
extern const struct control_work configuration_work;
bool configuration_ready(void *context, const struct control_ask *ask);
enum pg_error configuration_answer(void *context, const struct control_ask *ask,
                                   struct pg_json *json, struct pg_fault *fault);

#endif
