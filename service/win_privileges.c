#include "service/win_privileges.h"

#include <stdlib.h>
#include <windows.h>

/* malloc'ed; NULL with GetLastError(). */
static TOKEN_PRIVILEGES *all_of(HANDLE token) {
  DWORD needed = 0;
  GetTokenInformation(token, TokenPrivileges, NULL, 0, &needed);
  TOKEN_PRIVILEGES *all = needed > 0 ? malloc(needed) : NULL;
  if (all && GetTokenInformation(token, TokenPrivileges, all, needed, &needed))
    return all;
  DWORD error = all || needed == 0 ? GetLastError() : ERROR_NOT_ENOUGH_MEMORY;
  free(all);
  SetLastError(error);
  return NULL;
}

/* Those to be removed, moved to the front. */
static void leave_out(TOKEN_PRIVILEGES *all, LUID kept) {
  DWORD count = 0;
  for (DWORD i = 0; i < all->PrivilegeCount; i++) {
    LUID luid = all->Privileges[i].Luid;
    if (luid.LowPart == kept.LowPart && luid.HighPart == kept.HighPart)
      continue;
    all->Privileges[count].Luid = luid;
    all->Privileges[count++].Attributes = SE_PRIVILEGE_REMOVED;
  }
  all->PrivilegeCount = count;
}

/* GetLastError() counts also after success: ERROR_NOT_ALL_ASSIGNED. */
static uint32_t drop(HANDLE token) {
  LUID kept;
  TOKEN_PRIVILEGES *all = all_of(token);
  if (!all)
    return GetLastError();
  DWORD error = ERROR_SUCCESS;
  if (!LookupPrivilegeValueW(NULL, WIN_PRIVILEGE, &kept)) {
    error = GetLastError();
  } else {
    leave_out(all, kept);
    if (all->PrivilegeCount > 0) {
      AdjustTokenPrivileges(token, FALSE, all, 0, NULL, NULL);
      error = GetLastError();
    }
  }
  free(all);
  return error;
}

uint32_t win_privileges_drop(void) {
  HANDLE token = NULL;
  if (!OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY | TOKEN_ADJUST_PRIVILEGES,
                        &token))
    return GetLastError();
  uint32_t error = drop(token);
  CloseHandle(token);
  return error;
}
