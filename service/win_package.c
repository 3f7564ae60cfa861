#include "service/win_package.h"

#include "common/win_utf.h"
#include "service/win_names.h"

#include <stdlib.h>
#include <windows.h>

/* Written by installer/portguard.wxs. */
#define KEY L"SOFTWARE\\" WIN_SERVICE_NAME
#define IMPORT L"ImportConfig"
#define FOLDER L"DataFolder"

/* malloc'ed; NULL: there is no such value. */
static wchar_t *read_value(void) {
  DWORD bytes = WIN_PATH_CHARS * sizeof(wchar_t);
  wchar_t *text = malloc(bytes);
  if (text && RegGetValueW(HKEY_LOCAL_MACHINE, KEY, IMPORT, RRF_RT_REG_SZ, NULL, text,
                           &bytes) == ERROR_SUCCESS)
    return text;
  free(text);
  return NULL;
}

static HKEY open_key(void) {
  HKEY key = NULL;
  LSTATUS opened = RegOpenKeyExW(HKEY_LOCAL_MACHINE, KEY, 0, KEY_SET_VALUE, &key);
  return opened == ERROR_SUCCESS ? key : NULL;
}

static void forget(void) {
  HKEY key = open_key();
  if (!key)
    return;
  RegDeleteValueW(key, IMPORT);
  RegCloseKey(key);
}

void win_package_import(struct config_import *out) {
  wchar_t *value = read_value();
  *out = (struct config_import){.forget = forget};
  if (!value)
    return;
  if (value[0] == L'\0')
    forget();
  else
    out->path = win_utf8(value);
  out->refused = out->path && !config_import_is_local(out->path);
  free(value);
}

void win_package_tell_folder(const char *folder) {
  HKEY key = open_key();
  if (!key)
    return;
  wchar_t *wide = folder ? win_wide(folder) : NULL;
  if (wide)
    RegSetValueExW(key, FOLDER, 0, REG_SZ, (const BYTE *)wide,
                   (DWORD)((wcslen(wide) + 1) * sizeof *wide));
  else
    RegDeleteValueW(key, FOLDER);
  free(wide);
  RegCloseKey(key);
}
