#include <winsock2.h>
#include <ws2tcpip.h>
#include <windows.h>
#include <iphlpapi.h>

#include "service/sources/win_tcp.h"

#include "common/limits.h"
#include "common/timestamp.h"
#include "common/win_error.h"

#include <stdlib.h>
#include <string.h>

#define FIRST_BYTES (64u * PG_KIB)
/* The table may grow between asking for its size and reading it; a machine on
 * which it does so this often in a row is not read this time. */
#define GROW_TRIES 8

void win_tcp_init(struct win_tcp *tcp, enum pg_family family) {
  memset(tcp, 0, sizeof *tcp);
  tcp->family = family;
}

void win_tcp_free(struct win_tcp *tcp) {
  free(tcp->last.data);
  free(tcp->next.data);
  win_tcp_init(tcp, tcp->family);
}

/* A quarter more than was asked for, so that a growing table settles. */
static DWORD grow(struct win_tcp_table *table, DWORD wanted) {
  if (wanted > PG_TCP_TABLE_MAX - PG_TCP_TABLE_MAX / 4)
    return ERROR_NOT_ENOUGH_MEMORY;
  DWORD capacity = wanted < FIRST_BYTES ? FIRST_BYTES : wanted + wanted / 4;
  void *data = realloc(table->data, capacity);
  if (!data)
    return ERROR_NOT_ENOUGH_MEMORY;
  table->data = data;
  table->capacity = capacity;
  return NO_ERROR;
}

uint32_t win_tcp_fetch(struct win_tcp_table *table, enum pg_family family,
                       int table_class) {
  ULONG af = family == PG_IPV4 ? AF_INET : AF_INET6;
  DWORD wanted = 0;
  for (int i = 0; i < GROW_TRIES; i++) {
    if (wanted > table->capacity || !table->data) {
      DWORD error = grow(table, wanted);
      if (error)
        return error;
    }
    wanted = table->capacity;
    DWORD error = GetExtendedTcpTable(table->data, &wanted, FALSE, af,
                                      (TCP_TABLE_CLASS)table_class, 0);
    if (error != ERROR_INSUFFICIENT_BUFFER)
      return error;
    if (wanted <= table->capacity)
      wanted = table->capacity + 1;
  }
  return ERROR_INSUFFICIENT_BUFFER;
}

static DWORD row_count(enum pg_family family, const void *data) {
  if (family == PG_IPV4)
    return ((const MIB_TCPTABLE_OWNER_MODULE *)data)->dwNumEntries;
  return ((const MIB_TCP6TABLE_OWNER_MODULE *)data)->dwNumEntries;
}

/* A count is believed only as far as the buffer goes. */
static bool count_fits(enum pg_family family, const struct win_tcp_table *table) {
  size_t head = family == PG_IPV4 ? offsetof(MIB_TCPTABLE_OWNER_MODULE, table)
                                  : offsetof(MIB_TCP6TABLE_OWNER_MODULE, table);
  size_t row = family == PG_IPV4 ? sizeof(MIB_TCPROW_OWNER_MODULE)
                                 : sizeof(MIB_TCP6ROW_OWNER_MODULE);
  return row_count(family, table->data) <= (table->capacity - head) / row;
}

/* Only what a listener row means is compared: its remote end, the upper half of
 * its port and most of its module words are whatever lay in memory, and would
 * make a quiet machine look busy. */
static bool same4(const MIB_TCPROW_OWNER_MODULE *a, const MIB_TCPROW_OWNER_MODULE *b) {
  return a->dwLocalAddr == b->dwLocalAddr &&
         (a->dwLocalPort & 0xffff) == (b->dwLocalPort & 0xffff) &&
         a->dwState == b->dwState && a->dwOwningPid == b->dwOwningPid &&
         a->liCreateTimestamp.QuadPart == b->liCreateTimestamp.QuadPart &&
         a->OwningModuleInfo[0] == b->OwningModuleInfo[0];
}

static bool same6(const MIB_TCP6ROW_OWNER_MODULE *a, const MIB_TCP6ROW_OWNER_MODULE *b) {
  return memcmp(a->ucLocalAddr, b->ucLocalAddr, sizeof a->ucLocalAddr) == 0 &&
         a->dwLocalScopeId == b->dwLocalScopeId &&
         (a->dwLocalPort & 0xffff) == (b->dwLocalPort & 0xffff) &&
         a->dwState == b->dwState && a->dwOwningPid == b->dwOwningPid &&
         a->liCreateTimestamp.QuadPart == b->liCreateTimestamp.QuadPart &&
         a->OwningModuleInfo[0] == b->OwningModuleInfo[0];
}

