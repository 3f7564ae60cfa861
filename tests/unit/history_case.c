#include "tests/unit/history_case.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "common/limits.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

static char folder[256];
static struct files *files;
static struct pg_text answer;

int history_case_begin(void **state) {
  uv_fs_t request;
  struct pg_fault fault = {0};
  (void)state;
  if (uv_fs_mkdtemp(NULL, &request, "pg-history-XXXXXX", NULL) != 0)
    return -1;
  snprintf(folder, sizeof folder, "%s", request.path);
  uv_fs_req_cleanup(&request);
  if (files_open(folder, &files, &fault) != PG_OK) {
    fprintf(stderr, "%s\n", fault.message);
    return -1;
  }
  return 0;
}

const char *history_case_path(const char *name) {
  static char path[512];
  snprintf(path, sizeof path, "%s/%s", folder, name);
  return path;
}

static void remove_one(const char *name) {
  uv_fs_t request;
  if (uv_fs_unlink(NULL, &request, history_case_path(name), NULL) != 0) {
    uv_fs_req_cleanup(&request);
    (void)uv_fs_rmdir(NULL, &request, history_case_path(name), NULL);
  }
  uv_fs_req_cleanup(&request);
}

int history_case_end(void **state) {
  uv_fs_t request;
  uv_dirent_t entry;
  (void)state;
  files_close(files);
  files = NULL;
  pg_text_free(&answer);
  if (uv_fs_scandir(NULL, &request, folder, 0, NULL) < 0)
    return -1;
  while (uv_fs_scandir_next(&request, &entry) == 0)
    remove_one(entry.name);
  uv_fs_req_cleanup(&request);
  int result = uv_fs_rmdir(NULL, &request, folder, NULL);
  uv_fs_req_cleanup(&request);
  return result == 0 ? 0 : -1;
}

struct files *history_case_files(void) {
  return files;
}

bool history_case_find(const char *beginning, char *name, size_t size) {
  uv_fs_t request;
  uv_dirent_t entry;
  bool found = false;
  assert_true(uv_fs_scandir(NULL, &request, folder, 0, NULL) >= 0);
  while (uv_fs_scandir_next(&request, &entry) == 0) {
    if (found || strncmp(entry.name, beginning, strlen(beginning)) != 0)
      continue;
    found = true;
    snprintf(name, size, "%s", entry.name);
  }
  uv_fs_req_cleanup(&request);
  return found;
}

struct history *history_case_open(void) {
  struct history *history = NULL;
  struct pg_fault fault = {0}, notice = {0};
  if (history_open(files, T0, &history, &notice, &fault) != PG_OK)
    fail_msg("%s", fault.message);
  if (notice.code != PG_OK)
    fail_msg("%s", notice.message);
  return history;
}

void history_case_write(struct history *history, const struct history_row *rows,
                        size_t count) {
  struct pg_fault fault = {0};
  struct history_batch *batch = history_batch_new();
  assert_non_null(batch);
  for (size_t i = 0; i < count; i++)
    assert_true(history_batch_add(batch, &rows[i]));
  if (history_write(history, batch, &fault) != PG_OK)
    fail_msg("%s", fault.message);
  history_batch_free(batch);
}

const char *history_case_ask(struct history *history,
                             const struct history_question *question) {
  struct pg_json json;
  struct pg_fault fault = {0};
  pg_text_free(&answer);
  pg_text_init(&answer, PG_ANSWER_MAX);
  pg_json_start(&json, &answer);
  pg_json_object(&json);
  if (history_answer(history, question, &json, &fault) != PG_OK)
    fail_msg("%s", fault.message);
  pg_json_end_object(&json);
  assert_false(answer.failed);
  return pg_text_str(&answer);
}

void history_case_put(const char *name, const char *data, size_t len) {
  struct pg_fault fault = {0};
  if (files_replace(files, name, data, len, &fault) != PG_OK)
    fail_msg("%s", fault.message);
}

char *history_case_get(const char *name, size_t *len) {
  struct pg_text text;
  struct pg_fault fault = {0};
  if (files_read(files, name, 64 * PG_MIB, &text, &fault) != PG_OK)
    fail_msg("%s", fault.message);
  *len = text.len;
  return text.data;
}
