/* Names of accounts. Windows only. */
#ifndef PG_WIN_ACCOUNTS_H
#define PG_WIN_ACCOUNTS_H

#include <stddef.h>

/* The name of |sid| ("S-1-5-21-…") as "DOMAIN\name", without a domain where it has
 * none, "" when Windows knows no name. Asks a domain controller when it must: minutes
 * if that does not answer. Account lane only. */
void win_account_name(const char *sid, char *name, size_t size);

#endif
