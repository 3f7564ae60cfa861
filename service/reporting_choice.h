/* Which ports a report tells of. Pure. */
#ifndef PG_REPORTING_CHOICE_H
#define PG_REPORTING_CHOICE_H

#include "common/json.h"
#include "common/limits.h"
#include "service/policy/settings.h"
#include "service/snapshot/snapshot.h"

/* What is known of one port of the machine, for the choice. */
enum report_mark {
  REPORT_BESIDE,     /* it is not guarded */
  REPORT_QUIET,      /* there is nothing to tell of it */
  REPORT_LIKE,       /* as the next, by the range of another that stands for it */
  REPORT_RESERVED,   /* Windows refuses a bind there */
  REPORT_REMEMBERED, /* something was there in the time asked for */
  REPORT_HELD,       /* something listens on it now */
  REPORT_TOLD,       /* it is in the report */
  REPORT_LEFT_OUT,   /* there is something to tell, but no room for it */
};

struct report_choice {
  uint8_t marks[UINT16_MAX + 1]; /* enum report_mark */
  uint16_t ports[PG_REPORT_PORTS];
  bool guarded[PG_REPORT_PORTS]; /* each of these */
  size_t count;
};

/* Ports that were named: these and no other. One that is named twice is there once. */
void report_choice_name(struct report_choice *choice, uint16_t port, bool guarded);

/* Of the guarded ports those of which there is something to tell: first what is there
 * now, then what the history has of guarded ports, then the end of it. */
void report_choice_look(struct report_choice *choice, const struct pg_snapshot *snapshot,
                        const struct pg_settings *settings);
/* The first guarded port from |from| on that is told of only if it is remembered; 0:
 * there is none. */
uint16_t report_choice_next(const struct report_choice *choice, uint32_t from);
void report_choice_remember(struct report_choice *choice, uint16_t port);
/* Fills |ports|, rising, at most PG_REPORT_PORTS: held ones rather than remembered ones,
 * and those rather than reserved ones. */
void report_choice_end(struct report_choice *choice);

/* How many have the mark, and an array of them: [80, "8000-8090"] */
size_t report_choice_count(const struct report_choice *choice, enum report_mark mark);
void report_choice_write(const struct report_choice *choice, enum report_mark mark,
                         struct pg_json *json);

#endif
