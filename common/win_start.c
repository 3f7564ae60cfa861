#include "common/win_start.h"

#include "common/error.h"
#include "common/win_utf.h"

#include <windows.h>
#include <shellapi.h>

#include <stdio.h>
#include <stdlib.h>

typedef BOOL(WINAPI *mitigation_setter)(PROCESS_MITIGATION_POLICY policy, PVOID buffer,
                                        SIZE_T length);

/* Looked up by name, so that a Windows without it still starts the program. */
static mitigation_setter find_mitigation_setter(void) {
  HMODULE kernel = GetModuleHandleW(L"kernel32.dll");
  FARPROC found = kernel ? GetProcAddress(kernel, "SetProcessMitigationPolicy") : NULL;
  return (mitigation_setter)(void (*)(void))found;
}

/* Each policy in a call of its own: one that is unknown must not take the others
 * with it. */
static void set_mitigations(void) {
  mitigation_setter set = find_mitigation_setter();
  PROCESS_MITIGATION_IMAGE_LOAD_POLICY images = {0};
  PROCESS_MITIGATION_EXTENSION_POINT_DISABLE_POLICY extensions = {0};
  if (!set)
    return;
  images.NoRemoteImages = 1;
  images.NoLowMandatoryLabelImages = 1;
  (void)set(ProcessImageLoadPolicy, &images, sizeof images);
  images.PreferSystem32Images = 1; /* younger than the other two */
  (void)set(ProcessImageLoadPolicy, &images, sizeof images);
  extensions.DisableExtensionPoints = 1;
  (void)set(ProcessExtensionPointDisablePolicy, &extensions, sizeof extensions);
}

static UINT former_code_page;

static void restore_code_page(void) {
  (void)SetConsoleOutputCP(former_code_page);
}

/* The code page belongs to the console, not to the program: the shell must find
 * it as it was. */
static void speak_utf8(void) {
  former_code_page = GetConsoleOutputCP();
  if (former_code_page != 0 && former_code_page != CP_UTF8 && SetConsoleOutputCP(CP_UTF8))
    (void)atexit(restore_code_page);
}

void win_start(void) {
  /* First: everything after it may load a DLL. */
  (void)SetDefaultDllDirectories(LOAD_LIBRARY_SEARCH_SYSTEM32);
  (void)HeapSetInformation(NULL, HeapEnableTerminationOnCorruption, NULL, 0);
  set_mitigations();
  speak_utf8();
}

static char **convert(wchar_t *const *wide, int count) {
  char **utf8 = calloc((size_t)count + 1, sizeof *utf8);
  for (int i = 0; utf8 && i < count; i++) {
    utf8[i] = win_utf8(wide[i]);
    if (!utf8[i])
      return NULL; /* the process ends next */
  }
  return utf8;
}

char **win_arguments(int *argc) {
  wchar_t **wide = CommandLineToArgvW(GetCommandLineW(), argc);
  char **utf8 = wide ? convert(wide, *argc) : NULL;
  if (!utf8) {
    (void)fputs("out of memory while reading the command line\n", stderr);
    exit(pg_error_exit(PG_E_NOMEM));
  }
  LocalFree(wide);
  return utf8;
}
