/* What becomes a row of the history, and who holds which port as far as it knows. */
#include "common/limits.h"
#include "common/text.h"
#include "service/explain/explain.h"
#include "service/history/tenancy.h"
#include "service/letter.h"
#include "service/recorder.h"
#include "service/state.h"

#include <stdlib.h>
#include <string.h>

static void add_row(struct loop *loop, const struct history_row *row) {
  struct recorder *recorder = &loop->recorder;
  if (!history_batch_add(recorder->filling, row)) {
    recorder->lost++; /* told by `health` */
    return;
  }
  recorder_last_forget(loop, row->port);
  if (recorder->first_row == 0)
    recorder->first_row = clock_mono();
  /* No job is begun from here: rows are also added in the midst of choosing one. */
  if (!recorder->stopping && !uv_is_active((uv_handle_t *)&recorder->timer))
    uv_timer_start(&recorder->timer, recorder_on_timer, PG_HISTORY_WRITE_MS, 0);
}

/* Starts and stops of the service as well: between them nobody watched. */
static bool is_remembered(enum pg_event_id id) {
  return pg_event_is_change(id) || id == PG_EVENT_STARTED || id == PG_EVENT_STOPPED;
}

void recorder_event(struct loop *loop, const struct letter *letter, enum pg_event_id id,
                    uint16_t port, int64_t shown) {
  if (loop->recorder.files == NULL || !is_remembered(id))
    return;
  add_row(loop, &(struct history_row){.what = HISTORY_CHANGE,
                                      .at = letter->time,
                                      .event = (int)id,
                                      .port = port,
                                      .holder = loop->recorder.concerning,
                                      .data = pg_text_str(&letter->json),
                                      .summary = pg_text_str(&letter->summary),
                                      .shown = shown});
}

void recorder_concerning(struct loop *loop, const char *identities) {
  loop->recorder.concerning = identities;
}

/* "service:W3SVC", a line for each service that it is about. */
static void add_targets(const struct plan *plan, struct pg_text *out) {
  for (size_t i = 0; i < plan->target_count; i++)
    pg_text_printf(out, "%sservice:%s", i > 0 ? "\n" : "", plan->targets[i]);
}

void recorder_action(struct loop *loop, const struct action *action) {
  struct pg_text text, targets;
  struct pg_json json;
  if (loop->recorder.files == NULL)
    return;
  pg_text_init(&text, PG_REQUEST_MAX);
  pg_text_init(&targets, PG_REQUEST_MAX);
  add_targets(&action->plan, &targets);
  pg_json_start(&json, &text);
  action_write(action, &json);
  if (!text.failed)
    add_row(loop, &(struct history_row){.what = HISTORY_ACTION,
                                        .at = clock_wall(),
                                        .port = action->wish.port,
                                        .holder = targets.len > 0 ? pg_text_str(&targets)
                                                                  : NULL,
                                        .data = pg_text_str(&text),
                                        .summary = action_summary(action)});
  pg_text_free(&targets);
  pg_text_free(&text);
}

/* --- tenancies --- */

struct switching {
  struct loop *loop;
  const struct pg_port *now; /* who begins is described from there; NULL: nobody does */
  const char *how;           /* those that are gone have gone */
  uint16_t port;
  int64_t at;
};

static const struct pg_holder *
holder_of(const struct loop *loop, const struct pg_port *port, const char *identity) {
  for (size_t i = 0; port != NULL && i < port->holder_count; i++) {
    const struct pg_holder *holder = &loop->current->holders[port->first_holder + i];
    if (!holder->repeats && explain_is(holder, identity))
      return holder;
  }
  return NULL;
}

static void begin_row(struct switching *with, const char *identity) {
  struct pg_text text;
  struct pg_json json;
  const struct pg_holder *holder = holder_of(with->loop, with->now, identity);
  pg_text_init(&text, PG_REQUEST_MAX);
  pg_json_start(&json, &text);
  if (holder != NULL)
    explain_holder_brief(&json, holder, with->port);
  add_row(with->loop, &(struct history_row){.what = HISTORY_BEGIN,
                                            .at = with->at,
                                            .port = with->port,
                                            .holder = identity,
                                            .data = holder != NULL && !text.failed
                                                        ? pg_text_str(&text)
                                                        : "{}"});
  pg_text_free(&text);
}

