#include "client/status_holders.h"

#include "client/fields.h"
#include "client/holders.h"
#include "client/table.h"

#include <string.h>

#define URLS_SHOWN 8 /* of one holder; --json has them all */

/* --- holders that listen themselves --- */

const char *status_start_words(const char *start_type) {
  static const struct {
    const char *type, *words;
  } starts[] = {{"auto", "starts automatically"},
                {"manual", "starts on demand"},
                {"disabled", "disabled"},
                {"boot", "starts with Windows"},
                {"system", "starts with Windows"}};
  for (size_t i = 0; start_type != NULL && i < sizeof starts / sizeof starts[0]; i++)
    if (strcmp(starts[i].type, start_type) == 0)
      return starts[i].words;
  return NULL;
}

void status_state_words(struct pg_text *out, const char *state) {
  for (; *state != '\0'; state++)
    if ((*state >= 'a' && *state <= 'z') || (*state >= '0' && *state <= '9'))
      pg_text_char(out, *state);
    else
      pg_text_char(out, ' ');
}

static void service_words(struct pg_text *out, const cJSON *service) {
  const char *state = field_text(service, "state");
  const char *start = status_start_words(field_text(service, "start_type"));
  if (state != NULL) {
    pg_text_str_add(out, ", ");
    status_state_words(out, state);
  }
  if (start != NULL)
    pg_text_printf(out, ", %s", start);
}

/* A path goes on a line of its own rather than be broken. */
static void process_lines(struct render *render, const char *label, struct pg_text *line,
                          const char *path) {
  struct pg_text shown;
  pg_text_init(&shown, RENDER_LINE_MAX);
  render_outside(&shown, path);
  size_t width = RENDER_LABEL + pg_utf8_columns(pg_text_str(line)) + 2 +
                 pg_utf8_columns(pg_text_str(&shown));
  if (width <= render->columns && shown.len > 0)
    pg_text_printf(line, "  %s", pg_text_str(&shown));
  render_label(render, label, line);
  if (width > render->columns && shown.len > 0)
    render_label(render, "", &shown);
  pg_text_free(&shown);
}

static void candidates(struct render *render, const cJSON *holder) {
  const cJSON *names = field_array(holder, "candidates");
  /* Those of a driver are in its evidence. */
  if (cJSON_GetArraySize(names) == 0 || holder_is(holder, "driver"))
    return;
  struct pg_text line;
  pg_text_init(&line, RENDER_LINE_MAX);
  pg_text_str_add(&line, "one of these services in it: ");
  render_outside_list(&line, names);
  render_label(render, "", &line);
  pg_text_free(&line);
}

static void held_by_proxy(struct render *render, const cJSON *holder, const char *label) {
  const cJSON *proxy = field_object(holder, "proxy");
  const cJSON *service = field_object(holder, "service");
  const char *kind = field_text(proxy, "kind");
  struct pg_text line;
  pg_text_init(&line, RENDER_LINE_MAX);
  pg_text_str_add(&line, "port proxy rule ");
  render_outside(&line, kind);
  pg_text_str_add(&line, kind != NULL ? ", " : "");
  render_endpoint(&line, field_text(proxy, "listen_address"),
                  field_int(proxy, "listen_port", 0));
  pg_text_str_add(&line, " to ");
  render_endpoint(&line, field_text(proxy, "connect_address"),
                  field_int(proxy, "connect_port", 0));
  render_label(render, label, &line);
  pg_text_clear(&line);
  /* IP Helper listens for all of them: said once, under the last. */
  if (service != NULL && !holder_is(holder->next, "portproxy")) {
    pg_text_str_add(&line, "for which ");
    holder_service_name(&line, field_text(service, "name"),
                        field_text(service, "display_name"));
    pg_text_str_add(&line, " listens, in ");
    if (holder_process(&line, field_object(holder, "process")))
      render_label(render, "", &line);
  }
  pg_text_free(&line);
}

static void relay_line(struct render *render, const cJSON *holder) {
  const char *server = holder_relays_for(holder);
  struct pg_text line;
  pg_text_init(&line, RENDER_LINE_MAX);
  if (server != NULL) {
    pg_text_printf(&line, "only passes on what %s serves: that is what to stop", server);
    render_label(render, "", &line);
  }
  pg_text_free(&line);
}

static void held_by(struct render *render, const cJSON *holder, const char *label) {
  const cJSON *service = field_object(holder, "service");
  const cJSON *process = field_object(holder, "process");
  struct pg_text line;
  pg_text_init(&line, RENDER_LINE_MAX);
  if (service != NULL) {
    holder_name(&line, holder, HOLDER_FULL);
    service_words(&line, service);
    render_label(render, label, &line);
    pg_text_clear(&line);
    label = "";
  }
  if (holder_is(holder, "shared_service") && service != NULL)
    pg_text_str_add(&line, "one of several services in ");
  const char *known_as = field_text(holder, "known_as");
  if (holder_is(holder, "driver") && known_as != NULL) {
    render_outside(&line, known_as);
    pg_text_str_add(&line, ", in ");
  }
  bool has_process = holder_process(&line, process);
  if (!has_process && service == NULL)
    holder_name(&line, holder, HOLDER_FULL);
  if (line.len > 0)
    process_lines(render, label, &line, has_process ? field_text(process, "path") : NULL);
  candidates(render, holder);
  pg_text_free(&line);
}

static void held_by_others(struct render *render, const cJSON *result) {
  const char *label = "Held by";
  const cJSON *holder;
  cJSON_ArrayForEach(holder, field_array(result, "holders")) {
    if (holder_is(holder, "http.sys") || holder_is(holder, "excluded_range"))
      continue;
    if (holder_is(holder, "portproxy") && field_object(holder, "proxy") != NULL)
      held_by_proxy(render, holder, label);
    else
      held_by(render, holder, label);
    relay_line(render, holder);
    label = "";
  }
}

