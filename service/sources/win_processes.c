#include "service/sources/win_processes.h"

#include "common/sort.h"
#include "common/win_error.h"
#include "common/win_utf.h"
#include "service/snapshot/win_scm.h"

#include <stdlib.h>
#include <windows.h>
#include <tlhelp32.h>

/* The longest path Windows knows. */
#define PATH_CHARS 32768

struct pid_set {
  uint32_t *pids;
  size_t count;
};

static int by_value(const void *left, const void *right) {
  uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
  return (a > b) - (a < b);
}

static size_t room_for(const struct pg_snapshot *snapshot) {
  size_t room = 1 + snapshot->listener_count + snapshot->service_count;
  for (size_t i = 0; i < snapshot->queue_count; i++)
    room += snapshot->queues[i].pid_count + 1;
  return room;
}

/* Sorted; the same PID may be in it twice. */
static bool interesting(const struct pg_snapshot *snapshot, struct pid_set *set) {
  set->count = 0;
  set->pids = calloc(room_for(snapshot), sizeof *set->pids);
  if (!set->pids)
    return false;
  for (size_t i = 0; i < snapshot->listener_count; i++)
    set->pids[set->count++] = snapshot->listeners[i].pid;
  for (size_t i = 0; i < snapshot->service_count; i++)
    set->pids[set->count++] = snapshot->services[i].pid;
  for (size_t i = 0; i < snapshot->queue_count; i++) {
    const struct pg_http_queue *queue = &snapshot->queues[i];
    set->pids[set->count++] = queue->controller;
    for (size_t k = 0; k < queue->pid_count; k++)
      set->pids[set->count++] = queue->pids[k];
  }
  return pg_sort(set->pids, set->count, sizeof *set->pids, by_value);
}

static bool contains(const struct pid_set *set, uint32_t pid) {
  return bsearch(&pid, set->pids, set->count, sizeof pid, by_value) != NULL;
}

/* Protected processes refuse even this much; then the name has to do. */
static enum pg_error look_closely(struct pg_snapshot *snapshot, struct pg_process *row,
                                  wchar_t *buffer) {
  HANDLE process = OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, FALSE, row->pid);
  if (!process)
    return PG_OK;
  DWORD chars = PATH_CHARS;
  row->started_at = win_process_start(process);
  bool told = QueryFullProcessImageNameW(process, 0, buffer, &chars);
  CloseHandle(process);
  if (!told)
    return PG_OK;
  char *path = win_utf8_n(buffer, chars);
  row->path = pg_arena_str(snapshot->arena, path);
  free(path);
  return row->path ? PG_OK : PG_E_NOMEM;
}

static enum pg_error fill(struct pg_snapshot *snapshot, struct pg_process *row,
                          const PROCESSENTRY32W *entry, const struct pid_set *set,
                          wchar_t *buffer) {
  char *name = win_utf8(entry->szExeFile);
  row->pid = entry->th32ProcessID;
  row->name = pg_arena_str(snapshot->arena, name);
  free(name);
  if (!row->name)
    return PG_E_NOMEM;
  return contains(set, row->pid) ? look_closely(snapshot, row, buffer) : PG_OK;
}

/* PID 0 is the idle loop, which is no process. */
static bool next_process(HANDLE list, PROCESSENTRY32W *entry, bool first) {
  entry->dwSize = sizeof *entry;
  bool more = first ? Process32FirstW(list, entry) : Process32NextW(list, entry);
  while (more && entry->th32ProcessID == 0)
    more = Process32NextW(list, entry);
  return more;
}

static enum pg_error add_all(struct pg_snapshot *snapshot, HANDLE list,
                             const struct pid_set *set, wchar_t *buffer) {
  PROCESSENTRY32W entry;
  size_t count = 0, used = 0;
  for (bool more = next_process(list, &entry, true); more;
       more = next_process(list, &entry, false))
    count++;
  struct pg_process *rows = snapshot_processes(snapshot, count);
  enum pg_error code = rows ? PG_OK : PG_E_NOMEM;
  for (bool more = next_process(list, &entry, true); !code && more && used < count;
       more = next_process(list, &entry, false))
    code = fill(snapshot, &rows[used++], &entry, set, buffer);
  snapshot->process_count -= count - used;
  return code;
}

enum pg_error win_processes_add(struct pg_snapshot *snapshot, int64_t now) {
  char words[WIN_ERROR_CHARS];
  struct pid_set set = {NULL, 0};
  HANDLE list = CreateToolhelp32Snapshot(TH32CS_SNAPPROCESS, 0);
  if (list == INVALID_HANDLE_VALUE) {
    win_error(words, sizeof words, "CreateToolhelp32Snapshot", GetLastError());
    snapshot_source_failed(snapshot, PG_SOURCE_PROCESSES, now, words);
    return PG_OK;
  }
  wchar_t *buffer = malloc(PATH_CHARS * sizeof *buffer);
  enum pg_error code = buffer && interesting(snapshot, &set)
                           ? add_all(snapshot, list, &set, buffer)
                           : PG_E_NOMEM;
  if (!code)
    snapshot_source_read(snapshot, PG_SOURCE_PROCESSES, now);
  free(set.pids);
  free(buffer);
  CloseHandle(list);
  return code;
}
