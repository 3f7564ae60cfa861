#include "service/sources/win_services.h"

#include "common/text.h"
#include "common/win_error.h"
#include "common/win_utf.h"
#include "service/snapshot/win_scm.h"

#include <stdlib.h>
#include <string.h>
#include <windows.h>

/* The most one call of EnumServicesStatusExW fills. */
#define CHUNK_BYTES (256u * 1024u)
/* QueryServiceConfigW's own ceiling. */
#define CONFIG_BYTES (8u * 1024u)

struct reading {
  struct pg_snapshot *snapshot;
  const struct pg_snapshot *known;
  SC_HANDLE manager;
  QUERY_SERVICE_CONFIGW *config; /* CONFIG_BYTES of scratch */
};

static const char *keep(struct pg_snapshot *snapshot, const wchar_t *wide) {
  char *text = win_utf8(wide);
  const char *kept = pg_arena_str(snapshot->arena, text);
  free(text);
  return kept;
}

/* |names| is a list of strings that ends with an empty one; a load order group
 * starts with '+' (SC_GROUP_IDENTIFIER), as the capture format writes it. */
static bool add_dependencies(struct pg_snapshot *snapshot, struct pg_service *row,
                             const wchar_t *names) {
  size_t count = 0;
  for (const wchar_t *name = names; name && *name; name += wcslen(name) + 1)
    count++;
  if (count == 0)
    return true;
  const char **list = pg_arena_alloc(snapshot->arena, count, sizeof *list);
  if (!list)
    return false;
  for (size_t i = 0; i < count; i++, names += wcslen(names) + 1)
    if (!(list[i] = keep(snapshot, names)))
      return false;
  row->depends_on = list;
  row->depends_on_count = count;
  return true;
}

/* The triggers themselves do not matter here, only whether there are any; they
 * follow the structure that counts them. */
static bool is_triggered(SC_HANDLE service, void *scratch) {
  DWORD needed = 0;
  memset(scratch, 0, sizeof(DWORD));
  return QueryServiceConfig2W(service, SERVICE_CONFIG_TRIGGER_INFO, scratch, CONFIG_BYTES,
                              &needed) &&
         needed >= sizeof(DWORD) && *(const DWORD *)scratch > 0;
}

static enum pg_error read_config(const struct reading *reading, struct pg_service *row,
                                 SC_HANDLE service) {
  struct pg_snapshot *snapshot = reading->snapshot;
  QUERY_SERVICE_CONFIGW *config = reading->config;
  DWORD needed = 0;
  if (!QueryServiceConfigW(service, config, CONFIG_BYTES, &needed))
    return PG_OK;
  row->start_type = win_scm_start(config->dwStartType);
  if (!add_dependencies(snapshot, row, config->lpDependencies))
    return PG_E_NOMEM;
  if (config->lpLoadOrderGroup && *config->lpLoadOrderGroup &&
      !(row->group = keep(snapshot, config->lpLoadOrderGroup)))
    return PG_E_NOMEM;
  if (row->type == PG_TYPE_KERNEL_DRIVER || row->type == PG_TYPE_FILE_SYSTEM_DRIVER)
    return PG_OK; /* drivers have neither */
  row->delayed = row->start_type == PG_START_AUTO && win_scm_is_delayed(service);
  row->triggered = is_triggered(service, config);
  return PG_OK;
}

static enum pg_error open_config(const struct reading *reading, struct pg_service *row,
                                 const wchar_t *name) {
  SC_HANDLE service = OpenServiceW(reading->manager, name, SERVICE_QUERY_CONFIG);
  if (!service)
    return PG_OK;
  enum pg_error code = read_config(reading, row, service);
  CloseServiceHandle(service);
  return code;
}

static enum pg_error take_config(struct pg_snapshot *snapshot, struct pg_service *row,
                                 const struct pg_service *known) {
  const char **list = NULL;
  if (known->depends_on_count > 0) {
    list = pg_arena_alloc(snapshot->arena, known->depends_on_count, sizeof *list);
    if (!list)
      return PG_E_NOMEM;
  }
  for (size_t i = 0; i < known->depends_on_count; i++)
    if (!(list[i] = pg_arena_str(snapshot->arena, known->depends_on[i])))
      return PG_E_NOMEM;
  row->depends_on = list;
  row->depends_on_count = known->depends_on_count;
  row->group = pg_arena_str(snapshot->arena, known->group);
  row->start_type = known->start_type;
  row->delayed = known->delayed;
  row->triggered = known->triggered;
  return known->group && !row->group ? PG_E_NOMEM : PG_OK;
}

