/* What the service control manager knows: every service and driver, with its
 * process and its dependencies. Windows only. */
#ifndef PG_WIN_SERVICES_H
#define PG_WIN_SERVICES_H

#include "service/snapshot/snapshot.h"

/* Adds them to |snapshot|. States and PIDs are always read; configurations cost
 * some 0.1 ms each, so those of |known| (a sealed snapshot, or NULL) are taken
 * over where it has them. A configuration that may not be read leaves its fields
 * unknown. Errors: PG_E_NOMEM; a refusal by Windows is the source's failure and
 * PG_OK. */
enum pg_error win_services_add(struct pg_snapshot *snapshot, int64_t now,
                               const struct pg_snapshot *known);

/* Whether the service |name| runs. False in |*told| and words in |error| when
 * the SCM does not say; a service that does not exist does not run. */
bool win_service_runs(const wchar_t *name, bool *told, char *error, size_t size);

#endif
