#include "client/status_text.h"

#include "client/fields.h"
#include "client/holders.h"
#include "client/status_fixes.h"
#include "client/status_free.h"
#include "client/status_holders.h"
#include "client/status_past.h"
#include "common/timestamp.h"

#include <stdio.h>
#include <string.h>

static bool is_empty(const cJSON *result, const char *key) {
  const cJSON *array = field_array(result, key);
  return array != NULL && array->child == NULL;
}

/* What a connection leaves behind for a while keeps nobody from binding. */
static bool in_use_all_the_same(const cJSON *result) {
  const cJSON *connection;
  cJSON_ArrayForEach(connection, field_array(result, "connections")) {
    if (!field_says(connection, "state", "time_wait"))
      return true;
  }
  return false;
}

/* A service that did not look says null; only one that did may be quoted as having
 * found nothing. */
static void free_words(struct pg_text *out, const cJSON *result) {
  bool unreserved = field_says(result, "wildcard_bindable", "yes") &&
                    is_empty(result, "reservations") &&
                    is_empty(result, "excluded_ranges");
  pg_text_str_add(out, "nothing listens on it");
  if (in_use_all_the_same(result))
    pg_text_str_add(out, ", but it is in use");
  else if (unreserved)
    pg_text_str_add(out, " and nothing reserves it");
}

static bool unnamed_driver(const cJSON *holders) {
  const cJSON *holder;
  cJSON_ArrayForEach(holder, holders) {
    if (holder_is(holder, "driver") && field_text(holder, "known_as") == NULL)
      return true;
  }
  return false;
}

static void in_use_words(struct pg_text *out, const cJSON *result) {
  const cJSON *holders = field_array(result, "holders");
  const char *summary = field_text(result, "summary");
  int count = cJSON_GetArraySize(holders);
  bool vague = holders_any(holders, "unknown") || unnamed_driver(holders);
  if (summary != NULL && (vague || count == 0))
    render_outside(out, summary);
  else if (count > 0)
    holders_phrase(out, holders, HOLDER_FULL);
  else
    pg_text_str_add(out, "something listens on it");
}

struct state_word {
  const char *state, *word;
  enum render_style style;
};

static const struct state_word *word_of(const cJSON *result) {
  static const struct state_word words[] = {{"free", "FREE", RENDER_GOOD},
                                            {"in_use", "IN USE", RENDER_BAD},
                                            {"reserved", "RESERVED", RENDER_WARN},
                                            {"unknown", "UNKNOWN", RENDER_WARN}};
  size_t at = 0;
  while (at < 3 && !field_says(result, "state", words[at].state))
    at++;
  return &words[at];
}

const char *status_word(const cJSON *result) {
  return word_of(result)->word;
}

size_t status_subject(struct render *render, const cJSON *result) {
  const struct state_word *word = word_of(result);
  char port[24];
  (void)snprintf(port, sizeof port, "%lld", (long long)field_int(result, "port", 0));
  pg_text_printf(render->out, "TCP %s  ", port);
  render_styled(render, word->style, word->word);
  return strlen("TCP ") + strlen(port) + 2 + strlen(word->word);
}

void status_words(struct pg_text *out, const cJSON *result) {
  if (field_says(result, "state", "free"))
    free_words(out, result);
  else if (field_says(result, "state", "in_use"))
    in_use_words(out, result);
  else if (field_says(result, "state", "reserved"))
    pg_text_str_add(out, "nothing listens, but Windows refuses a bind here");
  else
    pg_text_str_add(out, "the table of listeners could not be read");
}

static void headline(struct render *render, const cJSON *result) {
  struct pg_text line;
  size_t used = status_subject(render, result) + 2;
  pg_text_str_add(render->out, "  ");
  pg_text_init(&line, RENDER_LINE_MAX);
  status_words(&line, result);
  render_wrapped(render, used, used, pg_text_str(&line));
  pg_text_free(&line);
}

/* --- who listens where --- */

static bool same_line(const cJSON *a, const cJSON *b) {
  return field_int(a, "pid", -1) == field_int(b, "pid", -1) &&
         field_time(a, "since") == field_time(b, "since");
}

static bool was_shown(const cJSON *listeners, const cJSON *listener) {
  for (const cJSON *at = listeners->child; at != listener; at = at->next)
    if (same_line(at, listener))
      return true;
  return false;
}

static bool several_owners(const cJSON *listeners) {
  int64_t first = field_int(listeners->child, "pid", -1);
  const cJSON *listener;
  cJSON_ArrayForEach(listener, listeners) {
    if (field_int(listener, "pid", -1) != first)
      return true;
  }
  return false;
}

static void owner_of_listener(struct pg_text *out, const cJSON *listener) {
  const char *process = field_text(listener, "process");
  pg_text_str_add(out, "   by ");
  if (process != NULL)
    render_outside(out, process);
  else
    pg_text_printf(out, "PID %lld", (long long)field_int(listener, "pid", 0));
}

