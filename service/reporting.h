/* The verb `report`: what there is to tell of several ports, with what is remembered of
 * them. It waits for a look as `status` does, then for the history, then for a lane of
 * its own that writes it: the loop only copies what is ready.
 *
 *   look -> which ports -> history (its lane) -> writing (this lane) -> answer
 */
#ifndef PG_REPORTING_H
#define PG_REPORTING_H

#include "service/control/request.h"

#include <uv.h>

struct loop;
struct report_job;

struct reporting {
  uv_work_t work;
  uv_timer_t timer;           /* runs while somebody waits for the history */
  struct report_job *jobs;    /* all of them, the oldest first */
  struct report_job *writing; /* the worker's; NULL: the lane is idle */
};

void reporting_start(struct loop *loop);
void reporting_close(struct loop *loop); /* when the service stops */
bool reporting_is_idle(const struct loop *loop);

#define REPORTING_PARAMS 2
extern const struct control_param reporting_params[REPORTING_PARAMS];
extern const struct control_work reporting_work;
bool reporting_ready(void *context, const struct control_ask *ask);
enum pg_error reporting_answer(void *context, const struct control_ask *ask,
                               struct pg_json *json, struct pg_fault *fault);

#endif