/* --- holders behind HTTP.sys --- */

/* The listener that is the driver: PID 0 or 4 when there is one. */
static const cJSON *driver_listener(const cJSON *result) {
  const cJSON *listeners = field_array(result, "listeners");
  const cJSON *listener;
  cJSON_ArrayForEach(listener, listeners) {
    int64_t pid = field_int(listener, "pid", -1);
    if (pid == 0 || pid == 4)
      return listener;
  }
  return listeners != NULL ? listeners->child : NULL;
}

static void why_http(struct render *render, const cJSON *result, bool several) {
  struct pg_text line;
  pg_text_init(&line, RENDER_LINE_MAX);
  const cJSON *driver = driver_listener(result);
  if (driver != NULL) {
    const char *name = field_text(driver, "process");
    pg_text_printf(&line, "PID %lld", (long long)field_int(driver, "pid", 0));
    if (name != NULL) {
      pg_text_str_add(&line, " \"");
      render_outside(&line, name);
      pg_text_char(&line, '"');
    }
    pg_text_str_add(&line, " is only the HTTP.sys driver. ");
  }
  pg_text_printf(&line, "%s asked it for port %lld:", several ? "These" : "This one",
                 (long long)field_int(result, "port", 0));
  render_label(render, "Why", &line);
  pg_text_free(&line);
}

static void process_cell(struct table *table, const cJSON *holder) {
  const cJSON *process = field_object(holder, "process");
  if (process == NULL)
    process = field_object(holder, "controller");
  struct pg_text cell;
  pg_text_init(&cell, RENDER_LINE_MAX);
  if (!holder_process_short(&cell, process))
    pg_text_char(&cell, '-');
  table_cell(table, pg_text_str(&cell));
  pg_text_free(&cell);
}

static void more_urls(struct table *table, int hidden) {
  struct pg_text cell;
  pg_text_init(&cell, RENDER_LINE_MAX);
  pg_text_printf(&cell, "and %d more (--json)", hidden);
  table_cell(table, pg_text_str(&cell));
  pg_text_free(&cell);
}

static void queue_rows(struct table *table, const cJSON *holder) {
  const cJSON *urls = field_array(holder, "urls");
  int count = cJSON_GetArraySize(urls);
  table_outside(table, field_text(field_object(holder, "service"), "name"), "-");
  process_cell(table, holder);
  table_outside(table, field_text(holder, "queue"), "(unnamed)");
  if (count == 0)
    table_cell(table, "-");
  for (int i = 0; i < count && i <= URLS_SHOWN; i++) {
    for (int blank = 0; i > 0 && blank < 3; blank++)
      table_cell(table, NULL);
    if (i == URLS_SHOWN && count > URLS_SHOWN)
      more_urls(table, count - URLS_SHOWN);
    else
      table_outside(table, cJSON_GetStringValue(cJSON_GetArrayItem(urls, i)), "-");
  }
}

static void behind_http(struct render *render, const cJSON *result) {
  static const char *const headers[] = {"SERVICE", "PROCESS", "QUEUE", "URL"};
  struct table table;
  size_t rows = 0;
  const cJSON *holder;
  table_start(&table, headers, 4, 3);
  cJSON_ArrayForEach(holder, field_array(result, "holders")) {
    if (!holder_is(holder, "http.sys"))
      continue;
    queue_rows(&table, holder);
    rows++;
  }
  why_http(render, result, rows > 1);
  pg_text_char(render->out, '\n');
  table_finish(&table, render, 2);
}

/* --- what is not certain, and why --- */

void status_evidence(struct render *render, const char *label, const cJSON *holder) {
  struct pg_text line;
  pg_text_init(&line, RENDER_LINE_MAX);
  const cJSON *evidence = field_array(holder, "evidence");
  const cJSON *sentence;
  cJSON_ArrayForEach(sentence, evidence) {
    pg_text_clear(&line);
    render_outside(&line, cJSON_GetStringValue(sentence));
    render_label(render, sentence == evidence->child ? label : "", &line);
  }
  pg_text_free(&line);
}

static void doubt(struct render *render, const char *label, const cJSON *holder) {
  const cJSON *evidence = field_array(holder, "evidence");
  struct pg_text line;
  pg_text_init(&line, RENDER_LINE_MAX);
  holder_name(&line, holder, HOLDER_SHORT);
  pg_text_str_add(&line, cJSON_GetArraySize(evidence) > 0 ? ", because" : "");
  render_label(render, label, &line);
  const cJSON *sentence;
  cJSON_ArrayForEach(sentence, evidence) {
    pg_text_clear(&line);
    render_outside(&line, cJSON_GetStringValue(sentence));
    render_bullet(render, &line);
  }
  pg_text_free(&line);
}

static void doubts(struct render *render, const cJSON *result) {
  const cJSON *holders = field_array(result, "holders");
  bool first = holders_any(holders, "http.sys"); /* an empty line ends the table */
  const cJSON *holder;
  cJSON_ArrayForEach(holder, holders) {
    bool certain = holder_is_certain(holder);
    bool driver = holder_is(holder, "driver");
    if (certain && !driver)
      continue;
    if (first)
      pg_text_char(render->out, '\n');
    first = false;
    if (certain)
      status_evidence(render, "Why", holder);
    else
      doubt(render, holder_is_likely(holder) ? "Likely" : "Uncertain", holder);
  }
}

void status_holders(struct render *render, const cJSON *result) {
  held_by_others(render, result);
  if (holders_any(field_array(result, "holders"), "http.sys"))
    behind_http(render, result);
  doubts(render, result);
}
