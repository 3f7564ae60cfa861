/* What the facts about the service mean: one finding for each of its checks. Pure. */
#ifndef PG_DOCTOR_CHECKS_H
#define PG_DOCTOR_CHECKS_H

#include "common/doctor.h"
#include "service/doctor_look.h"
#include "service/recorder.h"
#include "service/snapshot/snapshot.h"

struct doctor_pipe_facts {
  const char *name; /* NULL: it is not wanted */
  bool open;
  struct pg_fault trouble; /* why it is not open */
};

struct doctor_source_facts {
  bool failing;
  int64_t failing_ms;
  const char *error; /* NULL: not known any more */
};

/* Everything is borrowed. */
struct doctor_facts {
  const struct doctor_look *look; /* NULL: it has not ended in time */
  struct doctor_pipe_facts pipes[DOCTOR_PIPES];
  bool in_windows;              /* it is the service that Windows runs */
  const struct pg_fault *setup; /* what it could not set at its start; NULL: nothing */
  const char *folder;           /* NULL: there is none */
  struct pg_fault no_folder;    /* why, its code is PG_OK when none was wanted */
  struct {
    const char *file;     /* the whole path; NULL: the service has none */
    bool from_file;       /* what is in force */
    bool by_policy;       /* it is Group Policy's, in the place of the file */
    bool overridden;      /* Group Policy has the last word on some of it */
    bool policy_rejected; /* |rejected| is of Group Policy */
    struct pg_fault none, rejected;
  } configuration;
  bool keeps_state;
  bool state_failing; /* the last writing of state.json did not succeed */
  struct pg_fault state_trouble;
  struct {
    enum recorder_state state;
    const char *error;     /* as recorder_state */
    const char *set_aside; /* NULL: nothing was */
    uint64_t lost;
  } history;
  uint64_t events_lost;
  bool has_snapshot;
  struct doctor_source_facts sources[PG_SOURCE_COUNT];
  bool reads_netsh;              /* false: a capture stands in for it */
  enum pg_source_state services; /* whether they are known */
  const struct pg_service *http; /* the driver's; NULL: there is none */
  int64_t now_wall, began_wall, running_ms;
};

/* Fills the findings of the service's own checks, and leaves the client's alone. */
void doctor_check(const struct doctor_facts *facts,
                  struct pg_doctor_finding findings[PG_CHECK_COUNT]);

#endif
