/* Who holds which port, as far as the history knows, and what the database should have
 * as open for it. */
#include "common/limits.h"
#include "common/text.h"
#include "service/explain/explain.h"
#include "service/history/tenancy.h"
#include "service/recorder.h"
#include "service/state.h"

#include <stdlib.h>
#include <string.h>

struct switching {
  struct loop *loop;
  const struct pg_port *now; /* who begins is described from there; NULL: nobody does */
  const char *how;           /* those that are gone have gone */
  uint16_t port;
  int64_t at;
  bool first; /* it is the first look */
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

static void begin_row(const struct switching *with, const char *identity) {
  struct pg_text text;
  struct pg_json json;
  const struct pg_holder *holder = holder_of(with->loop, with->now, identity);
  pg_text_init(&text, PG_REQUEST_MAX);
  pg_json_start(&json, &text);
  if (holder != NULL)
    explain_holder_brief(&json, holder, with->port);
  recorder_add_row(with->loop,
                   &(struct history_row){.what = HISTORY_BEGIN,
                                         .at = with->at,
                                         .port = with->port,
                                         .holder = identity,
                                         .data = holder != NULL && !text.failed
                                                     ? pg_text_str(&text)
                                                     : "{}"});
  pg_text_free(&text);
}

static struct history_row ended(uint16_t port, const char *identity, int64_t at,
                                const char *how) {
  return (struct history_row){
      .what = HISTORY_END, .at = at, .port = port, .holder = identity, .how = how};
}

/* Names are the same without regard to case, as everywhere: a program that was started
 * by another spelling of its path is no other program. */
static struct held **find(const struct recorder *recorder, uint16_t port,
                          const char *identity, size_t len, bool gone) {
  struct held **at = &recorder->held[port];
  while (*at != NULL && ((*at)->gone != gone || strlen((*at)->identity) != len ||
                         pg_casecmp_n((*at)->identity, identity, len) != 0))
    at = &(*at)->next;
  return at;
}

/* --- changes --- */

static void begin(struct switching *with, const char *identity, size_t len) {
  struct recorder *recorder = &with->loop->recorder;
  struct held *held = calloc(1, sizeof *held + len + 1);
  if (held == NULL) {
    recorder->lost++;
    return;
  }
  held->since = with->at;
  held->first = with->first;
  memcpy(held->identity, identity, len);
  held->next = recorder->held[with->port];
  recorder->held[with->port] = held;
  begin_row(with, held->identity);
}

static void end(const struct switching *with, const char *identity, size_t len) {
  struct recorder *recorder = &with->loop->recorder;
  struct held **at = find(recorder, with->port, identity, len, false), *held = *at;
  if (held == NULL)
    return;
  const struct history_row row = ended(with->port, held->identity, with->at, with->how);
  recorder_add_row(with->loop, &row);
  /* An earlier run's tenancy may have gone on until now. */
  held->gone = held->first && !recorder->reconciled;
  if (held->gone)
    return;
  *at = held->next;
  free(held);
}

static void on_difference(void *context, const char *identity, size_t len, bool begins) {
  if (begins)
    begin(context, identity, len);
  else
    end(context, identity, len);
}

static void note_begin(void *context, const char *identity, size_t len, bool begins) {
  bool *anybody = context;
  (void)identity, (void)len;
  *anybody = *anybody || begins;
}

/* Nobody takes the place of one who leaves a port to the others that share it. */
void recorder_change(struct loop *loop, const struct pg_change *change) {
  const char *before = change->before != NULL ? change->before->reported : NULL;
  const char *after = change->after != NULL ? change->after->reported : NULL;
  bool somebody = false;
  if (loop->recorder.files == NULL)
    return;
  tenancy_compare(before, after, note_begin, &somebody);
  struct switching with = {.loop = loop,
                           .now = change->after,
                           .how = somebody ? "replaced" : "released",
                           .port = change->port,
                           .at = clock_wall()};
  tenancy_compare(before, after, on_difference, &with);
}

/* Its rows are begun in any case: the database may be opened later, and does not begin
 * anew what goes on. */
void recorder_baseline(struct loop *loop) {
  struct recorder *recorder = &loop->recorder;
  if (recorder->files == NULL)
    return;
  recorder->based = true;
  recorder->based_at = clock_wall();
  for (size_t i = 0; i < loop->current->port_count; i++) {
    const struct pg_port *port = &loop->current->ports[i];
    struct switching with = {.loop = loop,
                             .now = port,
                             .port = port->port,
                             .at = recorder->based_at,
                             .first = true};
    tenancy_compare(NULL, port->reported, on_difference, &with);
  }
  recorder_tick(loop);
}

static void free_list(struct held **at, bool gone_only) {
  while (*at != NULL) {
    struct held *held = *at;
    if (gone_only && !held->gone) {
      at = &held->next;
      continue;
    }
    *at = held->next;
    free(held);
  }
}

void recorder_free_held(struct recorder *recorder) {
  for (size_t port = 0; recorder->held != NULL && port <= UINT16_MAX; port++)
    free_list(&recorder->held[port], false);
  free(recorder->held);
  recorder->held = NULL;
}

/* --- what the database has as open --- */

void recorder_forget_open(struct recorder *recorder) {
  for (struct recorder_open *it = recorder->open, *next; it != NULL; it = next) {
    next = it->next;
    free(it);
  }
  recorder->open = NULL;
}

/* In the same boot, who held it then and held it at the first look has held it
 * throughout, whatever has become of it since. */
static bool goes_on(const struct recorder *recorder, const struct recorder_open *open) {
  size_t len = strlen(open->identity);
  struct held *gone = *find(recorder, open->port, open->identity, len, true);
  struct held *held = *find(recorder, open->port, open->identity, len, false);
  if (!recorder->same_boot)
    return false;
  if (gone == NULL && held != NULL && held->first) {
    held->since = open->since;
    return true;
  }
  return gone != NULL;
}

/* Before everything that was collected since the first look. Until now that has no rows
 * about tenancies but those in |filling|. */
static void end_before(struct recorder *recorder, const struct recorder_open *open) {
  const struct history_row row =
      ended(open->port, open->identity, recorder->based_at, "unknown");
  if (recorder->writing == NULL)
    recorder->writing = history_batch_new();
  if (recorder->writing != NULL && history_batch_add(recorder->writing, &row))
    return;
  recorder->lost++;
  recorder->unsure = true;
}

void recorder_reconcile(struct loop *loop) {
  struct recorder *recorder = &loop->recorder;
  if (!recorder->based)
    return; /* the first look is not there yet */
  for (struct recorder_open *it = recorder->open; it != NULL; it = it->next)
    if (!goes_on(recorder, it))
      end_before(recorder, it);
  recorder_forget_open(recorder);
  for (size_t port = 0; port <= UINT16_MAX; port++)
    free_list(&recorder->held[port], true);
  recorder->reconciled = true;
}

/* Somebody else's end, or its beginning, was lost: when it was is not known, but not
 * after the next beginning. */
static void compare_open(struct loop *loop, const struct recorder_open *open) {
  size_t len = strlen(open->identity);
  struct held *held = *find(&loop->recorder, open->port, open->identity, len, false);
  if (held != NULL && held->since == open->since) {
    held->written = true;
    return;
  }
  const struct history_row row = ended(
      open->port, open->identity, held != NULL ? held->since : clock_wall(), "unknown");
  recorder_add_row(loop, &row);
}

void recorder_compare(struct loop *loop) {
  struct recorder *recorder = &loop->recorder;
  recorder->unsure = false; /* but for what is lost from here on */
  for (struct recorder_open *it = recorder->open; it != NULL; it = it->next)
    compare_open(loop, it);
  recorder_forget_open(recorder);
  for (size_t port = 0; port <= UINT16_MAX; port++)
    for (struct held *held = recorder->held[port]; held != NULL; held = held->next) {
      const struct switching with = {.loop = loop,
                                     .now = snapshot_port(loop->current, (uint16_t)port),
                                     .port = (uint16_t)port,
                                     .at = held->since};
      if (!held->written)
        begin_row(&with, held->identity);
      held->written = false;
    }
}
