/* The names of accounts. Windows only. */
#ifndef PG_WIN_ACCOUNTS_H
#define PG_WIN_ACCOUNTS_H

#include <stdbool.h>
#include <stddef.h>

/* "DOMAIN\user", "Everyone" when there is no domain, "" for a SID that has no name (or is
 * none). False: nobody could say now; a domain controller that does not answer is
 * waited for PG_ACCOUNT_MS, and its late answer is dropped. Any thread. */
bool win_account_name(const char *sid, char *name, size_t size);

#endif
