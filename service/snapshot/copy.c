#include "service/snapshot/copy.h"

const char *snapshot_copy_text(struct snapshot_copy *copy, const char *from) {
  const char *made = pg_arena_str(copy->to->arena, from);
  copy->ok = copy->ok && (from == NULL || made != NULL);
  return made;
}

const char *const *snapshot_copy_texts(struct snapshot_copy *copy,
                                       const char *const *from, size_t count) {
  if (count == 0)
    return NULL;
  const char **made = pg_arena_alloc(copy->to->arena, count, sizeof *made);
  copy->ok = copy->ok && made != NULL;
  for (size_t i = 0; made != NULL && i < count; i++)
    made[i] = snapshot_copy_text(copy, from[i]);
  return made;
}

void snapshot_copy_status(struct snapshot_copy *copy, const struct pg_snapshot *from,
                          enum pg_source source) {
  copy->to->sources[source] = from->sources[source];
  copy->to->sources[source].error = snapshot_copy_text(copy, from->sources[source].error);
}
