/* A connection on which the service tells of changes, and the way back to it. */
#ifndef PG_SUBSCRIPTION_H
#define PG_SUBSCRIPTION_H

#include "client/client.h"

struct subscription {
  struct client *client;
  const uint16_t *ports; /* borrowed; none: all */
  size_t port_count;
  struct call call;
  int64_t heard; /* the ID of the last change; -1: it was never connected */
};

enum news_kind { NEWS_CHANGE, NEWS_OVERFLOW };

struct news {
  enum news_kind kind;
  cJSON *note; /* what |params| is in, for cJSON_Delete */
  const cJSON *params;
};

/* |subscription| has client, ports and |heard| set, the rest zeroed. When this has
 * succeeded no change is missed from here on: behind |heard|, when that is not -1. The
 * service must answer within PG_CLIENT_MS. Errors as client_open and call_hear;
 * subscription_close is due on every path. */
enum pg_error subscription_open(struct subscription *subscription,
                                struct pg_fault *fault);
/* The next news. Errors: PG_E_TIMEOUT when there is none until |deadline|,
 * PG_E_UNREACHABLE when the service has gone, others as call_hear. */
enum pg_error subscription_hear(struct subscription *subscription, int64_t deadline,
                                struct news *news, struct pg_fault *fault);
/* When the service has gone: tries to open it again until |deadline|. */
enum pg_error subscription_reopen(struct subscription *subscription, int64_t deadline,
                                  struct pg_fault *fault);
void subscription_close(struct subscription *subscription);

#endif
