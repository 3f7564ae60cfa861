/* The texts of one event while they are written: report.c and report_network.c.
 * Loop thread only. */
#ifndef PG_LETTER_H
#define PG_LETTER_H

#include "common/limits.h"
#include "service/state.h"

/* Room that is left for the members around a list that is cut to fit. */
#define LETTER_RESERVE 512

struct letter {
  struct pg_text raw, first, second, json;
  struct pg_json writer;
  bool truncated; /* said once, however many lists were left out */
};

/* Begins the JSON with the ID and the time. letter_send is due on every path. */
void letter_open(struct letter *letter, enum pg_event_id id);
/* Moves the raw sentence, escaped, to the end of |to|. */
void letter_escape(struct letter *letter, struct pg_text *to);
/* Ends the JSON and sends the event; |strings| leaves its last place free. */
void letter_send(struct loop *loop, struct letter *letter, enum pg_event_id id,
                 uint16_t key, bool guarded, const char **strings, size_t count);

const char *letter_port(uint16_t port, char out[8]);

#endif
