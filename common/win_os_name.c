#include "common/os_name.h"

#include "common/text.h"

#include <stdio.h>
#include <windows.h>

/* GetVersionEx says what the manifest asks for; this one says what runs. */
typedef LONG(WINAPI *version_reader)(OSVERSIONINFOW *version);

const char *pg_os_name(char *out, size_t size) {
  OSVERSIONINFOW version = {.dwOSVersionInfoSize = sizeof version};
  HMODULE ntdll = GetModuleHandleW(L"ntdll.dll");
  FARPROC found = ntdll ? GetProcAddress(ntdll, "RtlGetVersion") : NULL;
  version_reader read_version = (version_reader)(void (*)(void))found;
  if (read_version && read_version(&version) == 0)
    snprintf(out, size, "Windows %lu.%lu.%lu", (unsigned long)version.dwMajorVersion,
             (unsigned long)version.dwMinorVersion, (unsigned long)version.dwBuildNumber);
  else
    (void)pg_copy(out, size, "Windows");
  return out;
}
