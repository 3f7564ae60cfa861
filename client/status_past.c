#include "client/status_past.h"

#include "client/fields.h"
#include "client/holders.h"
#include "common/timestamp.h"

#define SAME_MS 10000 /* times that are as near to each other tell the same */

static bool is_in_use(const cJSON *result) {
  return field_says(result, "state", "in_use");
}

static int64_t listening_since(const cJSON *result) {
  return listeners_since(field_array(result, "listeners"));
}

/* Since when it is held, if that is news; else PG_TIME_UNKNOWN. */
static int64_t held_since(const cJSON *result) {
  int64_t since = field_time(field_object(result, "history"), "since");
  int64_t listening = listening_since(result);
  bool told = listening != PG_TIME_UNKNOWN && since > listening - SAME_MS;
  return is_in_use(result) && !told ? since : PG_TIME_UNKNOWN;
}

static const cJSON *last_holder(const cJSON *result) {
  const cJSON *last = field_object(field_object(result, "history"), "last_holder");
  return field_time(last, "to") != PG_TIME_UNKNOWN ? last : NULL;
}

/* That the port was taken, released or passed on is what the lines above tell. */
static const cJSON *last_change(const cJSON *result) {
  const cJSON *last = field_object(field_object(result, "history"), "last_change");
  int64_t event = field_int(last, "event", 0);
  bool told = event >= 1100 && event <= 1102;
  return !told && field_text(last, "summary") != NULL ? last : NULL;
}

bool status_has_past(const cJSON *result) {
  return held_since(result) != PG_TIME_UNKNOWN || last_holder(result) != NULL ||
         last_change(result) != NULL;
}

/* "09:12:10 today (3 min ago)"; false and nothing when the time is not known. */
static bool add_ago(const struct render *render, struct pg_text *out, int64_t unix_ms) {
  if (!render_time(render, out, unix_ms))
    return false;
  if (unix_ms <= render->now) {
    pg_text_str_add(out, " (");
    render_duration(out, render->now - unix_ms);
    pg_text_str_add(out, " ago)");
  }
  return true;
}

static void held(struct render *render, const cJSON *result) {
  struct pg_text line;
  pg_text_init(&line, RENDER_LINE_MAX);
  render_since(render, &line, held_since(result));
  if (line.len > 0 && listening_since(result) != PG_TIME_UNKNOWN)
    pg_text_str_add(&line, ", restarts included");
  if (line.len > 0)
    render_label(render, "Held", &line);
  pg_text_free(&line);
}

static void before(struct render *render, const cJSON *result) {
  const cJSON *last = last_holder(result);
  struct pg_text line, end;
  if (last == NULL)
    return;
  pg_text_init(&line, RENDER_LINE_MAX);
  pg_text_init(&end, RENDER_LINE_MAX);
  pg_text_str_add(&line, is_in_use(result) ? "" : "by ");
  holder_of_tenancy(&line, last);
  if (add_ago(render, &end, field_time(last, "to")))
    pg_text_printf(&line, ", %s %s", tenancy_is_unseen(last) ? "gone by" : "until",
                   pg_text_str(&end));
  render_label(render, is_in_use(result) ? "Before" : "Last held", &line);
  pg_text_free(&end);
  pg_text_free(&line);
}

static void changed(struct render *render, const cJSON *result) {
  const cJSON *last = last_change(result);
  struct pg_text line;
  if (last == NULL)
    return;
  pg_text_init(&line, RENDER_LINE_MAX);
  if (add_ago(render, &line, field_time(last, "at")))
    pg_text_str_add(&line, ": ");
  render_outside(&line, field_text(last, "summary"));
  render_label(render, "Last change", &line);
  pg_text_free(&line);
}

void status_past(struct render *render, const cJSON *result) {
  held(render, result);
  before(render, result);
  changed(render, result);
}
