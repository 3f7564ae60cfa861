/* The connections of one pipe: framing, deadlines, quotas and order. What a
 * request means is in the verb table that the loop hands in. Loop thread only. */
#ifndef PG_CONTROL_H
#define PG_CONTROL_H

#include "service/control/listener.h"
#include "service/control/request.h"

#include <stdint.h>
#include <uv.h>

struct control;

struct control_options {
  uv_loop_t *loop;
  const struct control_verb *verbs;
  size_t verb_count;
  void *context;     /* for the verbs */
  enum pg_role role; /* of whoever reaches this pipe */
  /* Who is at the other end, asked with every request, once its bytes have been read:
   * fills |caller|, whose role is NONE before. NULL: |role| holds. */
  enum pg_error (*identify)(void *owner, uv_pipe_t *pipe, struct control_caller *caller,
                            struct pg_fault *fault);
  /* A request was denied. |named|: the verb that was meant, or NULL. NULL: nobody wants
   * to know. */
  void (*denied)(void *owner, const struct control_caller *caller, const char *named);
  /* A connection's place is free again. */
  void (*released)(void *owner);
  void *owner; /* for the three above */
};

struct control_counts {
  uint64_t open, accepted, turned_away; /* connections */
  uint64_t answered, refused;           /* requests */
};

struct control *control_new(const struct control_options *options); /* NULL: no memory */
/* Takes over |client->pipe| on every path. Over quota (PG_CONN_MAX in all,
 * PG_CONN_PER_USER per user) the peer is told PG_E_BUSY and closed. */
void control_adopt(struct control *control, const struct listener_client *client);
/* Something new was published: requests that wait are asked again. */
void control_wake(struct control *control);
/* Adds to |out|. NULL has none. */
void control_count(const struct control *control, struct control_counts *out);
/* Closes every connection; |closed| runs when the last one is gone. Then
 * control_free. */
void control_close(struct control *control, void (*closed)(void *context), void *context);
void control_free(struct control *control);

#endif
