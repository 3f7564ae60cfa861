/* What an earlier, complete look knew about processes and services, for a look
 * that read the TCP table only. */
#include "service/snapshot/snapshot.h"

#include <stdlib.h>
#include <string.h>

/* NULL stays NULL and is no failure; a copy that fails is remembered. */
static const char *copy_text(struct pg_snapshot *to, const char *text, bool *ok) {
  const char *copy = pg_arena_str(to->arena, text);
  if (copy == NULL && text != NULL)
    *ok = false;
  return copy;
}

static bool copy_processes(struct pg_snapshot *to, const struct pg_snapshot *from) {
  struct pg_process *rows = snapshot_processes(to, from->process_count);
  bool ok = rows != NULL;

  for (size_t i = 0; ok && i < from->process_count; i++) {
    rows[i] = from->processes[i];
    rows[i].name = copy_text(to, rows[i].name, &ok);
    rows[i].path = copy_text(to, rows[i].path, &ok);
  }
  return ok;
}

static bool copy_service(struct pg_snapshot *to, struct pg_service *row) {
  bool ok = true;
  row->name = copy_text(to, row->name, &ok);
  row->display_name = copy_text(to, row->display_name, &ok);
  row->group = copy_text(to, row->group, &ok);
  if (!ok || row->depends_on_count == 0) {
    row->depends_on = NULL;
    return ok;
  }

  const char *const *old = row->depends_on;
  const char **names = pg_arena_alloc(to->arena, row->depends_on_count, sizeof *names);
  if (names == NULL)
    return false;
  for (size_t i = 0; i < row->depends_on_count; i++)
    names[i] = copy_text(to, old[i], &ok);
  row->depends_on = names;
  return ok;
}

static bool copy_services(struct pg_snapshot *to, const struct pg_snapshot *from) {
  struct pg_service *rows = snapshot_services(to, from->service_count);
  bool ok = rows != NULL;

  for (size_t i = 0; ok && i < from->service_count; i++) {
    rows[i] = from->services[i];
    ok = copy_service(to, &rows[i]);
  }
  return ok;
}

static int by_pid_and_tag(const void *left, const void *right) {
  const struct pg_service_tag *a = left, *b = right;
  if (a->pid != b->pid)
    return a->pid < b->pid ? -1 : 1;
  return (a->tag > b->tag) - (a->tag < b->tag);
}

/* One bool per tag of |from|: does a socket of |to| still carry it? Goes from
 * the listeners to the tags, because only the tags are sorted by now. */
static bool *mark_listening(const struct pg_snapshot *to,
                            const struct pg_snapshot *from) {
  bool *marks = pg_arena_alloc(to->arena, from->tag_count, sizeof *marks);

  for (size_t i = 0; marks != NULL && i < to->listener_count; i++) {
    struct pg_service_tag key = {.pid = to->listeners[i].pid,
                                 .tag = to->listeners[i].tag};
    if (key.tag == 0)
      continue;
    const struct pg_service_tag *hit =
        bsearch(&key, from->tags, from->tag_count, sizeof key, by_pid_and_tag);
    if (hit != NULL)
      marks[hit - from->tags] = true;
  }
  return marks;
}

/* A tag is a number Windows gives out again: an answer about a thread whose
 * socket is gone could later be taken for another service's. */
static bool copy_tags(struct pg_snapshot *to, const struct pg_snapshot *from) {
  if (from->tag_count == 0)
    return true;

  const bool *marks = mark_listening(to, from);
  struct pg_service_tag *rows = snapshot_tags(to, from->tag_count);
  bool ok = marks != NULL && rows != NULL;
  size_t kept = 0;

  for (size_t i = 0; ok && i < from->tag_count; i++) {
    if (!marks[i])
      continue;
    rows[kept] = from->tags[i];
    rows[kept].service = copy_text(to, rows[kept].service, &ok);
    kept++;
  }
  if (rows != NULL)
    to->tag_count -= from->tag_count - kept;
  return ok;
}

static bool copy_status(struct pg_snapshot *to, const struct pg_snapshot *from,
                        enum pg_source source) {
  bool ok = true;
  to->sources[source] = from->sources[source];
  to->sources[source].error = copy_text(to, from->sources[source].error, &ok);
  return ok;
}

enum pg_error snapshot_copy_details(struct pg_snapshot *snapshot,
                                    const struct pg_snapshot *from) {
  bool ok = copy_processes(snapshot, from) && copy_services(snapshot, from) &&
            copy_tags(snapshot, from) &&
            copy_status(snapshot, from, PG_SOURCE_PROCESSES) &&
            copy_status(snapshot, from, PG_SOURCE_SERVICES) &&
            copy_status(snapshot, from, PG_SOURCE_SERVICE_TAGS);
  snapshot->details_mono = from->details_mono;
  return ok ? PG_OK : PG_E_NOMEM;
}
