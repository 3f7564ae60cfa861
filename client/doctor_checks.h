/* What the client finds out by itself, with the caller's own rights and without the
 * service; and what it says of the service's checks when there is nobody to ask. */
#ifndef PG_CLIENT_DOCTOR_CHECKS_H
#define PG_CLIENT_DOCTOR_CHECKS_H

#include "common/doctor.h"

#include <cJSON.h>
#include <stdbool.h>
#include <stdint.h>

/* What is known of the Windows service PortGuard. */
enum client_service_known {
  CLIENT_SERVICE_ELSEWHERE, /* it is not the one that is asked: --pipe, or no Windows */
  CLIENT_SERVICE_ABSENT,    /* it is not installed */
  CLIENT_SERVICE_UNREAD,    /* Windows does not tell: |fault| */
  CLIENT_SERVICE_THERE,
};

enum client_service_state {
  CLIENT_SERVICE_STOPPED,
  CLIENT_SERVICE_PENDING,
  CLIENT_SERVICE_RUNNING
};

struct client_service {
  enum client_service_known known;
  struct pg_fault fault;
  enum client_service_state state;
  bool automatic, disabled; /* its start type */
  uint32_t pid, exit_code;  /* of one that runs; of one that is stopped */
};

struct client_facts {
  struct client_service service;
  const char *program; /* the path of portguardsvc beside this one; NULL: not known */
  bool program_there;
  struct pg_fault connection; /* its code is PG_OK when there is one */
  bool over_control;          /* which is over the control pipe: the other one failed */
  const cJSON *version;       /* the result of `version`; NULL: none came */
  const char *client_version;
};

/* Fills the findings of the client's own checks. Pure. */
void client_doctor_check(const struct client_facts *facts,
                         struct pg_doctor_finding findings[PG_CHECK_COUNT]);
/* Of the service's: skipped, and why. */
void client_doctor_skip(const struct pg_fault *why,
                        struct pg_doctor_finding findings[PG_CHECK_COUNT]);

/* win_doctor.c or posix_doctor.c. With no more rights than the caller has. */
void client_doctor_service(struct client_service *out);

#endif
