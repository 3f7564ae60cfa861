#include "client/missed.h"

#include "client/fields.h"
#include "client/platform.h"
#include "common/timestamp.h"

#include <string.h>

#define STARTED 1000
#define STOPPED 1001
/* The service answers in time or says that it could not: right after its start it may
 * have to look at the machine first. */
#define TRIES 3

void missed_start(struct missed *missed, int64_t heard, int64_t now) {
  *missed = (struct missed){heard, now, client_mono_ms()};
}

void missed_told(struct missed *missed, const cJSON *change) {
  int64_t at = field_time(change, "at");
  missed->heard = field_int(change, "id", missed->heard);
  missed->at = at != PG_TIME_UNKNOWN ? at : missed->at;
  missed->heard_mono = client_mono_ms();
}

/* --- what was missed --- */

/* Of an excluded range every port counts. */
static bool is_about(const cJSON *entry, uint16_t port) {
  const cJSON *data = field_object(entry, "data");
  int64_t first = field_int(entry, "port", 0), last = first;
  if (field_int(data, "first", -1) == first)
    last = field_int(data, "last", first);
  return port >= first && port <= last;
}

static bool is_wanted(const struct missed_wish *wish, const cJSON *entry) {
  for (size_t i = 0; i < wish->port_count; i++)
    if (is_about(entry, wish->ports[i]))
      return true;
  return wish->port_count == 0;
}

/* IDs rise with time, from run to run as well, unless the clock was set back in between:
 * then those of the run before are the higher ones. */
static bool is_missed(const struct missed *missed, const struct missed_wish *wish,
                      const cJSON *entry) {
  int64_t id = field_int(entry, "watch_id", -1);
  int64_t event = field_int(entry, "event", 0);
  if (id < 0)
    return event == STARTED || event == STOPPED;
  return id > missed->heard && (id <= wish->up_to || wish->up_to < missed->heard) &&
         is_wanted(wish, entry);
}

/* An entry of the history has an ID of its own, which nobody who watches knows. */
static bool mark(cJSON *entry) {
  cJSON *id = cJSON_DetachItemFromObjectCaseSensitive(entry, "watch_id");
  if (id == NULL)
    return false;
  cJSON_DeleteItemFromObjectCaseSensitive(entry, "id");
  if (cJSON_AddItemToObject(entry, "id", id))
    return cJSON_AddTrueToObject(entry, "missed") != NULL;
  cJSON_Delete(id);
  return false;
}

cJSON *missed_pick(const struct missed *missed, const struct missed_wish *wish,
                   cJSON *result) {
  cJSON *rows = cJSON_GetObjectItemCaseSensitive(result, "entries");
  cJSON *picked = cJSON_CreateArray();
  int left = cJSON_GetArraySize(rows);
  for (cJSON *at = left > 0 ? rows->child->prev : NULL; left > 0; left--) {
    cJSON *entry = at;
    at = at->prev;
    if (!cJSON_IsObject(entry) || !is_missed(missed, wish, entry))
      continue;
    (void)cJSON_DetachItemViaPointer(rows, entry);
    if (!mark(entry) || !cJSON_AddItemToArray(picked, entry))
      cJSON_Delete(entry);
  }
  return picked;
}

/* --- asking for it --- */

/* In the clock as it is now: one that was set back has seen the last news at an earlier
 * time than they say. */
static int64_t since_of(const struct missed *missed) {
  int64_t heard = client_wall_ms() - (client_mono_ms() - missed->heard_mono);
  return missed->at < heard ? missed->at : heard;
}

static enum pg_error ask_once(struct client *client, int64_t since, cJSON **result,
                              struct pg_fault *fault) {
  char time[PG_TIME_CHARS];
  int64_t soon = client_mono_ms() + PG_CLIENT_MS;
  struct call call;
  struct pg_text params;
  struct pg_json json;
  memset(&call, 0, sizeof call);
  pg_text_init(&params, PG_REQUEST_MAX);
  pg_json_start(&json, &params);
  pg_json_object(&json);
  pg_json_key_str(&json, "since", pg_time_format(since, time));
  pg_json_key_int(&json, "limit", PG_HISTORY_ROWS_MAX);
  pg_json_end_object(&json);
  enum pg_error err = client_open(
      client, &call, soon < client->deadline ? soon : client->deadline, fault);
  if (err == PG_OK)
    err = call_ask(&call, "history", &params, result, fault);
  call_close(&call);
  pg_text_free(&params);
  return err;
}

/* A service that was started again says so: what does not have that does not go back far
 * enough, unless it was one and the same run. */
static bool has_start(const cJSON *entries) {
  const cJSON *entry;
  cJSON_ArrayForEach(entry, entries) {
    if (field_int(entry, "event", 0) == STARTED)
      return true;
  }
  return false;
}

/* What comes next begins behind the newest that there was. */
static void go_on(struct missed *missed, const struct missed_wish *wish,
                  const cJSON *entries) {
  const cJSON *newest = entries->child != NULL ? entries->child->prev : NULL;
  int64_t at = field_time(newest, "at");
  missed->heard = wish->up_to;
  missed->heard_mono = client_mono_ms();
  missed->at = at != PG_TIME_UNKNOWN ? at + 1 : client_wall_ms();
}

enum pg_error missed_ask(struct client *client, struct missed *missed,
                         const struct missed_wish *wish, cJSON **entries, bool *whole,
                         struct pg_fault *fault) {
  cJSON *result = NULL;
  int64_t since = since_of(missed);
  enum pg_error err = PG_E_TIMEOUT;
  *entries = NULL;
  for (int i = 0; i < TRIES && err == PG_E_TIMEOUT; i++)
    err = ask_once(client, since, &result, fault);
  if (err != PG_OK)
    return err;
  *entries = missed_pick(missed, wish, result);
  *whole =
      !field_is(result, "truncated", true) && (!wish->another_run || has_start(*entries));
  cJSON_Delete(result);
  if (*entries == NULL)
    return pg_fail(fault, PG_E_NOMEM, "out of memory");
  go_on(missed, wish, *entries);
  return PG_OK;
}
