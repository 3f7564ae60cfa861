#include <winsock2.h>
#include <ws2tcpip.h>
#include <windows.h>
#include <iphlpapi.h>

#include "service/sources/win_connections.h"

#include "common/limits.h"
#include "common/win_error.h"
#include "service/sources/win_tcp.h"

#include <stdlib.h>
#include <string.h>

/* Which ports somebody listens on, a bit each. */
struct port_set {
  uint8_t bits[65536 / 8];
};

static void note_listeners(struct port_set *set, const struct pg_snapshot *snapshot) {
  memset(set, 0, sizeof *set);
  for (size_t i = 0; i < snapshot->listener_count; i++) {
    uint16_t port = snapshot->listeners[i].port;
    set->bits[port / 8] |= (uint8_t)(1u << port % 8);
  }
}

static bool is_wanted(const struct port_set *listeners, DWORD state, uint16_t port) {
  return state != MIB_TCP_STATE_LISTEN && port != 0 &&
         (listeners->bits[port / 8] & 1u << port % 8) == 0;
}

/* A number that no list of ours knows is UNKNOWN rather than out of range. */
static enum pg_tcp_state state_of(DWORD number) {
  enum pg_tcp_state state = (enum pg_tcp_state)number;
  return pg_tcp_state_name(state) ? state : PG_TCP_UNKNOWN;
}

/* A count is believed only as far as the buffer goes. */
static size_t row_count(enum pg_family family, const struct win_tcp_table *table) {
  const MIB_TCPTABLE_OWNER_PID *v4 = table->data;
  const MIB_TCP6TABLE_OWNER_PID *v6 = table->data;
  size_t count = family == PG_IPV4 ? v4->dwNumEntries : v6->dwNumEntries;
  size_t head = family == PG_IPV4 ? offsetof(MIB_TCPTABLE_OWNER_PID, table)
                                  : offsetof(MIB_TCP6TABLE_OWNER_PID, table);
  size_t row = family == PG_IPV4 ? sizeof v4->table[0] : sizeof v6->table[0];
  size_t room = (table->capacity - head) / row;
  return count < room ? count : room;
}

/* Row number |index|; false when it is of no interest. */
static bool read_row(enum pg_family family, const void *table, size_t index,
                     const struct port_set *listeners, struct pg_connection *out) {
  const MIB_TCPROW_OWNER_PID *v4 = &((const MIB_TCPTABLE_OWNER_PID *)table)->table[index];
  const MIB_TCP6ROW_OWNER_PID *v6 =
      &((const MIB_TCP6TABLE_OWNER_PID *)table)->table[index];
  bool is_v4 = family == PG_IPV4;
  DWORD state = is_v4 ? v4->dwState : v6->dwState;
  memset(out, 0, sizeof *out);
  out->port = win_tcp_port(is_v4 ? v4->dwLocalPort : v6->dwLocalPort);
  out->state = state_of(state);
  out->pid = is_v4 ? v4->dwOwningPid : v6->dwOwningPid;
  out->address.family = family;
  out->address.scope = is_v4 ? 0 : v6->dwLocalScopeId;
  memcpy(out->address.bytes, is_v4 ? (const void *)&v4->dwLocalAddr : v6->ucLocalAddr,
         is_v4 ? 4 : 16);
  return is_wanted(listeners, state, out->port);
}

static enum pg_error add_rows(struct pg_snapshot *snapshot, enum pg_family family,
                              const struct win_tcp_table *table,
                              const struct port_set *listeners) {
  struct pg_connection row;
  size_t rows = row_count(family, table), wanted = 0;
  for (size_t i = 0; i < rows; i++)
    wanted += read_row(family, table->data, i, listeners, &row);
  struct pg_connection *out = snapshot_connections(snapshot, wanted);
  if (!out)
    return PG_E_NOMEM;
  for (size_t i = 0; i < rows; i++)
    if (read_row(family, table->data, i, listeners, &row))
      *out++ = row;
  return PG_OK;
}

static enum pg_error add_family(struct pg_snapshot *snapshot, enum pg_family family,
                                const struct port_set *listeners, int64_t now) {
  struct win_tcp_table table = {NULL, 0};
  char words[WIN_ERROR_CHARS];
  enum pg_error error = PG_OK;
  uint32_t code = win_tcp_fetch(&table, family, TCP_TABLE_OWNER_PID_ALL);
  if (code == NO_ERROR)
    error = add_rows(snapshot, family, &table, listeners);
  else if (!win_tcp_family_is_absent(family, code))
    snapshot_source_failed(snapshot, PG_SOURCE_CONNECTIONS, now,
                           win_error(words, sizeof words, "GetExtendedTcpTable", code));
  free(table.data);
  return error;
}

enum pg_error win_connections_add(struct pg_snapshot *snapshot, int64_t now,
                                  int64_t now_mono) {
  struct port_set listeners;
  note_listeners(&listeners, snapshot);
  snapshot->connections_mono = now_mono;
  snapshot_source_read(snapshot, PG_SOURCE_CONNECTIONS, now);
  enum pg_error error = add_family(snapshot, PG_IPV4, &listeners, now);
  return error ? error : add_family(snapshot, PG_IPV6, &listeners, now);
}
