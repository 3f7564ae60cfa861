/* What the Event Log sink does to a string, in the open for its test. Windows
 * only. */
#ifndef PG_WIN_SINK_H
#define PG_WIN_SINK_H

#include <wchar.h>

/* Cuts |wide| to what ReportEvent takes, never through a surrogate pair. */
void win_sink_cut(wchar_t *wide);

#endif
