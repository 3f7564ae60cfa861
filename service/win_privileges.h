/* All that the service keeps of LocalSystem's privileges. Windows only. */
#ifndef PG_WIN_PRIVILEGES_H
#define PG_WIN_PRIVILEGES_H

#include <stdint.h>

/* As REG_MULTI_SZ. Not in the list, on purpose: SeDebugPrivilege: image names need
 * PROCESS_QUERY_LIMITED_INFORMATION only, which every process grants to SYSTEM;
 * SeImpersonatePrivilege: a caller of the control pipe is impersonated for identification
 * only, to look at its token; backup, restore, driver loading, and the rest: nothing here
 * uses them. */
#define WIN_PRIVILEGE L"SeChangeNotifyPrivilege"
#define WIN_PRIVILEGES WIN_PRIVILEGE L"\0"

/* Removes all others from this process's token, for good. The service control manager
 * does the same from the list above, but only at the first start after it was told the
 * list: until then this is the cut. Returns 0 or a Windows error. */
uint32_t win_privileges_drop(void);

#endif
