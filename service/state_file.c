/* state.json: what was stopped and how it was before, so that `restore` works after a
 * crash and a restart of Windows. */
#include "common/text.h"
#include "service/files/files.h"
#include "service/state.h"

#include <string.h>

#define STATE_FILE "state.json"
#define STATE_VERSION 1

void state_render(const struct loop *loop, const struct undo *undo,
                  struct pg_text *text) {
  struct pg_json json;
  (void)loop;
  pg_json_start(&json, text);
  pg_json_object(&json);
  pg_json_key_int(&json, "version", STATE_VERSION);
  pg_json_key(&json, "undo");
  undo_write(undo, &json);
  pg_json_end_object(&json);
  pg_text_char(text, '\n');
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
  if (files_replace(files, STATE_FILE, text->data, text->len, &why) == PG_OK)
    return PG_OK;
  return because(&why, fault);
}

static enum pg_error read_tree(const cJSON *tree, struct undo *undo,
                               struct pg_fault *fault) {
  uint32_t version = 0;
  if (pg_json_u32(tree, "version", STATE_VERSION, STATE_VERSION, &version, fault) !=
          PG_OK ||
      version == 0)
    return pg_fail(fault, PG_E_FORMAT, "its version is not %d", STATE_VERSION);
  const cJSON *array = pg_json_member(tree, "undo");
  if (array != NULL && !cJSON_IsArray(array))
    return pg_fail(fault, PG_E_FORMAT, "undo: expected an array");
  return undo_read(undo, array, fault);
}

static enum pg_error read_undo(struct files *files, struct undo *undo,
                               struct pg_fault *fault) {
  static const struct pg_json_limits limits = {PG_STATE_MAX, PG_CONFIG_DEPTH, 0};
  struct pg_text text;
  cJSON *tree = NULL;
  *undo = (struct undo){0};
  pg_text_init(&text, PG_STATE_MAX);
  enum pg_error error = files_read(files, STATE_FILE, PG_STATE_MAX, &text, fault);
  if (error == PG_OK)
    error = pg_json_read(pg_text_str(&text), text.len, &limits, &tree, fault);
  if (error == PG_OK)
    error = read_tree(tree, undo, fault);
  cJSON_Delete(tree);
  pg_text_free(&text);
  return error == PG_E_NOTFOUND ? PG_OK : error;
}

/* A file that cannot be read is not overwritten by the next action: it may be all that is
 * known of how it was. */
void state_open(struct loop *loop) {
  struct loop_options *options = &loop->options;
  if (options->files != NULL &&
      read_undo(options->files, &loop->actions.undo, &options->no_files) != PG_OK) {
    files_close(options->files);
    options->files = NULL;
  }
  if (options->files == NULL && options->no_files.code != PG_OK)
    report_part(loop, "state folder", &options->no_files);
}
