/* The parts of a report that other threads than the loop's make. */
#ifndef PG_REPORTING_WRITE_H
#define PG_REPORTING_WRITE_H

#include "service/explain/explain.h"
#include "service/recorder.h"
#include "service/reporting_choice.h"

/* A question to the history: it finishes the choice, and says what is remembered of
 * each port. It outlives its request, so it borrows nothing. */
struct report_question {
  struct recorder_ask base;
  struct report_choice choice;
  bool named; /* |choice| is what was asked for */
  int64_t since, until;
  /* Where in base.text the members of each port, and of none, are. */
  struct report_piece {
    size_t from, to;
  } pieces[PG_REPORT_PORTS + 1];
};

/* The |look| of such a question. */
enum pg_error report_ask(struct recorder_ask *ask, struct history *store,
                         struct pg_json *json, struct pg_fault *fault);

/* What a report is written from; all of it borrowed. */
struct report_sources {
  const struct pg_snapshot *snapshot;
  struct explain_times times;
  const struct report_choice *choice;     /* ended */
  const struct report_question *question; /* answered; NULL: there is no history */
  int64_t since, until;
};

/* The members of the answer up to those that only the loop knows, as one object. */
void report_write(const struct report_sources *sources, struct pg_text *out);

#endif
