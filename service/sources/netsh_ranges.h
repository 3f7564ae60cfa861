/* The text of `netsh int ipv4 show excludedportrange protocol=tcp`, by shape and
 * never by label: headings and the line that explains the star are localized. */
#ifndef PG_NETSH_RANGES_H
#define PG_NETSH_RANGES_H

#include "service/snapshot/snapshot.h"

/* Adds a row for every line of two ports and an optional '*' behind the line of
 * dashes. |why| (at least 120 chars) is "" when the text was whole; else it says what
 * is wrong, and the rows before that place were added. Errors: PG_E_NOMEM. */
enum pg_error netsh_ranges_parse(struct pg_snapshot *snapshot, enum pg_family family,
                                 const char *text, size_t len, char *why, size_t size);

#endif
