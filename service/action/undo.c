#include "service/action/undo.h"

#include "common/arena.h"
#include "common/json_fields.h"
#include "common/limits.h"
#include "common/text.h"
#include "service/action/plan.h"

#include <stdlib.h>
#include <string.h>

#define READ_ARENA_MAX (4u * PG_STATE_MAX)

static void free_record(struct undo_record *record) {
  if (record == NULL)
    return;
  for (size_t i = 0; i < record->dependent_count; i++)
    free(record->dependents[i]);
  free(record->dependents);
  free(record->configured);
  free(record->service);
  free(record->by);
  free(record);
}

void undo_free(struct undo *undo) {
  for (size_t i = 0; i < undo->count; i++)
    free_record(undo->records[i]);
  free(undo->records);
  *undo = (struct undo){0};
}

struct undo_record *undo_find(const struct undo *undo, const char *service) {
  for (size_t i = 0; i < undo->count; i++)
    if (pg_case_equal(undo->records[i]->service, service))
      return undo->records[i];
  return NULL;
}

void undo_forget(struct undo *undo, const char *service) {
  size_t kept = 0;
  for (size_t i = 0; i < undo->count; i++) {
    if (pg_case_equal(undo->records[i]->service, service))
      free_record(undo->records[i]);
    else
      undo->records[kept++] = undo->records[i];
  }
  undo->count = kept;
}

/* A copy of |text|; *ok becomes false when there is no memory. NULL stays NULL. */
static char *copy(const char *text, bool *ok) {
  if (text == NULL)
    return NULL;
  size_t size = strlen(text) + 1;
  char *made = malloc(size);
  if (made != NULL)
    memcpy(made, text, size);
  *ok = *ok && made != NULL;
  return made;
}

static bool has_dependent(const struct undo_record *record, const char *name) {
  for (size_t i = 0; i < record->dependent_count; i++)
    if (pg_case_equal(record->dependents[i], name))
      return true;
  return false;
}

static bool add_dependent(struct undo_record *record, const char *name) {
  bool ok = true;
  if (has_dependent(record, name))
    return true;
  char **more =
      realloc(record->dependents, (record->dependent_count + 1) * sizeof(char *));
  if (more == NULL)
    return false;
  record->dependents = more;
  char *made = copy(name, &ok);
  if (ok)
    record->dependents[record->dependent_count++] = made;
  return ok;
}

/* The same again, for a list that is changed as a whole or not at all. */
static struct undo_record *clone(const struct undo_record *from) {
  struct undo_record *record = calloc(1, sizeof *record);
  bool ok = true;
  if (record == NULL)
    return NULL;
  *record = *from;
  record->dependents = NULL;
  record->dependent_count = 0;
  record->service = copy(from->service, &ok);
  record->configured = copy(from->configured, &ok);
  record->by = copy(from->by, &ok);
  for (size_t i = 0; ok && i < from->dependent_count; i++)
    ok = add_dependent(record, from->dependents[i]);
  if (ok)
    return record;
  free_record(record);
  return NULL;
}

static bool put(struct undo *undo, struct undo_record *record) {
  if (record == NULL)
    return false;
  for (size_t i = 0; i < undo->count; i++)
    if (pg_case_equal(undo->records[i]->service, record->service)) {
      free_record(undo->records[i]);
      undo->records[i] = record;
      return true;
    }
  struct undo_record **more =
      realloc(undo->records, (undo->count + 1) * sizeof *undo->records);
  if (more == NULL) {
    free_record(record);
    return false;
  }
  undo->records = more;
  undo->records[undo->count++] = record;
  return true;
}

bool undo_copy(struct undo *to, const struct undo *from) {
  *to = (struct undo){0};
  for (size_t i = 0; i < from->count; i++)
    if (!put(to, clone(from->records[i]))) {
      undo_free(to);
      return false;
    }
  return true;
}

/* --- noting --- */

/* Whether |step| belongs to the record of |target|: it is its own, or for its sake. */
static bool is_for(const struct plan_step *step, const char *target) {
  const char *sake = step->needs != NULL ? step->needs : step->name;
  return pg_case_equal(sake, target);
}

/* A template's step stands beside the target it is of, which it is the beginning of. */
static bool configures(const struct plan_step *step, const char *target) {
  size_t len = strlen(step->name);
  return step->what == PG_STEP_DISABLE && pg_casecmp_n(step->name, target, len) == 0 &&
         (target[len] == '\0' || target[len] == '_');
}

static bool note_step(struct undo_record *record, const struct plan_step *step) {
  bool ok = true;
  if (configures(step, record->service) && step->start_type != PG_START_DISABLED) {
    /* What was disabled here before has been changed since by somebody else. */
    free(record->configured);
    record->configured = copy(step->name, &ok);
    record->start_type = step->start_type;
    record->delayed = step->delayed;
  } else if (step->what == PG_STEP_STOP && is_for(step, record->service)) {
    if (step->needs == NULL)
      record->was_running = true;
    else
      ok = add_dependent(record, step->name);
  }
  return ok;
}

