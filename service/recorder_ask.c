/* Questions to the history: who asks waits in a queue for the worker. */
#include "common/limits.h"
#include "service/clock.h"
#include "service/recorder.h"
#include "service/state.h"

#include <stdlib.h>
#include <string.h>

/* --- who asks --- */

static bool is_asked(const struct recorder_ask *ask) {
  const struct recorder *recorder = ask->queue;
  return recorder->busy && recorder->job == RECORDER_ASK && recorder->asks == ask;
}

/* Who has asked and leaves takes its question along, unless it is being answered: what
 * waits is then bounded by who waits. */
static void leave_queue(struct recorder_ask *ask) {
  struct recorder_ask **at = &ask->queue->asks;
  while (*at != ask)
    at = &(*at)->next;
  *at = ask->next;
  ask->queue = NULL;
  ask->users--;
}

void recorder_release(struct recorder_ask *ask) {
  if (ask->queue != NULL && !is_asked(ask))
    leave_queue(ask);
  if (--ask->users > 0)
    return;
  pg_text_free(&ask->text);
  free(ask);
}

static enum pg_error is_there(const struct recorder *recorder, struct pg_fault *fault) {
  if (recorder->files != NULL && (recorder->there || !recorder->failing))
    return PG_OK;
  const char *words =
      recorder->files == NULL ? recorder->no_files.message : recorder->trouble.message;
  pg_fail(fault, PG_E_WINDOWS, "there is no history: %.400s",
          words[0] != '\0' ? words : "the service has no folder for it");
  pg_fault_hint(fault, "portguardctl health");
  return PG_E_WINDOWS;
}

/* Users take turns: whoever asks much waits for itself, and nobody else does. What is
 * being answered is the first, and stays it. */
static void enqueue(struct recorder *recorder, struct recorder_ask *ask) {
  struct recorder_ask **at = &recorder->asks;
  ask->turn = 0;
  for (const struct recorder_ask *it = *at; it != NULL; it = it->next)
    ask->turn += ask->user[0] != '\0' && strcmp(it->user, ask->user) == 0;
  if (*at != NULL && is_asked(*at))
    at = &(*at)->next;
  while (*at != NULL && (*at)->turn <= ask->turn)
    at = &(*at)->next;
  ask->next = *at;
  *at = ask;
  ask->queue = recorder;
  ask->users++;
}

enum pg_error recorder_ask(struct loop *loop, struct recorder_ask *ask,
                           struct pg_fault *fault) {
  enum pg_error error = is_there(&loop->recorder, fault);
  pg_text_init(&ask->text, PG_ANSWER_MAX);
  ask->users = 1;
  if (error != PG_OK) {
    recorder_release(ask);
    return error;
  }
  enqueue(&loop->recorder, ask);
  recorder_tick(loop);
  return PG_OK;
}

void recorder_ask_write(const struct recorder_ask *ask, struct pg_json *json) {
  pg_json_raw(json, ask->text.data + 1, ask->text.len - 2);
}

/* --- and is answered --- */

/* Whatever is asked, the worker is soon back at what it is for: writing down. */
static int ask_is_over(void *context) {
  return clock_mono() >= *(const int64_t *)context;
}

/* A question that cannot be answered says nothing of what can be written, unless it
 * came upon damage. */
enum pg_error recorder_answer_ask(struct recorder *recorder) {
  struct recorder_ask *ask = recorder->asks;
  int64_t until = clock_mono() + PG_HISTORY_ASK_MS;
  struct pg_json json;
  pg_json_start(&json, &ask->text);
  pg_json_object(&json);
  history_limit(recorder->store, ask_is_over, &until);
  ask->error = ask->look(ask, recorder->store, &json, &ask->fault);
  history_limit(recorder->store, NULL, NULL);
  pg_json_end_object(&json);
  if (ask->error == PG_OK && ask->text.failed)
    ask->error =
        pg_fail(&ask->fault, PG_E_TOOBIG,
                "the answer is too long: ask for a shorter time or fewer entries");
  if (ask->error != PG_E_FORMAT)
    return PG_OK;
  recorder->fault = ask->fault;
  return PG_E_FORMAT;
}

void recorder_end_ask(struct recorder *recorder) {
  struct recorder_ask *ask = recorder->asks;
  recorder->asks = ask->next;
  ask->queue = NULL;
  ask->done = true;
  recorder_release(ask);
}
