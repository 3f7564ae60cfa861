#include "service/caller.h"

#include "common/limits.h"

#include <stdlib.h>
#include <string.h>

enum pg_error caller_begin(void *context, struct control_ask *ask,
                           const struct control_caller *caller, struct pg_fault *fault) {
  size_t size = strlen(caller->user) + 1;
  (void)context;
  ask->job = malloc(size);
  if (ask->job == NULL)
    return pg_fail(fault, PG_E_NOMEM, "out of memory");
  memcpy(ask->job, caller->user, size);
  return PG_OK;
}

bool caller_progress(void *context, struct control_ask *ask, struct pg_json *json) {
  (void)context, (void)ask, (void)json;
  return false;
}

void caller_end(void *context, struct control_ask *ask) {
  (void)context;
  free(ask->job);
}

const struct control_work caller_work = {caller_begin, caller_progress, caller_end,
                                         PG_SLOW_WAIT_MS, NULL};
