/* The text of `netsh http show servicestate view=requestq`, by shape and never
 * by label: every word of it is localized, and it came in three generations. */
#ifndef PG_NETSH_STATE_H
#define PG_NETSH_STATE_H

#include "service/snapshot/snapshot.h"

/* Reads snapshot->http_text (any bytes, any length up to PG_NETSH_TEXT_MAX)
 * into snapshot->queues. Service names are accepted only when the snapshot's
 * services hold them (call after the services were added; the check is a
 * look-up without regard to case, before sealing). Text that makes no sense
 * gives no queues: PG_E_FORMAT when it holds neither a queue nor the title
 * block, so that "nothing registered" differs from "not understood".
 * Errors: PG_E_NOMEM, PG_E_FORMAT. */
enum pg_error netsh_state_parse(struct pg_snapshot *snapshot, struct pg_fault *fault);

#endif
