/* state.json: what was stopped and how it was before, so that `restore` works after a
 * crash and a restart of Windows; and what the policy remembers. An action's worker
 * writes it before the first step; what the policy remembers meanwhile has a lane. */
#include "common/text.h"
#include "service/files/files.h"
#include "service/state.h"

#include <string.h>

#define STATE_FILE "state.json"
#define STATE_VERSION 1
#define PART "state folder"

void state_render(const struct loop *loop, const struct undo *undo,
                  struct pg_text *text) {
  struct pg_json json;
  pg_json_start(&json, text);
  pg_json_object(&json);
  pg_json_key_int(&json, "version", STATE_VERSION);
  pg_json_key(&json, "undo");
  undo_write(undo, &json);
  pg_json_key(&json, "policy");
  policing_save(loop, &json);
  pg_json_end_object(&json);
  pg_text_char(text, '\n');
}

/* state_render of nothing. */
static const char nothing[] =
    "{\"version\":1,\"undo\":[],\"policy\":{\"rules\":[],\"services\":[]}}\n";

/* Where nothing is to be given back and nothing is remembered there is no file: whoever
 * removes the product finds nothing of it, unless he still needs it. It is written all
 * the same, since only that outlives a loss of power. */
static enum pg_error put(struct files *files, const struct pg_text *text,
                         struct pg_fault *fault) {
  enum pg_error error = files_replace(files, STATE_FILE, text->data, text->len, fault);
  if (error == PG_OK && text->len == sizeof nothing - 1 &&
      memcmp(text->data, nothing, text->len) == 0)
    (void)files_remove(files, STATE_FILE, NULL);
  return error;
}

/* |fault| may be NULL. */
static enum pg_error because(const struct pg_fault *why, struct pg_fault *fault) {
  pg_fail(fault, PG_E_WINDOWS,
          "nothing was done: how it was before cannot be noted: %.400s", why->message);
  pg_fault_hint(fault, "%s", why->hint);
  return PG_E_WINDOWS;
}

enum pg_error state_write(const struct loop *loop, const struct pg_text *text,
                          struct pg_fault *fault) {
  struct pg_fault why;
  struct files *files = loop->options.files;
  if (files == NULL && loop->options.no_files.code != PG_OK)
    return because(&loop->options.no_files, fault);
  if (files == NULL)
    return pg_fail(fault, PG_E_WINDOWS,
                   "nothing was done: there is no folder to note in how it was before");
  memset(&why, 0, sizeof why);
  if (put(files, text, &why) == PG_OK)
    return PG_OK;
  return because(&why, fault);
}

/* --- what an earlier run left --- */

static enum pg_error read_tree(struct loop *loop, cJSON *tree, struct pg_fault *fault) {
  uint32_t version = 0;
  if (pg_json_u32(tree, "version", STATE_VERSION, STATE_VERSION, &version, fault) !=
          PG_OK ||
      version == 0)
    return pg_fail(fault, PG_E_FORMAT, "its version is not %d", STATE_VERSION);
  const cJSON *array = pg_json_member(tree, "undo");
  const cJSON *policy = pg_json_member(tree, "policy");
  if (array != NULL && !cJSON_IsArray(array))
    return pg_fail(fault, PG_E_FORMAT, "undo: expected an array");
  if (policy != NULL && !cJSON_IsObject(policy))
    return pg_fail(fault, PG_E_FORMAT, "policy: expected an object");
  enum pg_error error = undo_read(&loop->actions.undo, array, fault);
  if (error != PG_OK || policy == NULL)
    return error;
  return policing_load(loop, cJSON_DetachItemFromObjectCaseSensitive(tree, "policy"),
                       fault);
}

static enum pg_error take_in(struct loop *loop, enum pg_error error,
                             const struct pg_text *text, struct pg_fault *fault) {
  static const struct pg_json_limits limits = {PG_STATE_MAX, PG_CONFIG_DEPTH, 0};
  cJSON *tree = NULL;
  if (error == PG_E_NOTFOUND) { /* no file is no fault */
    memset(fault, 0, sizeof *fault);
    return PG_OK;
  }
  if (error == PG_OK)
    error = pg_json_read(pg_text_str(text), text->len, &limits, &tree, fault);
  if (error == PG_OK)
    error = read_tree(loop, tree, fault);
  if (error != PG_OK)
    undo_free(&loop->actions.undo);
  cJSON_Delete(tree);
  return error;
}

/* Until it has been read, the file is not overwritten by the next action either: it may
 * be all that is known of how it was. So there is no folder for anybody; what merely
 * keeps it from being read for now is waited for. */
static void set_folder_aside(struct loop *loop, enum pg_error error) {
  struct files *files = loop->options.files;
  loop->options.files = NULL;
  if (files_may_pass(error))
    loop->state.unread = files;
  else
    files_close(files);
}