static bool same_rows(enum pg_family family, const void *last, const void *next) {
  DWORD count = row_count(family, next);
  if (row_count(family, last) != count)
    return false;
  const MIB_TCPTABLE_OWNER_MODULE *last4 = last, *next4 = next;
  const MIB_TCP6TABLE_OWNER_MODULE *last6 = last, *next6 = next;
  for (DWORD i = 0; i < count; i++)
    if (family == PG_IPV4 ? !same4(&last4->table[i], &next4->table[i])
                          : !same6(&last6->table[i], &next6->table[i]))
      return false;
  return true;
}

bool win_tcp_family_is_absent(enum pg_family family, uint32_t error) {
  return family == PG_IPV6 && (error == ERROR_NOT_SUPPORTED || error == ERROR_NO_DATA);
}

enum win_tcp_change win_tcp_read(struct win_tcp *tcp) {
  DWORD error = win_tcp_fetch(&tcp->next, tcp->family, TCP_TABLE_OWNER_MODULE_LISTENER);
  if (win_tcp_family_is_absent(tcp->family, error)) {
    memset(tcp->next.data, 0, sizeof(MIB_TCP6TABLE_OWNER_MODULE));
    error = NO_ERROR;
  }
  if (!error && !count_fits(tcp->family, &tcp->next))
    error = ERROR_INVALID_DATA;

  bool same = tcp->was_read && error == tcp->error &&
              (error || same_rows(tcp->family, tcp->last.data, tcp->next.data));
  tcp->was_read = true;
  tcp->error = error;
  if (same)
    return WIN_TCP_SAME;
  struct win_tcp_table old = tcp->last;
  tcp->last = tcp->next;
  tcp->next = old;
  return WIN_TCP_CHANGED;
}

size_t win_tcp_count(const struct win_tcp *tcp) {
  return !tcp->was_read || tcp->error ? 0 : row_count(tcp->family, tcp->last.data);
}

uint16_t win_tcp_port(uint32_t in_table) {
  return ntohs((u_short)(in_table & 0xffff));
}

static void *row4(const struct win_tcp *tcp, size_t index, struct pg_listener *out) {
  MIB_TCPROW_OWNER_MODULE *row =
      &((MIB_TCPTABLE_OWNER_MODULE *)tcp->last.data)->table[index];
  memcpy(out->address.bytes, &row->dwLocalAddr, 4);
  out->port = win_tcp_port(row->dwLocalPort);
  out->pid = row->dwOwningPid;
  out->tag = (uint32_t)row->OwningModuleInfo[0];
  out->created_at = pg_time_from_filetime((uint64_t)row->liCreateTimestamp.QuadPart);
  return row;
}

static void *row6(const struct win_tcp *tcp, size_t index, struct pg_listener *out) {
  MIB_TCP6ROW_OWNER_MODULE *row =
      &((MIB_TCP6TABLE_OWNER_MODULE *)tcp->last.data)->table[index];
  memcpy(out->address.bytes, row->ucLocalAddr, 16);
  out->address.scope = row->dwLocalScopeId;
  out->port = win_tcp_port(row->dwLocalPort);
  out->pid = row->dwOwningPid;
  out->tag = (uint32_t)row->OwningModuleInfo[0];
  out->created_at = pg_time_from_filetime((uint64_t)row->liCreateTimestamp.QuadPart);
  return row;
}

void *win_tcp_row(const struct win_tcp *tcp, size_t index, struct pg_listener *listener) {
  memset(listener, 0, sizeof *listener);
  listener->address.family = tcp->family;
  return tcp->family == PG_IPV4 ? row4(tcp, index, listener) : row6(tcp, index, listener);
}

enum pg_error win_tcp_add(const struct win_tcp *tcp, struct pg_snapshot *snapshot,
                          int64_t now) {
  enum pg_source source = pg_source_of_listeners(tcp->family);
  char words[WIN_ERROR_CHARS];
  if (tcp->error) {
    snapshot_source_failed(
        snapshot, source, now,
        win_error(words, sizeof words, "GetExtendedTcpTable", tcp->error));
    return PG_OK;
  }
  size_t count = win_tcp_count(tcp);
  struct pg_listener *rows = snapshot_listeners(snapshot, count);
  if (!rows)
    return PG_E_NOMEM;
  for (size_t i = 0; i < count; i++)
    (void)win_tcp_row(tcp, i, &rows[i]);
  snapshot_source_read(snapshot, source, now);
  return PG_OK;
}
