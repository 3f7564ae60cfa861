/* Whoever can stop and start services: the SCM (win_actor.c), a stand-in of a test, or
 * nobody (posix_actor.c). Every call is made by the worker of the action lane and may
 * take as long as |within_ms| says. */
#ifndef PG_ACTOR_H
#define PG_ACTOR_H

#include "common/error.h"
#include "service/snapshot/snapshot.h"

/* What a service is at this moment. */
struct actor_service {
  enum pg_service_state state;
  uint32_t pid;                  /* 0: no process */
  int64_t started_at;            /* of that process; PG_TIME_UNKNOWN: nobody tells */
  enum pg_start_type start_type; /* UNKNOWN: nobody tells */
};

/* Names are the SCM's own. All errors but NOTFOUND are PG_E_WINDOWS, with Windows' number
 * and words. */
struct actor {
  void *context;
  enum pg_error (*query)(void *context, const char *name, struct actor_service *out,
                         struct pg_fault *fault);
  /* Returns when the service is stopped, or has refused, or the time is over: then the
   * words tell in which state it is, and |win32| is ERROR_TIMEOUT. One that is stopped
   * already is PG_OK. */
  enum pg_error (*stop)(void *context, const char *name, uint32_t within_ms,
                        struct pg_fault *fault);
  enum pg_error (*start)(void *context, const char *name, uint32_t within_ms,
                         struct pg_fault *fault);
  enum pg_error (*set_start)(void *context, const char *name, enum pg_start_type type,
                             bool delayed, struct pg_fault *fault);
  enum pg_error (*listen_add)(void *context, const char *address, struct pg_fault *fault);
  enum pg_error (*listen_delete)(void *context, const char *address,
                                 struct pg_fault *fault);
};

/* The one of this system. */
void actor_open(struct actor *actor);
/* Why it can do nothing at all, NULL: it can. */
const char *actor_unable(void);

#endif
