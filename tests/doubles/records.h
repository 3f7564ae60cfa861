/* Where webdemo notes what it has registered with HTTP.sys, and where the netsh
 * double reads it: Wine's HTTP.sys can be listened with, but not asked. And how the
 * doubles are told to behave. */
#ifndef PG_DOUBLE_RECORDS_H
#define PG_DOUBLE_RECORDS_H

/* Below HKEY_LOCAL_MACHINE. "mode", "victim", "ranges", "ranges4" and "ranges6" are for
 * netsh.c, "httpapi" for httpapi/httpapi.c. Each subkey of Queues is one request queue:
 *   Name   the queue's name, "" when it has none
 *   Pid    decimal
 *   Url0, Url1, …
 * All are REG_SZ. */
#define DOUBLE_KEY L"Software\\PortGuardDouble"
#define DOUBLE_QUEUES DOUBLE_KEY L"\\Queues"

#define DOUBLE_TEXT 2048

#endif
