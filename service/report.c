/* Changes and incidents into events. Text from outside is escaped here; the last
 * string is the same news as one line of JSON. */
#include "common/limits.h"
#include "common/protocol.h"
#include "common/version.h"
#include "service/explain/explain.h"
#include "service/letter.h"

#include <string.h>

/* What a port's holders were when they were last reported; an unknown holder in
 * between does not hide them. An identity that ends in "?" was never known. */
static void add_names(struct letter *letter, struct pg_text *to,
                      const struct pg_snapshot *snapshot, const struct pg_port *port) {
  bool unknown =
      port->holder_count > 0 &&
      snapshot->holders[port->first_holder].confidence == PG_CONFIDENCE_UNKNOWN;
  if (unknown && port->reported != NULL && strchr(port->reported, '?') == NULL)
    pg_text_str_add(&letter->raw, port->reported);
  else
    explain_holder_names(snapshot, port, &letter->raw);
  letter_escape(letter, to);
}

static void add_holders(struct letter *letter, const char *key,
                        const struct pg_snapshot *snapshot, const struct pg_port *port) {
  struct letter_part part;
  bool told = letter->truncated; /* once, however many lists are left out */
  letter_part_open(&part);
  explain_holders_brief(&part.json, snapshot, port);
  if (!letter_part_add(letter, key, &part) && !told)
    pg_json_key_int(&letter->writer, "holder_count", (int64_t)port->holder_count);
}

static void start_change(struct loop *loop, struct letter *letter, enum pg_event_id id,
                         const struct pg_change *change) {
  letter_open(letter, id);
  pg_json_key_str(&letter->writer, "change", pg_change_name(change->kind));
  pg_json_key_int(&letter->writer, "port", change->port);
  pg_json_key_bool(&letter->writer, "guarded",
                   settings_guards(loop->options.settings, change->port));
}

/* A port that vanished before it could be reported lives in the older one. */
static const struct pg_snapshot *snapshot_of(struct loop *loop,
                                             const struct pg_port *port) {
  const struct pg_snapshot *current = loop->current;
  return port >= current->ports && port < current->ports + current->port_count
             ? current
             : loop->base;
}

static void report_taken(struct loop *loop, const struct pg_change *change) {
  struct letter letter;
  char number[8];
  bool guarded = settings_guards(loop->options.settings, change->port);
  const struct pg_snapshot *snapshot = snapshot_of(loop, change->after);
  start_change(loop, &letter, PG_EVENT_PORT_TAKEN, change);
  add_names(&letter, &letter.first, snapshot, change->after);
  explain_addresses(snapshot, change->after, &letter.raw);
  pg_json_key_str(&letter.writer, "addresses", pg_text_str(&letter.raw));
  letter_escape(&letter, &letter.second); /* a zone is written with a '%' */
  add_holders(&letter, "holders", snapshot, change->after);
  explain_summary(snapshot, change->port, &letter.summary);
  const char *strings[] = {letter_port(change->port, number), pg_text_str(&letter.first),
                           pg_text_str(&letter.second), NULL};
  letter_send(loop, &letter, PG_EVENT_PORT_TAKEN, change->port, guarded, strings, 4);
}

static void report_released(struct loop *loop, const struct pg_change *change) {
  struct letter letter;
  char number[8];
  bool guarded = settings_guards(loop->options.settings, change->port);
  const struct pg_snapshot *snapshot = snapshot_of(loop, change->before);
  start_change(loop, &letter, PG_EVENT_PORT_RELEASED, change);
  add_names(&letter, &letter.first, snapshot, change->before);
  add_holders(&letter, "previous", snapshot, change->before);
  const char *strings[] = {letter_port(change->port, number), pg_text_str(&letter.first),
                           NULL};
  letter_send(loop, &letter, PG_EVENT_PORT_RELEASED, change->port, guarded, strings, 3);
}

static void report_holder(struct loop *loop, const struct pg_change *change) {
  struct letter letter;
  char number[8];
  bool guarded = settings_guards(loop->options.settings, change->port);
  start_change(loop, &letter, PG_EVENT_HOLDER_CHANGED, change);
  add_names(&letter, &letter.first, loop->base, change->before);
  add_names(&letter, &letter.second, loop->current, change->after);
  add_holders(&letter, "previous", loop->base, change->before);
  add_holders(&letter, "holders", loop->current, change->after);
  explain_summary(loop->current, change->port, &letter.summary);
  const char *strings[] = {letter_port(change->port, number), pg_text_str(&letter.first),
                           pg_text_str(&letter.second), NULL};
  letter_send(loop, &letter, PG_EVENT_HOLDER_CHANGED, change->port, guarded, strings, 4);
}

/* No event of the Event Log: nobody else holds the port. But a server that wants to bind
 * it may have to know. */
static void show_addresses(struct loop *loop, const struct pg_change *change) {
  struct letter letter;
  start_change(loop, &letter, LETTER_NO_EVENT, change);
  explain_addresses(loop->current, change->after, &letter.raw);
  pg_json_key_str(&letter.writer, "addresses", pg_text_str(&letter.raw));
  add_holders(&letter, "holders", loop->current, change->after);
  explain_summary(loop->current, change->port, &letter.summary);
  pg_text_printf(&letter.summary, ", now on %s", pg_text_str(&letter.raw));
  letter_show(loop, &letter, change->port);
}

