/* The whole service over a Unix socket, fed from a machine made by hand. */
#ifndef PG_POSIX_LOOP_CASE_H
#define PG_POSIX_LOOP_CASE_H

#include "fake_source.h"
#include "service/config_import.h"
#include "service/loop.h"

#define EVENT_MS 8000

struct service {
  struct fake_machine machine;
  struct loop *loop;
  uv_thread_t thread;
  struct actor actor;
  char folder[64], socket[96], control[96], state[96];
  size_t seen; /* events looked at */
  bool remembers;
  bool has_file; /* config.json, in the folder of state.json */
  const struct config_import *import;
  struct group_policy_source group_policy; /* of none, if it cannot be read */
};

/* netsh's text with one queue, of PID 500, that registers http://+:80/demo/. */
extern const char queue_of_500[];

/* A service on a machine with these listeners, as *state; its baseline is written
 * when these return. |prepare| (may be NULL) changes the machine before that. */
int start_with(void **state, size_t count, const struct fake_row *rows,
               void (*prepare)(struct fake_machine *machine));
int start(void **state); /* without listeners */
/* The same with this configuration; looks are 100 ms apart all the same. What was in
 * state.json before, NULL: there is none. */
int start_configured(void **state, size_t count, const struct fake_row *rows,
                     const char *configuration, const char *before);
/* The same with this config.json, which is read from there; |import| may be NULL. */
int start_with_file(void **state, const char *configuration,
                    const struct config_import *import);
/* The same with what Group Policy says, and without a file. */
int start_managed(void **state, const struct group_policy_source *group_policy);
/* The same with a history. */
int start_remembering(void **state, size_t count, const struct fake_row *rows);
/* Ends it and starts another one in the same folder. */
void start_again(struct service *s, size_t count, const struct fake_row *rows);
int stop(void **state);

/* The next event of |id| whose first string is |first| (NULL: any). Fails the test when
 * it does not come. */
const struct fake_event *expect(struct service *s, enum pg_event_id id,
                                const char *first);
/* Nothing hangs any more. */
void set_free(struct service *s);
void set_rows(struct service *s, size_t count, const struct fake_row *rows);

int connect_to(const struct service *s);
/* Reads one line; "" when the service closed the connection instead. */
void read_line(int fd, char *line, size_t size);
/* The same over the control pipe; the socket stays open. */
int say_control(const struct service *s, const char *request);
void ask(struct service *s, const char *request, char *line, size_t size);
/* Fails the test when |words| are not in |line|. */
void check(const char *line, const char *words);
/* What is in state.json; "" when it is not there. */
void read_state(const struct service *s, char *out, size_t size);
/* Until the machine's service has been asked so often to stop; and what hangs there
 * goes on. */
void wait_for_stops(struct service *s, unsigned stops);
void let_it_stop(struct service *s);

#define CALL(method, params) \
  "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"" method "\",\"params\":{" params "}}\n"

/* As fresh as can be: what the test has just changed must be in it. */
#define STATUS_80                                                                      \
  "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"status\",\"params\":{\"port\":80,\"max_" \
  "age_ms\":0}}\n"
#define PING "{\"jsonrpc\":\"2.0\",\"id\":\"p\",\"method\":\"ping\"}\n"

#endif
