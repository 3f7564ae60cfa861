#include "client/http_text.h"

#include "client/fields.h"
#include "client/holders.h"
#include "client/table.h"

/* An idle pool has nobody attached; its controller owns it all the same. */
#define CONTROLLER_MARK "*"

static bool has_only_controller(const cJSON *queue) {
  return cJSON_GetArraySize(field_array(queue, "processes")) == 0 &&
         field_object(queue, "controller") != NULL;
}

static void process_cell(struct table *table, struct pg_text *cell, const cJSON *queue,
                         int row) {
  pg_text_clear(cell);
  const cJSON *process = cJSON_GetArrayItem(field_array(queue, "processes"), row);
  const cJSON *controller =
      row == 0 && has_only_controller(queue) ? field_object(queue, "controller") : NULL;
  if (holder_process_short(cell, process != NULL ? process : controller))
    pg_text_str_add(cell, process != NULL ? "" : CONTROLLER_MARK);
  else if (row == 0)
    pg_text_char(cell, '-');
  table_cell(table, pg_text_str(cell));
}

static void services_cell(struct table *table, struct pg_text *cell, const cJSON *queue) {
  pg_text_clear(cell);
  render_outside_list(cell, field_array(queue, "services"));
  table_cell(table, cell->len > 0 ? pg_text_str(cell) : "-");
}

/* A queue takes as many lines as it has processes or URLs, and at least one. */
static void queue_rows(struct table *table, struct pg_text *cell, const cJSON *queue) {
  const cJSON *urls = field_array(queue, "urls");
  int processes = cJSON_GetArraySize(field_array(queue, "processes"));
  int count = cJSON_GetArraySize(urls);
  for (int row = 0; row == 0 || row < count || row < processes; row++) {
    if (row == 0)
      table_outside(table, field_text(queue, "name"), "(unnamed)");
    else
      table_cell(table, NULL);
    process_cell(table, cell, queue, row);
    if (row == 0)
      services_cell(table, cell, queue);
    else
      table_cell(table, NULL);
    table_outside(table, cJSON_GetStringValue(cJSON_GetArrayItem(urls, row)),
                  row == 0 ? "-" : "");
  }
}

static void forged_note(struct render *render, const cJSON *queue) {
  struct pg_text line;
  pg_text_init(&line, RENDER_LINE_MAX);
  pg_text_str_add(&line, "queue ");
  render_outside(&line, field_text(queue, "name") != NULL ? field_text(queue, "name")
                                                          : "(unnamed)");
  pg_text_str_add(&line, ": its own counts disagree with its lines; they may be forged.");
  pg_text_str_add(render->out, "Note  ");
  render_wrapped(render, 6, 6, pg_text_str(&line));
  pg_text_free(&line);
}

static void remarks(struct render *render, const cJSON *queues) {
  bool controllers = false;
  const cJSON *queue;
  cJSON_ArrayForEach(queue, queues) {
    controllers = controllers || has_only_controller(queue);
  }
  if (controllers)
    pg_text_str_add(render->out, "\n" CONTROLLER_MARK
                                 " controls the queue; no process serves it now\n");
  cJSON_ArrayForEach(queue, queues) {
    if (field_is(queue, "counts_agree", false))
      forged_note(render, queue);
  }
}

void http_queues_text(struct render *render, const cJSON *result) {
  static const char *const headers[] = {"QUEUE", "PROCESSES", "SERVICE", "URL"};
  const cJSON *queues = field_array(result, "queues");
  if (cJSON_GetArraySize(queues) == 0) {
    bool unread = queues == NULL || field_is(result, "complete", false);
    pg_text_str_add(render->out, unread ? "HTTP.sys's request queues could not be read.\n"
                                        : "HTTP.sys has no request queue.\n");
    render_notes(render, result);
    return;
  }
  struct table table;
  struct pg_text cell;
  table_start(&table, headers, 4, 3);
  pg_text_init(&cell, RENDER_LINE_MAX);
  const cJSON *queue;
  cJSON_ArrayForEach(queue, queues) {
    queue_rows(&table, &cell, queue);
  }
  pg_text_free(&cell);
  table_finish(&table, render, 0);
  remarks(render, queues);
  render_notes(render, result);
}