static void watch_flapping(struct loop *loop, const struct pg_change *change) {
  uint32_t count = 0;
  if (!flap_note(loop->flaps, change->port, clock_mono(), &count))
    return;
  struct letter letter;
  char number[8], changes[16], window[16];
  bool guarded = settings_guards(loop->options.settings, change->port);
  start_change(loop, &letter, PG_EVENT_PORT_FLAPPING, change);
  pg_json_key_int(&letter.writer, "changes", count);
  pg_json_key_int(&letter.writer, "window_s", PG_FLAP_WINDOW_MS / 1000);
  (void)snprintf(changes, sizeof changes, "%lu", (unsigned long)count);
  (void)snprintf(window, sizeof window, "%d", PG_FLAP_WINDOW_MS / 1000);
  const char *strings[] = {letter_port(change->port, number), changes, window, NULL};
  letter_send(loop, &letter, PG_EVENT_PORT_FLAPPING, change->port, guarded, strings, 4);
}

void report_change(void *context, const struct pg_change *change) {
  struct loop *loop = context;
  switch (change->kind) {
  case PG_CHANGE_TAKEN:
    report_taken(loop, change);
    watch_flapping(loop, change);
    break;
  case PG_CHANGE_RELEASED:
    report_released(loop, change);
    watch_flapping(loop, change);
    break;
  case PG_CHANGE_HOLDER:
    report_holder(loop, change);
    break;
  case PG_CHANGE_ADDRESSES:
    show_addresses(loop, change);
    break;
  }
}

/* "80: W3SVC (…) through HTTP.sys; 443: free", as text and as JSON. */
static void add_guarded(struct loop *loop, struct letter *letter, uint16_t number) {
  const struct pg_port *port = snapshot_port(loop->current, number);
  struct letter_part part;
  letter_part_open(&part);
  pg_json_object(&part.json);
  pg_json_key_int(&part.json, "port", number);
  pg_json_key_str(&part.json, "state", explain_state(loop->current, number));
  if (port != NULL) {
    pg_json_key(&part.json, "holders");
    explain_holders_brief(&part.json, loop->current, port);
  }
  pg_json_end_object(&part.json);
  (void)letter_part_add(letter, NULL, &part);
  pg_text_printf(&letter->first, "%s%u: ", letter->first.len > 0 ? "; " : "",
                 (unsigned)number);
  if (port != NULL)
    add_names(letter, &letter->first, loop->current, port);
  else
    pg_text_str_add(&letter->first, explain_state(loop->current, number));
}

void report_started(struct loop *loop) {
  const struct pg_settings *settings = loop->options.settings;
  struct letter letter;
  char listening[24];
  letter_open(&letter, PG_EVENT_STARTED);
  pg_json_key_str(&letter.writer, "version", PG_VERSION);
  pg_json_key_int(&letter.writer, "listening_ports", (int64_t)loop->current->port_count);
  pg_json_key(&letter.writer, "guarded");
  pg_json_array(&letter.writer);
  for (size_t i = 0; i < settings->guarded.count; i++)
    for (uint32_t p = settings->guarded.ranges[i].first;
         p <= settings->guarded.ranges[i].last; p++)
      add_guarded(loop, &letter, (uint16_t)p);
  pg_json_end_array(&letter.writer);
  (void)snprintf(listening, sizeof listening, "%zu", loop->current->port_count);
  const char *strings[] = {PG_VERSION, pg_text_str(&letter.first), listening, NULL};
  letter_send(loop, &letter, PG_EVENT_STARTED, 0, false, strings, 4);
}

void report_stopped(struct loop *loop) {
  struct letter letter;
  const char *why = loop->stop_reason != NULL ? loop->stop_reason : "unknown";
  letter_open(&letter, PG_EVENT_STOPPED);
  pg_json_key_str(&letter.writer, "why", why);
  pg_json_key_int(&letter.writer, "uptime_s", (clock_mono() - loop->started_mono) / 1000);
  const char *strings[] = {why, NULL};
  letter_send(loop, &letter, PG_EVENT_STOPPED, 0, false, strings, 2);
}

static void report_named_source(struct loop *loop, const char *name, uint16_t key,
                                bool failed, const char *error, int64_t failing_ms) {
  struct letter letter;
  enum pg_event_id id = failed ? PG_EVENT_SOURCE_FAILED : PG_EVENT_SOURCE_RECOVERED;
  letter_open(&letter, id);
  pg_json_key_str(&letter.writer, "source", name);
  if (failed) {
    pg_text_escaped(&letter.first, error != NULL ? error : "unknown", PG_SHOWN_CHARS);
    pg_json_key_str(&letter.writer, "error", error);
  } else {
    pg_text_printf(&letter.first, "%lld s", (long long)(failing_ms / 1000));
    pg_json_key_int(&letter.writer, "failing_ms", failing_ms);
  }
  const char *strings[] = {name, pg_text_str(&letter.first), NULL};
  letter_send(loop, &letter, id, key, false, strings, 3);
}

