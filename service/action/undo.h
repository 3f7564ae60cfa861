/* What was stopped or disabled, and how it was before: the part of state.json that
 * `restore` goes by. A list in memory; whoever has it also writes it down. */
#ifndef PG_UNDO_H
#define PG_UNDO_H

#include "common/error.h"
#include "common/json.h"
#include "service/snapshot/snapshot.h"

#define UNDO_RECORDS_MAX 1024

struct undo_record {
  char *service;
  bool was_running;
  /* The service whose start type was changed, itself or its template; NULL: none. */
  char *configured;
  enum pg_start_type start_type;
  bool delayed;
  char **dependents; /* that stopped with it, in the order in which they did */
  size_t dependent_count;
  char *by;   /* an account or "rule NAME" */
  int64_t at; /* wall clock of the first action it is about */
};

struct undo {
  struct undo_record **records;
  size_t count;
};

struct plan;

void undo_free(struct undo *undo); /* it is empty afterwards */
/* Without regard to case; NULL: nothing is known of it. */
struct undo_record *undo_find(const struct undo *undo, const char *service);
/* Notes what |plan| is about to do, before it does. What was noted of a service before
 * stays, and dependents are added; a start type that somebody changed since replaces it.
 * |undo| is a copy of the caller's: after an error it is good for undo_free alone.
 * Errors: PG_E_NOMEM, PG_E_TOOBIG beyond UNDO_RECORDS_MAX. */
enum pg_error undo_note(struct undo *undo, const struct plan *plan, const char *by,
                        int64_t at, struct pg_fault *fault);
/* False: no memory, and |to| is empty. */
bool undo_copy(struct undo *to, const struct undo *from);
void undo_forget(struct undo *undo, const char *service);

/* The array "undo" of state.json, and back into an empty list. Errors: PG_E_FORMAT with
 * the path in |fault->param|, PG_E_NOMEM; the list is empty then. */
void undo_write(const struct undo *undo, struct pg_json *json);
enum pg_error undo_read(struct undo *undo, const cJSON *array, struct pg_fault *fault);

#endif
