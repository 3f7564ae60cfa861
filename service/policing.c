#include "service/policing.h"

#include "common/limits.h"
#include "service/state.h"

#include <string.h>

/* --- life --- */

static void on_due(uv_timer_t *timer) {
  policing_step(timer->data);
}

enum pg_error policing_open(struct loop *loop, struct pg_fault *fault) {
  struct policing *policing = &loop->policing;
  uv_timer_init(&loop->uv, &policing->due);
  policing->due.data = loop;
  policing->policy = policy_new(loop->started_mono);
  if (policing->policy == NULL ||
      policy_reset(policing->policy, loop->options.settings) != PG_OK)
    return pg_fail(fault, PG_E_NOMEM, "out of memory");
  return PG_OK;
}

void policing_close(struct loop *loop) {
  uv_close((uv_handle_t *)&loop->policing.due, NULL);
}

void policing_free(struct loop *loop) {
  policy_free(loop->policing.policy);
  policing_rows_free(&loop->policing.rows);
  snapshot_unref(loop->policing.seen);
  cJSON_Delete(loop->policing.saved);
}

/* --- what outlives the service --- */

static enum pg_error take_up(struct loop *loop, struct pg_fault *fault) {
  struct policing *policing = &loop->policing;
  cJSON *saved = policing->saved;
  int64_t now = clock_mono();
  enum pg_error error = PG_OK;
  policing->saved = NULL;
  if (saved != NULL) {
    policy_renew_pause(policing->policy, saved, now);
    error = policy_load(policing->policy, saved, now, fault);
  }
  cJSON_Delete(saved);
  return error;
}

/* When the configuration is wrong, the rules it is about are not known yet; and they
 * must not be forgotten until somebody has mended the file. The pause of all rules needs
 * no rules to be known. */
enum pg_error policing_load(struct loop *loop, cJSON *saved, struct pg_fault *fault) {
  enum pg_error error = policy_load(loop->policing.policy, saved, clock_mono(), fault);
  if (error == PG_OK && loop->config.rejected.code != PG_OK)
    loop->policing.saved = saved;
  else
    cJSON_Delete(saved);
  return error;
}

void policing_save(const struct loop *loop, struct pg_json *json) {
  const struct policing *policing = &loop->policing;
  struct policy_clock clock = policing_clock(loop);
  if (policing->saved == NULL) {
    policy_save(policing->policy, json, &clock);
    return;
  }
  policy_renew_pause(policing->policy, policing->saved, clock.mono_ms);
  char *kept = cJSON_PrintUnformatted(policing->saved);
  if (kept != NULL)
    pg_json_raw(json, kept, strlen(kept));
  else
    json->out->failed = true; /* no memory: rather not written than forgotten */
  cJSON_free(kept);
}

enum pg_error policing_settings(struct loop *loop, const struct pg_settings *settings) {
  struct pg_fault fault = {0};
  struct policing *policing = &loop->policing;
  if (policy_reset(policing->policy, settings) != PG_OK)
    return PG_E_NOMEM;
  policing->edition++;
  policing->rest = 0;
  snapshot_unref(policing->seen); /* other ports matter by now */
  policing->seen = NULL;
  if (loop->state.opened && take_up(loop, &fault) != PG_OK)
    report_part(loop, "memory of the policy", &fault);
  return PG_OK;
}

/* --- what the engine is shown --- */

struct policy_clock policing_clock(const struct loop *loop) {
  return (struct policy_clock){clock_mono(), clock_wall(), &loop->policing.zone};
}

const char *policing_no_action(const struct loop *loop) {
  if (loop->options.actor == NULL && actor_unable() != NULL)
    return actor_unable();
  if (loop->options.files != NULL)
    return NULL;
  return loop->options.no_files.code != PG_OK
             ? loop->options.no_files.message
             : "there is no folder to note in how a service was before";
}

static struct policy_view view_of(const struct loop *loop) {
  const struct policing *policing = &loop->policing;
  return (struct policy_view){policing->rows.holders,      policing->rows.count,
                              policing->sampled_mono,      policing->rows.unsure,
                              policing->rows.unsure_count, policing_no_action(loop)};
}

static bool make_rows(struct loop *loop) {
  const struct pg_snapshot *current = loop->current;
  int64_t http = loop->options.source.read_http != NULL ? current->http_mono : INT64_MAX;
  if (loop->options.settings->rule_count > 0)
    return policing_rows_make(&loop->policing.rows, current, loop->options.settings,
                              http);
  policing_rows_free(&loop->policing.rows);
  return true;
}

