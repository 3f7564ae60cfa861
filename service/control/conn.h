/* One connection, between control.c (who may be here) and conn.c (what is
 * said). */
#ifndef PG_CONN_H
#define PG_CONN_H

#include "common/limits.h"
#include "common/text.h"
#include "service/control/control.h"

enum conn_state {
  CONN_READING,  /* no whole line yet */
  CONN_WAITING,  /* a request that is not ready to be answered, or not its turn */
  CONN_DRAINING, /* an answer is being written */
  CONN_CLOSING,
};

struct conn {
  struct control *control;
  struct conn *next;
  uv_pipe_t *pipe;
  uv_timer_t timer; /* goes off at the state's deadline, or before */
  int64_t armed;    /* when it will; 0: it is not running */
  uv_write_t write;
  enum conn_state state;
  char user[PG_USER_CHARS];
  bool asked_before;   /* a first whole line has come */
  bool ended;          /* the peer will send nothing more */
  bool paused;         /* reading is stopped: the buffer is full */
  bool close_after;    /* nothing more is answered once this is drained */
  bool turned_away;    /* over quota: never counted */
  bool postponed;      /* WAITING for a turn; |timer| comes round for it */
  bool telling;        /* what drains is a notification: it goes on WAITING then */
  uint64_t served;     /* the number of its last long turn, 0: none */
  int64_t opened;      /* monotonic, as all here */
  int64_t line_since;  /* first byte of the line being read, or the last answer */
  int64_t drain_since; /* when the answer began to go out */
  struct pg_text in, out;
  size_t sent;
  struct control_ask ask;
  struct request_id id;
  int handles_open; /* of pipe and timer, freed when both are closed */
};

struct control {
  struct control_options options;
  struct conn *first;
  struct control_counts counts;
  size_t total; /* connections in the list, those turned away included */
  size_t postponed;
  int64_t spent_at; /* uv_now of the turn of the loop that a long answer took up */
  uint64_t turns;   /* long ones so far */
  bool closing;
  void (*closed)(void *context);
  void *closed_context;
  char scratch[PG_REQUEST_MAX]; /* what libuv reads into; copied out at once */
};

int64_t control_now(const struct control *control);
/* Who is next of those postponed: the user whose last long turn is the longest
 * ago. NULL when none is. */
struct conn *control_next_turn(const struct control *control);

/* Starts reading, or draining when |error| is not NULL. */
void conn_start(struct conn *conn, const struct pg_fault *error);
void conn_wake(struct conn *conn);
void conn_close(struct conn *conn);
/* A request is never answered, only news are told (CONTROL_FOR_EVER). */
bool conn_is_endless(const struct conn *conn);
/* The request has been dealt with, or nobody waits for its answer any more. */
void conn_forget_request(struct conn *conn);

#endif
