/* What attribution looks up once per snapshot. */
#ifndef PG_EXPLAIN_ATTRIBUTION_H
#define PG_EXPLAIN_ATTRIBUTION_H

#include "service/explain/explain.h"

/* proxies.c: the port proxy rules by port and address. */
struct proxy_rule;
struct proxy_index {
  const struct pg_service *helper; /* iphlpsvc, which listens for them; NULL: no rule */
  struct proxy_rule *rules;
  size_t count;
};

/* Errors: PG_E_NOMEM. What it takes is given back by proxies_close. */
enum pg_error proxies_open(struct proxy_index *index, const struct pg_snapshot *snapshot);
void proxies_close(struct proxy_index *index);
/* Makes |holder|, the process or service of |listener|, a port proxy when a rule fits.
 * False: the rule has a holder already, and this listener adds none. */
bool proxies_attribute(struct proxy_index *index, const struct pg_listener *listener,
                       struct pg_holder *holder);

/* candidates.c: who may stand behind a kernel-owned listener without a URL. */
#define CANDIDATES_MAX 64
struct candidate_pool {
  bool filled;
  const struct pg_service *services[CANDIDATES_MAX];
  size_t count;
  /* The list that was made last: most ports have the same. */
  const struct pg_service *const *last;
  size_t last_count;
};

/* Errors: PG_E_NOMEM. */
enum pg_error candidates_add(struct candidate_pool *pool, struct pg_snapshot *snapshot,
                             uint16_t port, struct pg_holder *holder);

#endif
