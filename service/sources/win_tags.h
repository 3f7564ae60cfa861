/* Which service of a shared svchost opened a listener: Windows keeps the tag of
 * the thread that did, and knows whose tag it is. Windows only. */
#ifndef PG_WIN_TAGS_H
#define PG_WIN_TAGS_H

#include "service/snapshot/snapshot.h"
#include "service/sources/win_tcp.h"

/* Asks about every listener whose process runs several services and whose tag
 * is not 0; after the services were added. What Windows does not tell is left
 * out: an unknown tag is an ordinary answer, not a failure. Errors: PG_E_NOMEM. */
enum pg_error win_tags_add(struct pg_snapshot *snapshot, int64_t now,
                           const struct win_tcp *tcp4, const struct win_tcp *tcp6);

#endif
