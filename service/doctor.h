/* The verb `doctor`: what the service finds out about itself. What may block is looked at
 * in a lane of its own (doctor_look.h); everything else the loop knows. Both become
 * facts, and facts findings (doctor_checks.h). Loop thread only. */
#ifndef PG_SERVICE_DOCTOR_H
#define PG_SERVICE_DOCTOR_H

#include "service/control/request.h"
#include "service/doctor_look.h"

#include <uv.h>

struct loop;

struct doctor {
  uv_work_t work;
  bool busy;
  int64_t begun;      /* monotonic, of the job */
  int64_t looked;     /* when the latest look began that has ended; 0: none has */
  int64_t began_wall; /* the wall clock when the service began */
  struct doctor_order order;
  struct doctor_look job, look; /* the job's own, and the latest */
};

void doctor_open(struct loop *loop);
bool doctor_is_idle(const struct loop *loop);

bool doctor_ready(void *context, const struct control_ask *ask);
enum pg_error doctor_answer(void *context, const struct control_ask *ask,
                            struct pg_json *json, struct pg_fault *fault);

#endif