void state_open(struct loop *loop) {
  struct loop_options *options = &loop->options;
  struct state_lane *lane = &loop->state;
  pg_text_init(&lane->text, PG_STATE_MAX);
  pg_text_init(&lane->written, PG_STATE_MAX);
  if (options->files != NULL) {
    struct pg_fault *fault = &options->no_files;
    enum pg_error error =
        files_read(options->files, STATE_FILE, PG_STATE_MAX, &lane->text, fault);
    error = take_in(loop, error, &lane->text, fault);
    if (error != PG_OK)
      set_folder_aside(loop, error);
  }
  if (options->files == NULL && options->no_files.code != PG_OK)
    report_part(loop, PART, &options->no_files);
  state_render(loop, &loop->actions.undo, &lane->written);
  lane->begun = clock_mono();
  lane->opened = true;
}

void state_free(struct loop *loop) {
  files_close(loop->state.unread);
  pg_text_free(&loop->state.text);
  pg_text_free(&loop->state.written);
}

/* --- what could not be read at the start --- */

static void read_again(uv_work_t *work) {
  struct state_lane *lane = &((struct loop *)work->data)->state;
  pg_text_free(&lane->text);
  lane->error =
      files_read(lane->unread, STATE_FILE, PG_STATE_MAX, &lane->text, &lane->fault);
}

/* As at the start: what the policy has come to know of meanwhile is no memory, since
 * nothing could be done. */
static void after_reading(uv_work_t *work, int status) {
  struct loop *loop = work->data;
  struct state_lane *lane = &loop->state;
  struct loop_options *options = &loop->options;
  (void)status; /* never cancelled: it is waited for */
  lane->busy = false;
  enum pg_error error = take_in(loop, lane->error, &lane->text, &lane->fault);
  if (error == PG_OK) {
    options->files = lane->unread;
    options->no_files = lane->fault;
    lane->unread = NULL;
    report_part_back(loop, PART);
    state_render(loop, &loop->actions.undo, &lane->written);
  } else if (!files_may_pass(error)) {
    files_close(lane->unread);
    options->no_files = lane->fault;
    lane->unread = NULL;
    report_part(loop, PART, &options->no_files);
  }
  if (!loop->stopping)
    policing_step(loop);
  endpoints_wake(loop);
  loop->samples.idle(loop);
}

static void try_again(struct loop *loop) {
  struct state_lane *lane = &loop->state;
  /* An action that is under way writes it without what would be read now. */
  if (lane->busy || loop->actions.busy || clock_mono() - lane->begun < PG_STATE_AGAIN_MS)
    return;
  lane->begun = clock_mono();
  memset(&lane->fault, 0, sizeof lane->fault);
  lane->work.data = loop;
  lane->busy = uv_queue_work(&loop->uv, &lane->work, read_again, after_reading) == 0;
}

/* --- writing what the policy remembers --- */

static void run(uv_work_t *work) {
  struct loop *loop = work->data;
  struct state_lane *lane = &loop->state;
  lane->error = put(loop->options.files, &lane->text, &lane->fault);
}

static void note_outcome(struct loop *loop) {
  struct state_lane *lane = &loop->state;
  bool failed = lane->error != PG_OK;
  if (failed && !lane->failing)
    report_part(loop, PART, &lane->fault);
  else if (!failed && lane->failing)
    report_part_back(loop, PART);
  lane->failing = failed;
}

static void after(uv_work_t *work, int status) {
  struct loop *loop = work->data;
  struct state_lane *lane = &loop->state;
  (void)status; /* never cancelled: it is waited for */
  lane->busy = false;
  note_outcome(loop);
  pg_text_clear(&lane->written);
  if (lane->error == PG_OK)
    pg_text_add(&lane->written, lane->text.data, lane->text.len);
  state_go_on(loop);
  actions_step(loop);
  endpoints_wake(loop); /* an action that waited for this may have ended at once */
  loop->samples.idle(loop);
}

static bool is_written(const struct state_lane *lane) {
  return !lane->written.failed && lane->text.len == lane->written.len &&
         memcmp(lane->text.data, lane->written.data, lane->text.len) == 0;
}

void state_go_on(struct loop *loop) {
  struct state_lane *lane = &loop->state;
  if (!lane->wanted || lane->busy || loop->actions.busy)
    return;
  lane->wanted = false;
  lane->begun = clock_mono();
  pg_text_clear(&lane->text);
  state_render(loop, &loop->actions.undo, &lane->text);
  if (lane->text.failed || is_written(lane))
    return; /* without memory, a minute later again */
  memset(&lane->fault, 0, sizeof lane->fault);
  lane->work.data = loop;
  lane->busy = uv_queue_work(&loop->uv, &lane->work, run, after) == 0;
}

void state_save(struct loop *loop) {
  loop->state.wanted = loop->options.files != NULL && loop->state.opened;
  state_go_on(loop);
}

/* What remains of its durations grows less; after a loss of power they would otherwise
 * last too long. */
void state_tick(struct loop *loop) {
  if (loop->state.unread != NULL)
    try_again(loop);
  else if (clock_mono() - loop->state.begun >= PG_MEMORY_SAVE_MS)
    state_save(loop);
}

bool state_is_idle(const struct loop *loop) {
  return !loop->state.busy;
}
