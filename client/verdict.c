#include "client/verdict.h"

#include "client/fields.h"
#include "client/platform.h"
#include "common/limits.h"
#include "common/text.h"

#include <string.h>

struct place {
  bool ipv6;
  uint8_t bytes[16];
};

static bool read_place(const char *text, struct place *place) {
  char bare[64];
  size_t len = text != NULL ? strcspn(text, "%") : 0; /* a zone does not matter here */
  if (len == 0 || len >= sizeof bare)
    return false;
  memcpy(bare, text, len);
  bare[len] = '\0';
  return client_address(bare, &place->ipv6, place->bytes);
}

static bool is_any(const struct place *place) {
  static const uint8_t zero[16];
  return memcmp(place->bytes, zero, sizeof zero) == 0;
}

bool verdict_is_old(const cJSON *status) {
  return field_int(status, "age_ms", 0) >= PG_SLOW_WAIT_MS;
}

const char *verdict_word(enum verdict verdict) {
  switch (verdict) {
  case VERDICT_FREE:
    return "FREE";
  case VERDICT_IN_USE:
    return "IN USE";
  case VERDICT_RESERVED:
    return "RESERVED";
  case VERDICT_UNKNOWN:
    break;
  }
  return "UNKNOWN";
}

static bool somebody_has_the_wildcard(const cJSON *status) {
  const cJSON *listener;
  cJSON_ArrayForEach(listener, field_array(status, "listeners")) {
    struct place place;
    if (read_place(field_text(listener, "address"), &place) && is_any(&place))
      return true;
  }
  return false;
}

static enum verdict of_wildcard(const cJSON *status) {
  if (field_says(status, "wildcard_bindable", "yes"))
    return VERDICT_FREE;
  if (!field_says(status, "wildcard_bindable", "no"))
    return VERDICT_UNKNOWN;
  return somebody_has_the_wildcard(status) ? VERDICT_IN_USE : VERDICT_RESERVED;
}

/* |*doubt|: a listener on [::] may have taken IPv4's addresses along, or not. */
static bool listens_on(const cJSON *status, const struct place *wanted, bool *doubt) {
  const cJSON *listener;
  *doubt = false;
  cJSON_ArrayForEach(listener, field_array(status, "listeners")) {
    struct place place;
    if (!read_place(field_text(listener, "address"), &place)) {
      *doubt = true;
      continue;
    }
    if (place.ipv6 != wanted->ipv6)
      *doubt = *doubt || (place.ipv6 && is_any(&place));
    else if (is_any(&place) || is_any(wanted) ||
             memcmp(place.bytes, wanted->bytes, sizeof place.bytes) == 0)
      return true;
  }
  return false;
}

/* A range of one port is HTTP.sys's registration, and refuses nobody. */
static bool is_refused(const cJSON *status, bool ipv6) {
  const cJSON *range;
  cJSON_ArrayForEach(range, field_array(status, "excluded_ranges")) {
    if (field_says(range, "family", ipv6 ? "ipv6" : "ipv4") &&
        field_is(range, "administered", false) &&
        field_int(range, "first", 0) < field_int(range, "last", 0))
      return true;
  }
  return false;
}

static bool is_used(const cJSON *status, const struct place *wanted) {
  const cJSON *connection;
  cJSON_ArrayForEach(connection, field_array(status, "connections")) {
    struct place place;
    bool ended = field_says(connection, "state", "time_wait");
    if (ended || !read_place(field_text(connection, "address"), &place))
      continue;
    if (place.ipv6 == wanted->ipv6 && memcmp(place.bytes, wanted->bytes, 16) == 0)
      return true;
  }
  return false;
}

static enum verdict of_place(const cJSON *status, const struct place *wanted) {
  bool doubt = false;
  if (listens_on(status, wanted, &doubt))
    return VERDICT_IN_USE;
  if (is_refused(status, wanted->ipv6))
    return VERDICT_RESERVED;
  /* Without "yes" or "no" a table or the ranges are missing, or a connection is in the
   * way, which may be another address's. */
  bool known = field_array(status, "excluded_ranges") != NULL &&
               !field_says(status, "state", "unknown");
  if (doubt || !known || is_used(status, wanted))
    return VERDICT_UNKNOWN;
  return VERDICT_FREE;
}

enum verdict verdict_of(const cJSON *status, const char *address) {
  struct place wanted;
  if (verdict_is_old(status))
    return VERDICT_UNKNOWN;
  if (address == NULL || !read_place(address, &wanted) || is_any(&wanted))
    return of_wildcard(status);
  return of_place(status, &wanted);
}

bool verdict_listens(const cJSON *status, const char *address) {
  struct place wanted;
  bool doubt = false;
  if (address == NULL || !read_place(address, &wanted))
    return field_says(status, "state", "in_use");
  return is_any(&wanted) ? somebody_has_the_wildcard(status)
                         : listens_on(status, &wanted, &doubt);
}

static bool is_called(const cJSON *object, const char *name) {
  const char *found = field_text(object, "name");
  return found != NULL && pg_case_equal(found, name);
}

enum held verdict_held_by(const cJSON *status, const char *name) {
  /* Without the list of services a holder has a program and no service, whatever the
   * confidence: it may still be the one that is asked about. */
  bool whole = !field_is(status, "complete", false);
  bool doubt = field_says(status, "state", "unknown");
  const cJSON *holder;
  cJSON_ArrayForEach(holder, field_array(status, "holders")) {
    if (is_called(field_object(holder, "service"), name) ||
        is_called(field_object(holder, "process"), name))
      return HELD_YES;
    doubt = doubt || !whole || field_says(holder, "confidence", "unknown");
  }
  return doubt ? HELD_UNKNOWN : HELD_NO;
}