static void end_row(struct loop *loop, uint16_t port, const char *identity, int64_t at,
                    const char *how) {
  add_row(
      loop,
      &(struct history_row){
          .what = HISTORY_END, .at = at, .port = port, .holder = identity, .how = how});
}

static void begin(struct switching *with, const char *identity, size_t len) {
  struct recorder *recorder = &with->loop->recorder;
  struct held *held = calloc(1, sizeof *held + len + 1);
  if (held == NULL) {
    recorder->lost++;
    return;
  }
  held->since = with->at;
  memcpy(held->identity, identity, len);
  held->next = recorder->held[with->port];
  recorder->held[with->port] = held;
  if (recorder->store != NULL && recorder->reconciled)
    begin_row(with, held->identity);
}

static struct held **find_held(const struct recorder *recorder, uint16_t port,
                               const char *identity, size_t len) {
  struct held **at = &recorder->held[port];
  while (*at != NULL &&
         (strlen((*at)->identity) != len || memcmp((*at)->identity, identity, len) != 0))
    at = &(*at)->next;
  return at;
}

static void end(struct switching *with, const char *identity, size_t len) {
  struct recorder *recorder = &with->loop->recorder;
  struct held **at = find_held(recorder, with->port, identity, len), *held = *at;
  if (held == NULL)
    return;
  *at = held->next;
  if (recorder->store != NULL && recorder->reconciled)
    end_row(with->loop, with->port, held->identity, with->at, with->how);
  free(held);
}

static void on_difference(void *context, const char *identity, size_t len, bool begins) {
  if (begins)
    begin(context, identity, len);
  else
    end(context, identity, len);
}

void recorder_change(struct loop *loop, const struct pg_change *change) {
  struct switching with = {loop, change->after,
                           change->kind == PG_CHANGE_RELEASED ? "released" : "replaced",
                           change->port, clock_wall()};
  if (loop->recorder.files == NULL)
    return;
  tenancy_compare(change->before != NULL ? change->before->reported : NULL,
                  change->after != NULL ? change->after->reported : NULL, on_difference,
                  &with);
}

void recorder_baseline(struct loop *loop) {
  if (loop->recorder.files == NULL)
    return;
  for (size_t i = 0; i < loop->current->port_count; i++) {
    const struct pg_port *port = &loop->current->ports[i];
    struct switching with = {loop, port, "unknown", port->port, clock_wall()};
    tenancy_compare(NULL, port->reported, on_difference, &with);
  }
  loop->recorder.based = true;
  recorder_tick(loop);
}

/* --- what an earlier run left open --- */

void recorder_forget_open(struct recorder *recorder) {
  for (struct recorder_open *it = recorder->open, *next; it != NULL; it = next) {
    next = it->next;
    free(it);
  }
  recorder->open = NULL;
}

/* In the same boot, who held it then and holds it now has held it throughout. */
static bool goes_on(const struct recorder *recorder, const struct recorder_open *open) {
  struct held *held =
      *find_held(recorder, open->port, open->identity, strlen(open->identity));
  if (!recorder->same_boot || held == NULL)
    return false;
  held->since = open->since;
  held->written = true;
  return true;
}

/* The database has been opened: what it has as open, and what is held now, become the
 * same. */
void recorder_reconcile(struct loop *loop) {
  struct recorder *recorder = &loop->recorder;
  int64_t now = clock_wall();
  if (!recorder->based)
    return; /* the first look is not there yet */
  recorder->reconciled = true;
  for (struct recorder_open *it = recorder->open; it != NULL; it = it->next)
    if (!goes_on(recorder, it))
      end_row(loop, it->port, it->identity, now, "unknown");
  recorder_forget_open(recorder);
  for (size_t port = 0; port <= UINT16_MAX; port++)
    for (struct held *held = recorder->held[port]; held != NULL; held = held->next) {
      struct switching with = {loop, snapshot_port(loop->current, (uint16_t)port), NULL,
                               (uint16_t)port, held->since};
      if (!held->written)
        begin_row(&with, held->identity);
      held->written = false; /* for another database, if this one fails */
    }
}
