/* Who is named in a security descriptor's SDDL, and the names of those SIDs. Pure. */
#ifndef PG_ACCOUNTS_H
#define PG_ACCOUNTS_H

#include "service/snapshot/snapshot.h"

#define PG_SID_CHARS 192 /* "S-1-5-21-…" with 15 sub-authorities */
#define PG_ACCOUNT_CHARS 520

/* Calls |each| with the SID ("S-1-5-20") of every account that an allow entry of
 * the DACL lets register a URL (GX, GW or GA), in order; two-letter names of the SDDL
 * become SIDs where they stand for one. Returns false when |sddl| is broken: then
 * |each| was called for what stood before that place. */
bool accounts_in_sddl(const char *sddl, void (*each)(void *context, const char *sid),
                      void *context);

/* The English name of a SID that is the same on every machine ("Everyone"), or
 * NULL. */
const char *account_well_known(const char *sid);

/* Names that were looked up. Built by the loop thread between samples, read by
 * workers while nobody changes it. */
struct account_names;

struct account_names *account_names_new(void); /* NULL: no memory */
void account_names_free(struct account_names *names);
/* "" says that Windows knows no name: it is not asked again. Errors: PG_E_NOMEM;
 * beyond PG_ACCOUNTS_MAX names PG_E_TOOBIG. */
enum pg_error account_names_add(struct account_names *names, const char *sid,
                                const char *name);
/* The name, "" when there is none, NULL when nobody has asked. |names| may be NULL. */
const char *account_names_find(const struct account_names *names, const char *sid);
/* The next SID in |network|'s reservations that is neither well known nor in
 * |names|, copied into |sid|; false when all are known. */
bool account_names_missing(const struct account_names *names,
                           const struct pg_network *network, char *sid, size_t size);

#endif
