#include "service/eventlog/events.h"

struct event_entry {
  enum pg_event_id id;
  enum pg_event_category category;
  enum pg_event_level level;
  unsigned strings;
  const char *name, *title;
};

static const struct event_entry entries[] = {
#define X(name, number, category, level, strings, title) \
  {PG_EVENT_##name, PG_CATEGORY_##category, PG_LEVEL_##level, strings, #name, title},
    PG_EVENT_LIST(X)
#undef X
};

enum pg_event_id pg_event_at(size_t place) {
  return entries[place].id;
}

const char *pg_event_name_at(size_t place) {
  return entries[place].name;
}

size_t pg_event_place(enum pg_event_id id) {
  size_t place = 0;
  while (place < PG_EVENTS && entries[place].id != id)
    place++;
  return place;
}

static const struct event_entry *find(enum pg_event_id id) {
  size_t place = pg_event_place(id);
  return place < PG_EVENTS ? &entries[place] : NULL;
}

const char *pg_event_title(enum pg_event_id id) {
  const struct event_entry *entry = find(id);
  return entry ? entry->title : "unknown event";
}

enum pg_event_category pg_event_category(enum pg_event_id id) {
  const struct event_entry *entry = find(id);
  return entry ? entry->category : PG_CATEGORY_SERVICE;
}

enum pg_event_level pg_event_usual_level(enum pg_event_id id) {
  const struct event_entry *entry = find(id);
  return entry ? entry->level : PG_LEVEL_INFO;
}

enum pg_event_level pg_event_level(enum pg_event_id id, bool guarded) {
  if (guarded && (id == PG_EVENT_PORT_TAKEN || id == PG_EVENT_HOLDER_CHANGED))
    return PG_LEVEL_WARNING;
  return pg_event_usual_level(id);
}

unsigned pg_event_strings(enum pg_event_id id) {
  const struct event_entry *entry = find(id);
  return entry ? entry->strings : 0;
}

const char *pg_event_level_name(enum pg_event_level level) {
  switch (level) {
#define X(name, text)   \
  case PG_LEVEL_##name: \
    return text;
    PG_EVENT_LEVEL_LIST(X)
#undef X
  }
  return "unknown";
}

bool pg_event_is_change(enum pg_event_id id) {
  switch (pg_event_category(id)) {
  case PG_CATEGORY_PORT:
  case PG_CATEGORY_NETWORK:
  case PG_CATEGORY_POLICY:
    return true;
  case PG_CATEGORY_SERVICE:
  case PG_CATEGORY_CONTROL:
    break;
  }
  return false;
}

const char *pg_event_category_name(enum pg_event_category category) {
  switch (category) {
#define X(name, number, text) \
  case PG_CATEGORY_##name:    \
    return text;
    PG_EVENT_CATEGORY_LIST(X)
#undef X
  }
  return "unknown";
}
