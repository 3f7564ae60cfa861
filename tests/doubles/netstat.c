/* Stands in for `netstat -ano` where listeners are concerned, which Wine's netstat
 * leaves out. It asks what the real one asks: the table of TCP endpoints and the
 * process each belongs to. */
#include <winsock2.h>
#include <ws2tcpip.h>
#include <windows.h>
#include <iphlpapi.h>

#include <stdio.h>
#include <stdlib.h>

#define TABLE_BYTES (256 * 1024)

static void *table_of(ULONG family) {
  DWORD size = TABLE_BYTES;
  void *table = malloc(size);
  if (!table || GetExtendedTcpTable(table, &size, TRUE, family,
                                    TCP_TABLE_OWNER_PID_LISTENER, 0) != NO_ERROR) {
    fputs("netstat: the TCP table cannot be read\n", stderr);
    exit(1);
  }
  return table;
}

static void put_row(const char *address, DWORD port, const char *remote, DWORD pid) {
  char local[80];
  snprintf(local, sizeof local, "%s:%u", address, ntohs((u_short)port));
  printf("  TCP    %-22s %-22s LISTENING       %lu\n", local, remote, (unsigned long)pid);
}

int main(void) {
  char address[INET6_ADDRSTRLEN], bracketed[INET6_ADDRSTRLEN + 2];
  const MIB_TCPTABLE_OWNER_PID *v4 = table_of(AF_INET);
  const MIB_TCP6TABLE_OWNER_PID *v6 = table_of(AF_INET6);
  puts("\nActive Connections\n\n"
       "  Proto  Local Address          Foreign Address        State           PID");
  for (DWORD i = 0; i < v4->dwNumEntries; i++) {
    inet_ntop(AF_INET, (void *)&v4->table[i].dwLocalAddr, address, sizeof address);
    put_row(address, v4->table[i].dwLocalPort, "0.0.0.0:0", v4->table[i].dwOwningPid);
  }
  for (DWORD i = 0; i < v6->dwNumEntries; i++) {
    inet_ntop(AF_INET6, (void *)v6->table[i].ucLocalAddr, address, sizeof address);
    snprintf(bracketed, sizeof bracketed, "[%s]", address);
    put_row(bracketed, v6->table[i].dwLocalPort, "[::]:0", v6->table[i].dwOwningPid);
  }
  return 0;
}
