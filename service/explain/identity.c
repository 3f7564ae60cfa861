/* What makes two holders the same: kind + service or image path, never a PID or
 * a URL. A restarted service is not a new holder. */
#include "common/sort.h"
#include "common/text.h"
#include "service/explain/internal.h"

#include <string.h>

static const char unnamed[] = "?";

struct identity {
  const char *kind;
  const char *name;
  uint32_t pid; /* tells owners apart whose name is not known; not part of the text */
  size_t index; /* of the holder */
};

static const char *image_of(const struct pg_process *process) {
  if (process == NULL)
    return unnamed;
  return process->path != NULL ? process->path : process->name;
}

static struct identity identity_of(const struct pg_holder *holder, size_t index) {
  struct identity identity = {pg_holder_kind_name(holder->kind), unnamed, 0, index};
  if (holder->service != NULL)
    identity.name = holder->service->name;
  else if (holder->kind == PG_HOLDER_DRIVER)
    identity.name = holder->known_as != NULL ? holder->known_as : unnamed;
  else if (holder->candidate_count > 0)
    identity.name = holder->candidates[0]->name; /* sorted, so it stays the same */
  else if (holder->process != NULL || holder->pid != 0)
    identity.name = image_of(holder->process);
  else if (holder->controller != NULL)
    identity.name = image_of(holder->controller);
  if (identity.name == unnamed)
    identity.pid = holder->pid != 0 ? holder->pid : holder->controller_pid;
  return identity;
}

static int compare_names(const struct identity *a, const struct identity *b) {
  int kinds = strcmp(a->kind, b->kind);
  return kinds != 0 ? kinds : pg_casecmp(a->name, b->name);
}

static int compare(const struct identity *a, const struct identity *b) {
  int names = compare_names(a, b);
  return names != 0 ? names : (a->pid > b->pid) - (a->pid < b->pid);
}

static int compare_entries(const void *left, const void *right) {
  const struct identity *a = left, *b = right;
  int order = compare(a, b);
  return order != 0 ? order : (a->index > b->index) - (a->index < b->index);
}

bool explain_same_owner(const struct pg_holder *a, const struct pg_holder *b) {
  struct identity left = identity_of(a, 0), right = identity_of(b, 0);
  return compare(&left, &right) == 0;
}

/* A line break in a name would part its line, and what stands behind it pass for another
 * holder. The character next to it keeps the order. */
#define NO_LINE_BREAK '\v'

static bool is_written_as(const char *name, const char *text) {
  for (; *name == '\n' ? *text == NO_LINE_BREAK : pg_casecmp_n(name, text, 1) == 0;
       name++, text++) {
    if (*name == '\0')
      return true;
  }
  return false;
}

bool explain_is(const struct pg_holder *holder, const char *identity) {
  struct identity own = identity_of(holder, 0);
  size_t kind = strlen(own.kind);
  return strncmp(identity, own.kind, kind) == 0 && identity[kind] == ':' &&
         is_written_as(own.name, identity + kind + 1);
}

static struct pg_holder *holder_at(const struct pg_snapshot *snapshot,
                                   const struct pg_port *port, size_t index) {
  return &snapshot->holders[port->first_holder + index];
}

const struct pg_holder *explain_owner(const struct pg_snapshot *snapshot,
                                      const struct pg_port *port, size_t skip) {
  for (size_t i = 0; i < port->holder_count; i++) {
    const struct pg_holder *holder = holder_at(snapshot, port, i);
    if (!holder->repeats && skip-- == 0)
      return holder;
  }
  return NULL;
}

size_t explain_owner_count(const struct pg_snapshot *snapshot,
                           const struct pg_port *port) {
  size_t count = 0;
  for (size_t i = 0; i < port->holder_count; i++)
    count += !holder_at(snapshot, port, i)->repeats;
  return count;
}

static char *write_name(char *at, const char *name) {
  for (; *name != '\0'; name++)
    *at++ = *name == '\n' ? NO_LINE_BREAK : *name;
  return at;
}

/* Most ports have one holder: no sorting, one copy. */
static char *write_identities(struct pg_arena *arena, const struct identity *list,
                              size_t count) {
  size_t size = 0;
  for (size_t i = 0; i < count; i++)
    size += strlen(list[i].kind) + strlen(list[i].name) + 2;
  char *text = pg_arena_alloc(arena, size + 1, 1);
  if (text == NULL)
    return NULL;
  char *at = text;
  for (size_t i = 0; i < count; i++) {
    if (i > 0 && compare_names(&list[i - 1], &list[i]) == 0)
      continue;
    if (at != text)
      *at++ = '\n';
    size_t kind = strlen(list[i].kind);
    memcpy(at, list[i].kind, kind);
    at[kind] = ':';
    at = write_name(at + kind + 1, list[i].name);
  }
  return text;
}

const char *explain_identities(struct pg_snapshot *snapshot, const struct pg_port *port) {
  struct identity few[8], *list = few;
  size_t count = port->holder_count;
  if (count > sizeof few / sizeof *few) {
    list = pg_arena_alloc(snapshot->arena, count, sizeof *list);
    if (list == NULL)
      return NULL;
  }
  for (size_t i = 0; i < count; i++)
    list[i] = identity_of(holder_at(snapshot, port, i), i);
  if (!pg_sort(list, count, sizeof *list, compare_entries))
    return NULL;
  for (size_t i = 1; i < count; i++)
    if (compare(&list[i - 1], &list[i]) == 0)
      holder_at(snapshot, port, list[i].index)->repeats = true;
  return write_identities(snapshot->arena, list, count);
}
