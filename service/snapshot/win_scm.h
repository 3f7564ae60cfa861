/* What the service control manager's numbers mean. Windows only. */
#ifndef PG_WIN_SCM_H
#define PG_WIN_SCM_H

#include "service/snapshot/snapshot.h"

/* Windows' own numbers, from outside: what is not known is UNKNOWN. */
enum pg_service_state win_scm_state(uint32_t state);
enum pg_service_type win_scm_type(uint32_t type);
enum pg_start_type win_scm_start(uint32_t start);
/* Of a service's type: it is one user's instance of a template. */
bool win_scm_is_instance(uint32_t type);

/* The inverse of win_scm_start. |type| is none of UNKNOWN. */
uint32_t win_scm_start_number(enum pg_start_type type);
/* It starts with Windows, but after the others. |service|: an SC_HANDLE that may query
 * the configuration. */
bool win_scm_is_delayed(void *service);

/* When a process was created; PG_TIME_UNKNOWN when Windows does not tell. |process|: a
 * HANDLE that may query limited information. */
int64_t win_process_start(void *process);

#endif
