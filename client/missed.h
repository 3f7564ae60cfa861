/* What somebody who watches was not told: the service was away, or told it faster than
 * it was read. The history has it. */
#ifndef PG_MISSED_H
#define PG_MISSED_H

#include "client/client.h"

/* Up to where everything has been told. */
struct missed {
  int64_t heard;          /* ID of a change */
  int64_t at, heard_mono; /* its time, and when it was told: the wall clock may be set */
};

/* From now on. |heard|: the ID that the subscription began with. */
void missed_start(struct missed *missed, int64_t heard, int64_t now);
void missed_told(struct missed *missed, const cJSON *change);

struct missed_wish {
  int64_t up_to;         /* what comes behind this ID is told by the subscription */
  bool another_run;      /* which was started after what was told last */
  const uint16_t *ports; /* none: all */
  size_t port_count;
};

/* Asks the history, over a connection of its own. *entries becomes an array, the caller's
 * to delete, of objects like those of `change` with the member "missed": true, the oldest
 * first; starts and stops of the service, with an id of null, are among them. *whole: it
 * goes back to what was told last. Errors as client_open and call_ask. */
enum pg_error missed_ask(struct client *client, struct missed *missed,
                         const struct missed_wish *wish, cJSON **entries, bool *whole,
                         struct pg_fault *fault);

/* The part of it that is pure: takes what was missed out of |result|. NULL: no memory. */
cJSON *missed_pick(const struct missed *missed, const struct missed_wish *wish,
                   cJSON *result);

#endif
