/* Where Event Viewer finds the texts of our events: the registration of the
 * source PortGuard in the Application log. Windows only. */
#ifndef PG_WIN_EVENT_SOURCE_H
#define PG_WIN_EVENT_SOURCE_H

#include <stdbool.h>
#include <stdint.h>
#include <wchar.h>

/* |image| is the full path of portguardsvc.exe, which carries the message table.
 * May be repeated. Returns 0 or a Windows error. */
uint32_t win_event_source_add(const wchar_t *image);
/* Whether that is registered already. */
bool win_event_source_is(const wchar_t *image);
/* One that is not registered is no error. */
uint32_t win_event_source_remove(void);

#endif
