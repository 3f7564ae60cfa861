/* The Linux build reads captures: there is nothing to stop. */
#include "service/action/actor.h"

const char *actor_unable(void) {
  return "nothing can be stopped or changed here: the service runs on a capture";
}

static enum pg_error nothing_here(struct pg_fault *fault) {
  return pg_fail(fault, PG_E_WINDOWS, "%s", actor_unable());
}

static enum pg_error query(void *context, const char *name, struct actor_service *out,
                           struct pg_fault *fault) {
  (void)context, (void)name, (void)out;
  return nothing_here(fault);
}

static enum pg_error change(void *context, const char *name, uint32_t within_ms,
                            struct pg_fault *fault) {
  (void)context, (void)name, (void)within_ms;
  return nothing_here(fault);
}

static enum pg_error set_start(void *context, const char *name, enum pg_start_type type,
                               bool delayed, struct pg_fault *fault) {
  (void)context, (void)name, (void)type, (void)delayed;
  return nothing_here(fault);
}

static enum pg_error listen_change(void *context, const char *address,
                                   struct pg_fault *fault) {
  (void)context, (void)address;
  return nothing_here(fault);
}

void actor_open(struct actor *actor) {
  *actor = (struct actor){NULL,      query,         change,       change,
                          set_start, listen_change, listen_change};
}
