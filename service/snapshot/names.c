/* The words of the capture format, from the lists in snapshot.h and network.h, and what
 * belongs to what among the sources. */
#include "service/snapshot/snapshot.h"

#include <string.h>

static const char *const source_names[] = {
#define X(name, text) text,
    PG_SOURCE_LIST(X)
#undef X
};

/* Index 0 is UNKNOWN, which has no word. */
static const char *const state_names[] = {NULL,
#define X(name, text) text,
                                          PG_SERVICE_STATE_LIST(X)
#undef X
};

static const char *const start_names[] = {NULL,
#define X(name, text) text,
                                          PG_START_TYPE_LIST(X)
#undef X
};

static const char *const type_names[] = {NULL,
#define X(name, text) text,
                                         PG_SERVICE_TYPE_LIST(X)
#undef X
};

static const char *const proxy_names[] = {NULL,
#define X(name, text) text,
                                          PG_PROXY_KIND_LIST(X)
#undef X
};

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

/* Values may come from a cast, so the range is checked even for an enum. */
static const char *name_at(const char *const *names, size_t count, size_t index) {
  return index < count ? names[index] : NULL;
}

static size_t index_of(const char *const *names, size_t count, const char *name) {
  if (name == NULL)
    return 0;
  for (size_t i = 1; i < count; i++) {
    if (strcmp(names[i], name) == 0)
      return i;
  }
  return 0;
}

const char *pg_source_name(enum pg_source source) {
  return name_at(source_names, COUNT(source_names), (size_t)source);
}

const char *pg_service_state_name(enum pg_service_state state) {
  return name_at(state_names, COUNT(state_names), (size_t)state);
}

const char *pg_start_type_name(enum pg_start_type type) {
  return name_at(start_names, COUNT(start_names), (size_t)type);
}

const char *pg_service_type_name(enum pg_service_type type) {
  return name_at(type_names, COUNT(type_names), (size_t)type);
}

enum pg_service_state pg_service_state_from_name(const char *name) {
  return (enum pg_service_state)index_of(state_names, COUNT(state_names), name);
}

enum pg_start_type pg_start_type_from_name(const char *name) {
  return (enum pg_start_type)index_of(start_names, COUNT(start_names), name);
}

enum pg_service_type pg_service_type_from_name(const char *name) {
  return (enum pg_service_type)index_of(type_names, COUNT(type_names), name);
}

const char *pg_proxy_kind_name(enum pg_proxy_kind kind) {
  return name_at(proxy_names, COUNT(proxy_names), (size_t)kind);
}

enum pg_proxy_kind pg_proxy_kind_from_name(const char *name) {
  return (enum pg_proxy_kind)index_of(proxy_names, COUNT(proxy_names), name);
}

const char *pg_tcp_state_name(enum pg_tcp_state state) {
  switch (state) {
  case PG_TCP_UNKNOWN:
    break;
#define X(name, text, number) \
  case PG_TCP_##name:         \
    return text;
    PG_TCP_STATE_LIST(X)
#undef X
  }
  return NULL;
}

enum pg_tcp_state pg_tcp_state_from_name(const char *name) {
#define X(enumerator, text, number)            \
  if (name != NULL && strcmp(name, text) == 0) \
    return PG_TCP_##enumerator;
  PG_TCP_STATE_LIST(X)
#undef X
  return PG_TCP_UNKNOWN;
}

enum pg_source pg_source_of_listeners(enum pg_family family) {
  return family == PG_IPV4 ? PG_SOURCE_TCP4 : PG_SOURCE_TCP6;
}

enum pg_source pg_source_of_ranges(enum pg_family family) {
  return family == PG_IPV4 ? PG_SOURCE_EXCLUDED4 : PG_SOURCE_EXCLUDED6;
}

bool pg_source_is_network(enum pg_source source) {
  return source >= PG_SOURCE_RESERVATIONS && source <= PG_SOURCE_PORT_PROXIES;
}
