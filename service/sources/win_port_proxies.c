#include "service/sources/win_port_proxies.h"

#include "common/limits.h"
#include "common/text.h"
#include "common/win_error.h"
#include "common/win_utf.h"
#include "service/sources/port_proxies.h"

#include <stdlib.h>
#include <windows.h>

#define KEY_FORMAT L"SYSTEM\\CurrentControlSet\\Services\\PortProxy\\%hs\\tcp"
#define NAME_CHARS 16384 /* the longest that Windows gives a value, and its end */
#define DATA_CHARS 1024  /* an address and a port have room many times over */

struct reading {
  struct pg_snapshot *snapshot;
  enum pg_proxy_kind kind;
  HKEY key;
  wchar_t *name;                /* NAME_CHARS */
  wchar_t data[DATA_CHARS + 1]; /* one for an end that the value may lack */
  char why[200];                /* the first thing that was wrong, or "" */
};

static void note(struct reading *reading, const char *why) {
  if (reading->why[0] == '\0')
    (void)pg_copy(reading->why, sizeof reading->why, why);
}

static void note_error(struct reading *reading, const char *function, LONG code) {
  char words[WIN_ERROR_CHARS];
  note(reading, win_error(words, sizeof words, function, (uint32_t)code));
}

static enum pg_error parse(struct reading *reading, struct pg_port_proxy *row) {
  char why[sizeof reading->why];
  char *name = win_utf8(reading->name), *data = win_utf8(reading->data);
  enum pg_error error = PG_E_NOMEM;
  if (name && data)
    error = port_proxy_parse(reading->snapshot->arena, reading->kind, name, data, row,
                             why, sizeof why);
  if (error == PG_E_FORMAT)
    note(reading, why);
  free(name);
  free(data);
  return error;
}

/* One value; PG_E_FORMAT when it is no rule. */
static enum pg_error read_value(struct reading *reading, DWORD index,
                                struct pg_port_proxy *row, bool *end) {
  DWORD chars = NAME_CHARS, bytes = DATA_CHARS * sizeof(wchar_t), type = REG_NONE;
  LONG code = RegEnumValueW(reading->key, index, reading->name, &chars, NULL, &type,
                            (BYTE *)reading->data, &bytes);
  *end = code == ERROR_NO_MORE_ITEMS;
  if (code == ERROR_MORE_DATA)
    note(reading, "a port proxy rule is longer than an address and a port can be");
  else if (code != ERROR_SUCCESS && !*end)
    note_error(reading, "RegEnumValueW", code);
  if (code != ERROR_SUCCESS)
    return PG_E_FORMAT;
  reading->data[bytes / sizeof(wchar_t)] = L'\0';
  if (type != REG_SZ)
    reading->data[0] = L'\0'; /* quoted as nothing, which is no rule */
  return parse(reading, row);
}

static enum pg_error read_values(struct reading *reading, DWORD count) {
  struct pg_snapshot *snapshot = reading->snapshot;
  struct pg_port_proxy *rows = snapshot_proxies(snapshot, count);
  enum pg_error error = rows ? PG_OK : PG_E_NOMEM;
  DWORD used = 0;
  bool end = false;
  for (DWORD i = 0; error != PG_E_NOMEM && i < count && !end; i++) {
    error = read_value(reading, i, &rows[used], &end);
    used += error == PG_OK;
  }
  if (error == PG_E_NOMEM)
    return error;
  snapshot->network.proxy_count -= count - used;
  return PG_OK;
}

static enum pg_error read_kind(struct reading *reading, const char *kind) {
  wchar_t path[128];
  DWORD count = 0;
  swprintf(path, sizeof path / sizeof path[0], KEY_FORMAT, kind);
  LONG code = RegOpenKeyExW(HKEY_LOCAL_MACHINE, path, 0, KEY_QUERY_VALUE, &reading->key);
  if (code != ERROR_SUCCESS) {
    if (code != ERROR_FILE_NOT_FOUND && code != ERROR_PATH_NOT_FOUND)
      note_error(reading, "RegOpenKeyExW", code);
    return PG_OK;
  }
  code = RegQueryInfoKeyW(reading->key, NULL, NULL, NULL, NULL, NULL, NULL, &count, NULL,
                          NULL, NULL, NULL);
  if (code != ERROR_SUCCESS)
    note_error(reading, "RegQueryInfoKeyW", code);
  if (count > PG_PORT_PROXIES) {
    note(reading, "there are more port proxy rules than can be kept");
    count = PG_PORT_PROXIES;
  }
  enum pg_error error = read_values(reading, count);
  RegCloseKey(reading->key);
  return error;
}

enum pg_error win_port_proxies_add(struct pg_snapshot *snapshot, int64_t now) {
  static const enum pg_proxy_kind kinds[] = {
#define X(name, text) PG_PROXY_##name,
      PG_PROXY_KIND_LIST(X)
#undef X
  };
  struct reading reading = {.snapshot = snapshot};
  enum pg_error error = PG_OK;
  reading.name = malloc(NAME_CHARS * sizeof(wchar_t));
  if (!reading.name)
    return PG_E_NOMEM;
  for (size_t i = 0; !error && i < sizeof kinds / sizeof kinds[0]; i++) {
    reading.kind = kinds[i];
    error = read_kind(&reading, pg_proxy_kind_name(kinds[i]));
  }
  if (reading.why[0] != '\0')
    snapshot_source_failed(snapshot, PG_SOURCE_PORT_PROXIES, now, reading.why);
  else
    snapshot_source_read(snapshot, PG_SOURCE_PORT_PROXIES, now);
  free(reading.name);
  return error;
}
