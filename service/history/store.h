/* What is remembered, on disk: changes, actions, and tenancies (who held which port from
 * when until when). One SQLite database, history.db, in the trusted folder.
 *
 * Everything here may block, on the disk above all: it belongs into a lane, and one
 * thread at a time may use a store. Times are the wall clock in ms.
 *
 * Errors of every function: PG_E_BUSY (another program has locked it), PG_E_IO (a full
 * disk, a broken one), PG_E_FORMAT (it was found damaged), PG_E_NOMEM, PG_E_INTERNAL.
 * After each the store can be used again: the next write may succeed. After PG_E_FORMAT
 * it is better to close it and open it anew, which sets a damaged one aside. */
#ifndef PG_HISTORY_STORE_H
#define PG_HISTORY_STORE_H

#include "common/error.h"
#include "common/json.h"
#include "service/files/files.h"
#include "service/history/batch.h"

#include <stdbool.h>
#include <stdint.h>

struct history;

/* Opens or makes history.db in |files|, which must outlive the store. It is locked as
 * long as it is open: nobody else reads or writes it, nor can hold the service up.
 * One that is damaged, or was made by a newer version, gets another name
 * (history.db.damaged-20260302T122631Z, history.db.newer-…; its log goes with it) and a
 * new one is begun: |notice| then says so, its code is PG_E_FORMAT, else PG_OK.
 * Errors, besides the above: PG_E_REFUSED when one of its files is not trusted. */
enum pg_error history_open(struct files *files, int64_t now, struct history **out,
                           struct pg_fault *notice, struct pg_fault *fault);
void history_close(struct history *history); /* NULL is fine */

/* All of |batch| or nothing, and on the disk when it returns. A holder that has the port
 * already does not begin again, and the end of what never began is nothing. An end that
 * a clock set back would put before its beginning is put there. */
enum pg_error history_write(struct history *history, const struct history_batch *batch,
                            struct pg_fault *fault);

/* The tenancies that have not ended, in no particular order. |holder| is an identity and
 * lasts for the call. The store must not be used in |each|. */
typedef void history_each(void *context, uint16_t port, const char *holder,
                          int64_t since);
enum pg_error history_open_tenancies(struct history *history, history_each *each,
                                     void *context, struct pg_fault *fault);

/* Whether the machine is still up since the boot that was noted last, within
 * PG_BOOT_TOLERANCE_MS of |boot|; false when none was. To be noted when what an earlier
 * boot left open has ended in the database, not before: a run that died in between would
 * be taken for one of the same boot. */
enum pg_error history_same_boot(struct history *history, int64_t boot, bool *same,
                                struct pg_fault *fault);
enum pg_error history_note_boot(struct history *history, int64_t boot,
                                struct pg_fault *fault);

/* Forgets a little of what is older than |keep_ms| (0: keeps), or of the oldest when the
 * files are larger than |max_bytes| (0: no limit). *more: there is more to forget, and
 * it should be called again before long. Open tenancies stay. */
enum pg_error history_prune(struct history *history, int64_t now, int64_t keep_ms,
                            uint64_t max_bytes, bool *more, struct pg_fault *fault);

struct history_question {
  uint16_t port;        /* 0: any */
  int64_t since, until; /* since <= t < until; 0: no bound */
  /* What stands behind the colon of an identity, or the last component of that path,
   * without regard to case: "W3SVC", "nginx.exe". NULL: any. */
  const char *holder;
  uint32_t limit; /* of each list; 0, and more: PG_HISTORY_ROWS_MAX */
};

/* Writes "tenancies": […], "entries": […], "truncated": bool into the open object.
 * Tenancies that overlap the time asked for: the open ones first, then the one that
 * ended last. Entries: the newest first. Truncated: the limit, or the ceiling of
 * |json->out|, was reached. After an error what was written is of no use. */
enum pg_error history_answer(struct history *history,
                             const struct history_question *question,
                             struct pg_json *json, struct pg_fault *fault);

/* "entries": […] and "truncated" of what concerns no port in particular, likewise; of
 * |question| the time and the limit count. */
enum pg_error history_answer_portless(struct history *history,
                                      const struct history_question *question,
                                      struct pg_json *json, struct pg_fault *fault);

/* The ports of which there is anything to tell for a time. */
struct history_ports {
  int64_t since, until;
  /* The first port from |from| on that is of interest; 0: there is none. */
  uint16_t (*next)(void *context, uint32_t from);
  void (*found)(void *context, uint16_t port); /* rising */
  void *context;
};
enum pg_error history_ports(struct history *history, const struct history_ports *ask,
                            struct pg_fault *fault);

/* What `status` tells of a port. The texts are the caller's to free, with
 * history_last_free, on every path. */
struct history_last {
  int64_t changed; /* its last change; 0: none is remembered */
  int event;
  struct pg_text change;  /* JSON object */
  struct pg_text summary; /* of it, in one line */
  int64_t since;          /* the oldest of its open tenancies; 0: there is none */
  /* The tenancy that ended last; until 0: none is remembered. */
  int64_t from, until;
  char how[16];
  struct pg_text identity, holder; /* |holder| is a JSON object, "" when it is none */
};

enum pg_error history_last(struct history *history, uint16_t port,
                           struct history_last *out, struct pg_fault *fault);
void history_last_free(struct history_last *last);

/* Asked now and then while a question looks for its answer; not 0 ends the question with
 * PG_E_TIMEOUT. */
typedef int history_over(void *context);
/* For all that follows, until it is called again. Not for what writes: that would be
 * undone. NULL: no limit. */
void history_limit(struct history *history, history_over *over, void *context);

/* Of history.db and its log. */
uint64_t history_bytes(struct history *history);

const char *history_library(void); /* SQLite's version */

#endif
