/* The texts of one event while they are written: report.c and report_network.c.
 * Loop thread only. */
#ifndef PG_LETTER_H
#define PG_LETTER_H

#include "common/limits.h"
#include "common/timestamp.h"
#include "service/state.h"

struct letter {
  struct pg_text raw, first, second, json;
  struct pg_text summary; /* one line for who watches, not escaped; empty: made of the
                             strings */
  int64_t time;           /* of the wall, and |at| as it is written */
  char at[PG_TIME_CHARS];
  struct pg_json writer;
  uint16_t last_port; /* of an event about several; 0: it is about one, or none */
  bool truncated;     /* a part was left out; the JSON says so at its end */
};

/* A value that may be too long for what is left of one string of the Event Log. */
struct letter_part {
  struct pg_text text;
  struct pg_json json;
};

/* In the place of an ID: it is for who watches alone. */
#define LETTER_NO_EVENT ((enum pg_event_id)0)

/* Begins the JSON with the ID and the time. letter_send is due on every path, or
 * letter_show. */
void letter_open(struct letter *letter, enum pg_event_id id);
/* Moves the raw sentence, escaped, to the end of |to|. */
void letter_escape(struct letter *letter, struct pg_text *to);
void letter_part_open(struct letter_part *part);
/* Adds the value that was written to |part->json|, as a member or (|key| is NULL) to the
 * list that is open. False: it would not fit, and is left out whole. */
bool letter_part_add(struct letter *letter, const char *key, struct letter_part *part);
/* The same for a string; NULL is null. */
void letter_string(struct letter *letter, const char *key, const char *value);
/* Ends the JSON, shows the event to who watches and sends it; |strings| leaves its last
 * place free. */
void letter_send(struct loop *loop, struct letter *letter, enum pg_event_id id,
                 uint16_t key, bool guarded, const char **strings, size_t count);

/* Shows it to who watches; it is no event. */
void letter_show(struct loop *loop, struct letter *letter, uint16_t port);

const char *letter_port(uint16_t port, char out[8]);

#endif
