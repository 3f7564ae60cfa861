/* What an earlier, complete look knew about processes and services, for a look
 * that read the TCP table only. */
#include "service/snapshot/copy.h"

#include <stdlib.h>

static void copy_processes(struct snapshot_copy *copy, const struct pg_snapshot *from) {
  struct pg_process *rows = snapshot_processes(copy->to, from->process_count);
  copy->ok = copy->ok && rows != NULL;
  for (size_t i = 0; copy->ok && i < from->process_count; i++) {
    rows[i] = from->processes[i];
    rows[i].name = snapshot_copy_text(copy, rows[i].name);
    rows[i].path = snapshot_copy_text(copy, rows[i].path);
  }
}

static void copy_services(struct snapshot_copy *copy, const struct pg_snapshot *from) {
  struct pg_service *rows = snapshot_services(copy->to, from->service_count);
  copy->ok = copy->ok && rows != NULL;
  for (size_t i = 0; copy->ok && i < from->service_count; i++) {
    rows[i] = from->services[i];
    rows[i].name = snapshot_copy_text(copy, rows[i].name);
    rows[i].display_name = snapshot_copy_text(copy, rows[i].display_name);
    rows[i].group = snapshot_copy_text(copy, rows[i].group);
    rows[i].depends_on =
        snapshot_copy_texts(copy, rows[i].depends_on, rows[i].depends_on_count);
  }
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
static void copy_tags(struct snapshot_copy *copy, const struct pg_snapshot *from) {
  struct pg_snapshot *to = copy->to;
  if (!copy->ok || from->tag_count == 0)
    return;

  const bool *marks = mark_listening(to, from);
  struct pg_service_tag *rows = snapshot_tags(to, from->tag_count);
  size_t kept = 0;
  copy->ok = marks != NULL && rows != NULL;
  for (size_t i = 0; copy->ok && i < from->tag_count; i++) {
    if (!marks[i])
      continue;
    rows[kept] = from->tags[i];
    rows[kept].service = snapshot_copy_text(copy, rows[kept].service);
    kept++;
  }
  if (rows != NULL)
    to->tag_count -= from->tag_count - kept;
}

enum pg_error snapshot_copy_details(struct pg_snapshot *snapshot,
                                    const struct pg_snapshot *from) {
  struct snapshot_copy copy = {snapshot, true};
  copy_processes(&copy, from);
  copy_services(&copy, from);
  copy_tags(&copy, from);
  snapshot_copy_status(&copy, from, PG_SOURCE_PROCESSES);
  snapshot_copy_status(&copy, from, PG_SOURCE_SERVICES);
  snapshot_copy_status(&copy, from, PG_SOURCE_SERVICE_TAGS);
  snapshot->details_mono = from->details_mono;
  return copy.ok ? PG_OK : PG_E_NOMEM;
}