void report_source(struct loop *loop, enum pg_source source, bool failed,
                   const char *error, int64_t failing_ms) {
  report_named_source(loop, pg_source_name(source), (uint16_t)source, failed, error,
                      failing_ms);
}

/* The database, as though it were a source. */
void report_history(struct loop *loop, bool failed, const char *error,
                    int64_t failing_ms) {
  report_named_source(loop, "history", PG_SOURCE_COUNT, failed, error, failing_ms);
}

/* A fault's words are escaped for a screen; here Windows' own may still hold '%'. */
static void add_words(struct pg_text *to, const char *words) {
  for (; *words != '\0'; words++) {
    if (*words == '%')
      pg_text_str_add(to, "<25>");
    else
      pg_text_char(to, *words);
  }
}

void report_part(struct loop *loop, const char *part, const struct pg_fault *fault) {
  struct letter letter;
  letter_open(&letter, PG_EVENT_PART_UNAVAILABLE);
  add_words(&letter.first, fault->message);
  pg_json_key_str(&letter.writer, "part", part);
  pg_json_key_str(&letter.writer, "reason", fault->message);
  const char *strings[] = {part, pg_text_str(&letter.first), NULL};
  letter_send(loop, &letter, PG_EVENT_PART_UNAVAILABLE, 0, false, strings, 3);
}

void report_part_back(struct loop *loop, const char *part) {
  struct letter letter;
  letter_open(&letter, PG_EVENT_PART_AVAILABLE);
  pg_json_key_str(&letter.writer, "part", part);
  const char *strings[] = {part, NULL};
  letter_send(loop, &letter, PG_EVENT_PART_AVAILABLE, 0, false, strings, 2);
}

/* Who holds the port now, or whether the source can be read; of many ports, and of
 * the network configuration, only where to look. */
static void add_state_now(struct loop *loop, struct letter *letter,
                          const struct limiter_summary *summary) {
  enum pg_event_category category = pg_event_category(summary->id);
  bool is_port = category == PG_CATEGORY_PORT;
  if (category == PG_CATEGORY_NETWORK) {
    pg_text_printf(&letter->first, "see portguardctl %s",
                   report_network_place(summary->id));
  } else if (!is_port && summary->port < PG_SOURCE_COUNT) {
    pg_text_str_add(&letter->first, loop->sources[summary->port].failing
                                        ? "it cannot be read"
                                        : "it can be read");
  } else if (!is_port || summary->many_ports || loop->current == NULL) {
    pg_text_str_add(&letter->first, "see portguardctl list");
  } else {
    explain_summary(loop->current, summary->port, &letter->raw);
    letter_escape(letter, &letter->first);
  }
}

static const char *summary_key(const struct limiter_summary *summary, char number[8]) {
  if (summary->many_ports)
    return "many ports";
  if (pg_event_category(summary->id) == PG_CATEGORY_NETWORK && summary->port == 0)
    return "";
  if (pg_event_category(summary->id) != PG_CATEGORY_SERVICE)
    return letter_port(summary->port, number);
  return summary->port < PG_SOURCE_COUNT ? pg_source_name((enum pg_source)summary->port)
                                         : "";
}

static void report_summary(struct loop *loop, const struct limiter_summary *summary) {
  struct letter letter;
  char count[16], id[16], number[8];
  letter_open(&letter, PG_EVENT_SUPPRESSED);
  add_state_now(loop, &letter, summary);
  pg_json_key_int(&letter.writer, "suppressed", summary->suppressed);
  pg_json_key_int(&letter.writer, "suppressed_event", summary->id);
  if (!summary->many_ports)
    pg_json_key_int(&letter.writer, "key", summary->port);
  pg_json_key_str(&letter.writer, "now", pg_text_str(&letter.first));
  (void)snprintf(count, sizeof count, "%lu", (unsigned long)summary->suppressed);
  (void)snprintf(id, sizeof id, "%d", (int)summary->id);
  const char *strings[] = {count, id, summary_key(summary, number),
                           pg_text_str(&letter.first), NULL};
  letter_send(loop, &letter, PG_EVENT_SUPPRESSED, 0, false, strings, 5);
}

static void on_summaries(uv_timer_t *timer) {
  report_summaries(timer->data);
}

static void take_summaries(struct loop *loop, int64_t now) {
  struct limiter_summary summary;
  while (emitter_take_summary(&loop->emitter, now, &summary))
    report_summary(loop, &summary);
}

void report_last_summaries(struct loop *loop) {
  take_summaries(loop, clock_mono() + PG_EVENT_WINDOW_MS);
}

void report_summaries(struct loop *loop) {
  take_summaries(loop, clock_mono());
  int64_t next = emitter_next(&loop->emitter), now = clock_mono();
  if (next < 0 || loop->stopping)
    return;
  uv_timer_start(&loop->summaries, on_summaries, (uint64_t)(next > now ? next - now : 1),
                 0);
}
