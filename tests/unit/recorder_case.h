/* The recorder in a loop that a test turns by hand: looks at a machine made by hand go
 * through the real comparison, recorder and database, at times that the test says. */
#ifndef PG_RECORDER_CASE_H
#define PG_RECORDER_CASE_H

#include "service/state.h"

#define CASE_PROGRAMS 5
#define CASE_AGAIN CASE_PROGRAMS /* the first one, started by another spelling */
#define CASE_LISTENERS 64

/* What a look sees. Program |n| is "process:" and case_program(n). */
struct case_machine {
  struct {
    uint16_t port;
    unsigned program;
  } listeners[CASE_LISTENERS];
  size_t count;
  bool unreadable;
};

/* The clocks, in milliseconds. |case_up| is that since the machine was booted. */
extern int64_t case_wall, case_mono, case_up;

/* Once in each program: the service's clocks are these. The linker then leaves its own
 * out. */
#define CASE_CLOCKS            \
  int64_t clock_wall(void) {   \
    return case_wall;          \
  }                            \
  int64_t clock_mono(void) {   \
    return case_mono;          \
  }                            \
  int64_t clock_uptime(void) { \
    return case_up;            \
  }

const char *case_program(unsigned program);
/* A run of the service whose history is in history_case.h's folder. */
struct loop *case_begin(void);
void case_look(struct loop *loop, const struct case_machine *machine);
/* All clocks go on. */
void case_pass(int64_t ms);
/* Lets the lane work until nothing waits any more, or it waits to try again after a
 * failure. Time passes, a little. */
void case_settle(struct loop *loop);
/* One job, as it is due now; false when none is. */
bool case_work(struct loop *loop);
/* Ends the run: politely; or as though it were killed, and what was not written is
 * lost. */
void case_stop(struct loop *loop);
void case_kill(struct loop *loop);

#endif
