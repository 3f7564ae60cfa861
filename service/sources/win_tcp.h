/* The listener table of one address family, as GetExtendedTcpTable gives it,
 * kept from one reading to the next: a quiet tick compares and allocates
 * nothing. Sampling lane only. Windows only. */
#ifndef PG_WIN_TCP_H
#define PG_WIN_TCP_H

#include "service/snapshot/snapshot.h"

struct win_tcp_table {
  void *data; /* a MIB_TCPTABLE_… or MIB_TCP6TABLE_…, as the table class says */
  uint32_t capacity;
};

struct win_tcp {
  enum pg_family family;
  bool was_read; /* |last| and |error| say how the last reading ended */
  uint32_t error;
  struct win_tcp_table last, next; /* of TCP_TABLE_OWNER_MODULE_LISTENER */
};

enum win_tcp_change {
  WIN_TCP_SAME,    /* row for row what it was, or failing as it was failing */
  WIN_TCP_CHANGED, /* look at |error|, then at the rows */
};

void win_tcp_init(struct win_tcp *tcp, enum pg_family family);
void win_tcp_free(struct win_tcp *tcp);

/* Reads the table. A machine without IPv6 has an empty IPv6 table. */
enum win_tcp_change win_tcp_read(struct win_tcp *tcp);
/* Adds the rows of the last reading, or why it failed, to |snapshot|.
 * Errors: PG_E_NOMEM. */
enum pg_error win_tcp_add(const struct win_tcp *tcp, struct pg_snapshot *snapshot,
                          int64_t now);
/* Rows of the last reading; 0 after a failure. */
size_t win_tcp_count(const struct win_tcp *tcp);
/* One row as MIB_TCPROW_OWNER_MODULE or MIB_TCP6ROW_OWNER_MODULE, for the tag
 * API, and what a snapshot keeps of it. */
void *win_tcp_row(const struct win_tcp *tcp, size_t index, struct pg_listener *listener);

/* One table of |family| in a growing buffer, up to PG_TCP_TABLE_MAX. |table_class| is
 * a TCP_TABLE_CLASS. Returns 0 or Windows' error; the caller frees |table->data|. */
uint32_t win_tcp_fetch(struct win_tcp_table *table, enum pg_family family,
                       int table_class);
/* A port as such tables have it: in network order, under two bytes of anything. */
uint16_t win_tcp_port(uint32_t in_table);
/* Whether |error| is what "there is no IPv6 here" looks like. */
bool win_tcp_family_is_absent(enum pg_family family, uint32_t error);

#endif
