/* The answer of `history` as text. */
#ifndef PG_HISTORY_TEXT_H
#define PG_HISTORY_TEXT_H

#include "client/render.h"

/* What was asked, as it was typed; NULL and 0: not given. It goes into the commands that
 * are told. */
struct history_asked {
  uint16_t port;
  const char *since, *until, *holder;
  uint16_t limit;
};

void history_text(struct render *render, const cJSON *result,
                  const struct history_asked *asked);

#endif
