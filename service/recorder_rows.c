/* What becomes a row of the history. */
#include "common/limits.h"
#include "common/text.h"
#include "service/letter.h"
#include "service/recorder.h"
#include "service/state.h"

void recorder_add_row(struct loop *loop, const struct history_row *row) {
  struct recorder *recorder = &loop->recorder;
  if (!history_batch_add(recorder->filling, row)) {
    recorder->lost++; /* told by `health`, and by every answer */
    recorder->unsure |= row->what == HISTORY_BEGIN || row->what == HISTORY_END;
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
  recorder_add_row(loop, &(struct history_row){.what = HISTORY_CHANGE,
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
    recorder_add_row(loop, &(struct history_row){
                               .what = HISTORY_ACTION,
                               .at = clock_wall(),
                               .port = action->wish.port,
                               .holder = targets.len > 0 ? pg_text_str(&targets) : NULL,
                               .data = pg_text_str(&text),
                               .summary = action_summary(action)});
  pg_text_free(&targets);
  pg_text_free(&text);
}