static enum pg_error fill(const struct reading *reading, struct pg_service *row,
                          const ENUM_SERVICE_STATUS_PROCESSW *entry) {
  const SERVICE_STATUS_PROCESS *status = &entry->ServiceStatusProcess;
  row->name = keep(reading->snapshot, entry->lpServiceName);
  row->display_name = keep(reading->snapshot, entry->lpDisplayName);
  if (!row->name || !row->display_name)
    return PG_E_NOMEM;
  row->pid = status->dwProcessId;
  row->state = win_scm_state(status->dwCurrentState);
  row->type = win_scm_type(status->dwServiceType);
  row->user_instance = win_scm_is_instance(status->dwServiceType);
  const struct pg_service *known =
      reading->known ? snapshot_service(reading->known, row->name) : NULL;
  if (known && known->type == row->type)
    return take_config(reading->snapshot, row, known);
  return open_config(reading, row, entry->lpServiceName);
}

static enum pg_error fill_chunk(const struct reading *reading,
                                const ENUM_SERVICE_STATUS_PROCESSW *entries,
                                DWORD count) {
  struct pg_service *rows = snapshot_services(reading->snapshot, count);
  enum pg_error code = rows ? PG_OK : PG_E_NOMEM;
  for (DWORD i = 0; !code && i < count; i++)
    code = fill(reading, &rows[i], &entries[i]);
  return code;
}

/* *error is GetLastError() of the call that refused, else 0. */
static enum pg_error enumerate(const struct reading *reading, BYTE *chunk, DWORD *error) {
  DWORD resume = 0, count = 0, needed = 0;
  enum pg_error code = PG_OK;
  for (bool more = true; more && !code;) {
    more = false;
    *error = NO_ERROR;
    if (!EnumServicesStatusExW(reading->manager, SC_ENUM_PROCESS_INFO,
                               SERVICE_WIN32 | SERVICE_DRIVER, SERVICE_STATE_ALL, chunk,
                               CHUNK_BYTES, &needed, &count, &resume, NULL)) {
      *error = GetLastError();
      more = *error == ERROR_MORE_DATA && count > 0;
      if (!more)
        return PG_OK;
      *error = NO_ERROR;
    }
    code =
        fill_chunk(reading, (const ENUM_SERVICE_STATUS_PROCESSW *)(void *)chunk, count);
  }
  return code;
}

static void note_outcome(struct pg_snapshot *snapshot, int64_t now, const char *function,
                         DWORD error) {
  char words[WIN_ERROR_CHARS];
  if (!error) {
    snapshot_source_read(snapshot, PG_SOURCE_SERVICES, now);
    return;
  }
  snapshot->service_count = 0; /* half a list would call services gone */
  snapshot_source_failed(snapshot, PG_SOURCE_SERVICES, now,
                         win_error(words, sizeof words, function, error));
}

enum pg_error win_services_add(struct pg_snapshot *snapshot, int64_t now,
                               const struct pg_snapshot *known) {
  DWORD access = SC_MANAGER_CONNECT | SC_MANAGER_ENUMERATE_SERVICE, error = NO_ERROR;
  struct reading reading = {snapshot, known, NULL, NULL};
  reading.manager = OpenSCManagerW(NULL, NULL, access);
  if (!reading.manager) {
    note_outcome(snapshot, now, "OpenSCManagerW", GetLastError());
    return PG_OK;
  }
  BYTE *chunk = malloc(CHUNK_BYTES);
  reading.config = malloc(CONFIG_BYTES);
  enum pg_error code =
      chunk && reading.config ? enumerate(&reading, chunk, &error) : PG_E_NOMEM;
  if (!code)
    note_outcome(snapshot, now, "EnumServicesStatusExW", error);
  free(reading.config);
  free(chunk);
  CloseServiceHandle(reading.manager);
  return code;
}

static bool ask_state(SC_HANDLE manager, const wchar_t *name, bool *told, DWORD *error) {
  SERVICE_STATUS status;
  SC_HANDLE service = OpenServiceW(manager, name, SERVICE_QUERY_STATUS);
  if (!service) {
    *error = GetLastError();
    *told = *error == ERROR_SERVICE_DOES_NOT_EXIST;
    return false;
  }
  *told = QueryServiceStatus(service, &status);
  *error = GetLastError();
  CloseServiceHandle(service);
  return *told && status.dwCurrentState == SERVICE_RUNNING;
}

bool win_service_runs(const wchar_t *name, bool *told, char *error, size_t size) {
  DWORD code = NO_ERROR;
  bool runs = false;
  *told = false;
  SC_HANDLE manager = OpenSCManagerW(NULL, NULL, SC_MANAGER_CONNECT);
  if (manager) {
    runs = ask_state(manager, name, told, &code);
    CloseServiceHandle(manager);
  } else {
    code = GetLastError();
  }
  if (!*told)
    win_error(error, size, manager ? "QueryServiceStatus" : "OpenSCManagerW", code);
  return runs;
}