/* True: it is another one. A table that could not be read is not a machine without
 * listeners: what was seen before stays, and grows older. */
static bool take_view(struct loop *loop) {
  struct policing *policing = &loop->policing;
  struct pg_snapshot *current = loop->current;
  bool news = current != policing->seen;
  if (!snapshot_table_read(current) || (news && !make_rows(loop)))
    return false;
  if (news) {
    snapshot_unref(policing->seen);
    policing->seen = snapshot_ref(current);
  }
  policing->sampled_mono = loop->tcp_mono;
  return news;
}

/* An enforcing rule is open on a port of HTTP.sys: services that join a listener there
 * do not change the table, so netsh is asked more often. */
static bool wants_quick_http(const struct loop *loop) {
  const struct pg_snapshot *current = loop->policing.seen;
  for (size_t i = 0; current != NULL && i < current->port_count; i++)
    if (current->ports[i].kernel_owned &&
        policy_enforces(loop->policing.policy, current->ports[i].port))
      return true;
  return false;
}

/* --- a step --- */

static void need_sample(struct loop *loop, uint16_t number) {
  const struct pg_port *port = snapshot_port(loop->policing.seen, number);
  struct sample_wish wish = {.details = true, .since = clock_mono()};
  struct freshness known;
  watch_freshness(loop, &known);
  if (port == NULL || !port->kernel_owned || loop->options.source.read_http == NULL)
    lanes_sample(loop, &wish);
  else if (known.http_askable)
    readings_start_http(loop); /* a sample follows when it has ended */
}

static void on_decision(void *context, const struct policy_decision *decision) {
  struct loop *loop = context;
  struct policing *policing = &loop->policing;
  switch (decision->kind) {
  case POLICY_ACT:
    if (!errand_begin(loop, decision))
      policing->rows.put_off[policing->put_off_count++] = decision->service;
    break;
  case POLICY_NEED_SAMPLE:
    need_sample(loop, decision->port);
    break;
  case POLICY_SUSPENDED:
  case POLICY_RESUMED:
    policing->remembers = true;
    report_decision(loop, decision);
    break;
  case POLICY_WOULD_ACT:
  case POLICY_REFUSED:
    report_decision(loop, decision);
    break;
  }
}

void policing_wait(struct loop *loop) {
  struct policing *policing = &loop->policing;
  int64_t next = policy_next(policing->policy), now = clock_mono();
  if (next < policing->rest)
    next = policing->rest;
  if (loop->stopping || next == POLICY_NEVER)
    uv_timer_stop(&policing->due);
  else
    uv_timer_start(&policing->due, on_due, next > now ? (uint64_t)(next - now) : 1, 0);
}

void policing_step(struct loop *loop) {
  struct policing *policing = &loop->policing;
  struct policy_view view = view_of(loop);
  struct policy_clock clock = policing_clock(loop);
  if (policing->seen == NULL || loop->stopping)
    return; /* the first look sets it off */
  policing->put_off_count = 0;
  policing->remembers = false;
  policy_step(policing->policy, &view, &clock, on_decision, loop);
  for (size_t i = 0; i < policing->put_off_count; i++)
    (void)policy_result(policing->policy, policing->rows.put_off[i], POLICY_PUT_OFF,
                        clock.mono_ms);
  if (policing->put_off_count > 0)
    policing->rest = clock.mono_ms + loop->options.settings->interval_ms;
  if (policing->remembers) /* not amid the step, where the policy is not to be asked */
    state_save(loop);
  policing->quick_http = wants_quick_http(loop);
  policing_wait(loop);
  actions_step(loop);
}

/* Before the first step, since without a zone clocks would seem to show UTC. */
static void refresh_zone(struct loop *loop) {
  struct policing *policing = &loop->policing;
  int64_t now = clock_mono(), wall = clock_wall();
  bool old = policing->zone_mono == 0 || now - policing->zone_mono >= PG_ZONE_REFRESH_MS;
  if (!old || wall == 0 || loop->options.settings->rule_count == 0)
    return;
  zone_read(wall, &policing->zone);
  policing->zone_mono = now;
}

void policing_look(struct loop *loop) {
  struct policing *policing = &loop->policing;
  if (loop->current == NULL || loop->stopping)
    return;
  refresh_zone(loop);
  bool news = take_view(loop);
  struct policy_view view = view_of(loop);
  struct policy_clock clock = policing_clock(loop);
  if (news ||
      (clock.mono_ms >= policing->rest && policy_due(policing->policy, &view, &clock)))
    policing_step(loop);
}