static bool note_target(struct undo *undo, const struct plan *plan, const char *target,
                        const char *by, int64_t at) {
  const struct undo_record *known = undo_find(undo, target);
  struct undo_record fresh = {
      .service = (char *)(uintptr_t)target, .by = (char *)(uintptr_t)by, .at = at};
  struct undo_record *record = clone(known != NULL ? known : &fresh);
  for (size_t i = 0; record != NULL && i < plan->count; i++)
    if (!note_step(record, &plan->steps[i])) {
      free_record(record);
      record = NULL;
    }
  return put(undo, record);
}

enum pg_error undo_note(struct undo *undo, const struct plan *plan, const char *by,
                        int64_t at, struct pg_fault *fault) {
  for (size_t i = 0; i < plan->target_count; i++)
    if (!note_target(undo, plan, plan->targets[i], by, at))
      return pg_fail(fault, PG_E_NOMEM, "out of memory");
  if (undo->count <= UNDO_RECORDS_MAX)
    return PG_OK;
  pg_fail(fault, PG_E_TOOBIG, "more than %d services wait to be restored",
          UNDO_RECORDS_MAX);
  pg_fault_hint(fault, "portguardctl restore SERVICE");
  return PG_E_TOOBIG;
}

/* --- as JSON --- */

static void write_record(const struct undo_record *record, struct pg_json *json) {
  pg_json_object(json);
  pg_json_key_str(json, "service", record->service);
  pg_json_key_bool(json, "was_running", record->was_running);
  pg_json_key_str(json, "configured", record->configured);
  pg_json_key_str(json, "start_type",
                  record->configured != NULL ? pg_start_type_name(record->start_type)
                                             : NULL);
  pg_json_key_bool(json, "delayed", record->delayed);
  pg_json_key(json, "dependents");
  pg_json_array(json);
  for (size_t i = 0; i < record->dependent_count; i++)
    pg_json_str(json, record->dependents[i]);
  pg_json_end_array(json);
  pg_json_key_str(json, "by", record->by);
  pg_json_key_time(json, "at", record->at);
  pg_json_end_object(json);
}

void undo_write(const struct undo *undo, struct pg_json *json) {
  pg_json_array(json);
  for (size_t i = 0; i < undo->count; i++)
    write_record(undo->records[i], json);
  pg_json_end_array(json);
}

static void read_start(struct pg_fields *in, struct undo_record *record) {
  const char *word = pg_fields_text(in, "start_type",
                                    record->configured != NULL ? PG_NEEDED : PG_OPTIONAL);
  record->start_type = word != NULL ? pg_start_type_from_name(word) : PG_START_UNKNOWN;
  if (word != NULL && record->start_type == PG_START_UNKNOWN)
    pg_fields_complain(in, "start_type", "it is no start type");
  record->delayed = pg_fields_flag(in, "delayed");
}

/* Into the reader's arena: what is put into the list is a copy. */
static bool read_record(struct pg_fields *in, struct undo *undo) {
  struct undo_record record = {0};
  size_t count = 0;
  record.service = (char *)(uintptr_t)pg_fields_text(in, "service", PG_NEEDED);
  record.was_running = pg_fields_flag(in, "was_running");
  record.configured = (char *)(uintptr_t)pg_fields_text(in, "configured", PG_OPTIONAL);
  read_start(in, &record);
  const char *const *names = pg_fields_texts(in, "dependents", &count);
  record.dependents = (char **)(uintptr_t)names;
  record.dependent_count = count;
  record.by = (char *)(uintptr_t)pg_fields_text(in, "by", PG_NEEDED);
  record.at = pg_fields_time(in, "at");
  return in->error != PG_OK || put(undo, clone(&record));
}

enum pg_error undo_read(struct undo *undo, const cJSON *array, struct pg_fault *fault) {
  struct pg_fields in = {.what = "the state", .fault = fault};
  const cJSON *row;
  size_t index = 0;
  *undo = (struct undo){0};
  in.arena = pg_arena_new(READ_ARENA_MAX);
  if (in.arena == NULL)
    return pg_fail(fault, PG_E_NOMEM, "out of memory");
  cJSON_ArrayForEach(row, array) {
    if (in.error == PG_OK && pg_fields_enter_row(&in, "undo", index++, row) &&
        !read_record(&in, undo))
      pg_fields_no_memory(&in);
  }
  pg_arena_free(in.arena);
  if (in.error != PG_OK)
    undo_free(undo);
  return in.error;
}