/* "0.0.0.0:80, [::]:80   by nginx.exe": all of one owner and point in time. */
static void add_addresses(struct pg_text *out, const cJSON *listeners, const cJSON *like,
                          int64_t port) {
  bool first = true;
  const cJSON *listener;
  cJSON_ArrayForEach(listener, listeners) {
    if (!same_line(listener, like))
      continue;
    pg_text_str_add(out, first ? "" : ", ");
    render_endpoint(out, field_text(listener, "address"), port);
    first = false;
  }
  if (several_owners(listeners))
    owner_of_listener(out, like);
}

/* Since when is on the same line, or on one of its own: never in two pieces. */
static void listening_line(struct render *render, const char *label,
                           const cJSON *listeners, const cJSON *like, int64_t port) {
  struct pg_text line, since;
  pg_text_init(&line, RENDER_LINE_MAX);
  pg_text_init(&since, RENDER_LINE_MAX);
  add_addresses(&line, listeners, like, port);
  if (field_time(like, "since") != PG_TIME_UNKNOWN)
    render_since(render, &since, field_time(like, "since"));
  size_t width = RENDER_LABEL + pg_utf8_columns(pg_text_str(&line)) + 3 +
                 pg_utf8_columns(pg_text_str(&since));
  bool apart = width > render->columns;
  if (since.len > 0 && !apart)
    pg_text_printf(&line, "   %s", pg_text_str(&since));
  render_label(render, label, &line);
  if (since.len > 0 && apart)
    render_label(render, "", &since);
  pg_text_free(&since);
  pg_text_free(&line);
}

static void listening(struct render *render, const cJSON *result) {
  const cJSON *listeners = field_array(result, "listeners");
  const cJSON *listener;
  const char *label = "Listening";
  cJSON_ArrayForEach(listener, listeners) {
    if (was_shown(listeners, listener))
      continue;
    listening_line(render, label, listeners, listener, field_int(result, "port", 0));
    label = "";
  }
}

/* --- the whole answer --- */

/* Those who are bound to the addresses above alone leave the wildcard to others. */
static void still_free(struct render *render, const cJSON *result) {
  if (field_says(result, "wildcard_bindable", "yes"))
    render_label_str(render, "Still free",
                     "for a server that binds 0.0.0.0 or [::]: only the addresses above "
                     "are taken");
}

static bool has_wildcard(const cJSON *addresses) {
  const cJSON *address;
  cJSON_ArrayForEach(address, addresses) {
    const char *text = cJSON_GetStringValue(address);
    if (text != NULL && (strcmp(text, "0.0.0.0") == 0 || strcmp(text, "::") == 0))
      return true;
  }
  return false;
}

/* Only where HTTP.sys is what listens, and not everywhere, does its list say
 * anything. */
static void listen_list(struct render *render, const cJSON *result) {
  const cJSON *entries = field_array(result, "ip_listen_list");
  if (cJSON_GetArraySize(entries) == 0 || has_wildcard(entries) ||
      !holders_any(field_array(result, "holders"), "http.sys"))
    return;
  struct pg_text line;
  pg_text_init(&line, RENDER_LINE_MAX);
  render_outside_list(&line, entries);
  pg_text_str_add(&line, ": HTTP.sys is told to listen nowhere else");
  render_label(render, "Listen list", &line);
  pg_text_free(&line);
}

static void where_it_listens(struct render *render, const cJSON *result) {
  listening(render, result);
  status_past(render, result);
  listen_list(render, result);
  still_free(render, result);
}

static void what_reserves(struct render *render, const cJSON *result) {
  const char *label = "Range";
  const cJSON *holder;
  cJSON_ArrayForEach(holder, field_array(result, "holders")) {
    if (!holder_is(holder, "excluded_range"))
      continue;
    status_evidence(render, label, holder);
    label = "";
  }
  render_label_str(render, "You see",
                   "error 10013, \"access a socket in a way forbidden by its access "
                   "permissions\"");
  status_past(render, result);
  status_around(render, result);
}

void status_facts(struct render *render, const cJSON *result) {
  if (field_says(result, "state", "in_use"))
    where_it_listens(render, result);
  else if (field_says(result, "state", "reserved"))
    what_reserves(render, result);
  else if (field_says(result, "state", "free"))
    status_free(render, result);
}

void status_text(struct render *render, const cJSON *result) {
  bool held = field_says(result, "state", "in_use"),
       reserved = field_says(result, "state", "reserved");
  headline(render, result);
  if (held || reserved)
    pg_text_char(render->out, '\n');
  status_facts(render, result);
  if (held)
    status_holders(render, result);
  if (held || reserved)
    status_fixes(render, result);
  render_notes(render, result);
}
