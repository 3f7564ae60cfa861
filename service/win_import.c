#include "service/win_import.h"

#include "common/win_utf.h"
#include "service/win_names.h"

#include <stdlib.h>
#include <windows.h>

/* Written by installer/portguard.wxs. */
#define KEY L"SOFTWARE\\" WIN_SERVICE_NAME
#define VALUE L"ImportConfig"

/* malloc'ed; NULL: there is no such value. */
static wchar_t *read_value(void) {
  DWORD bytes = WIN_PATH_CHARS * sizeof(wchar_t);
  wchar_t *text = malloc(bytes);
  if (text && RegGetValueW(HKEY_LOCAL_MACHINE, KEY, VALUE, RRF_RT_REG_SZ, NULL, text,
                           &bytes) == ERROR_SUCCESS)
    return text;
  free(text);
  return NULL;
}

/* The key as well, if nothing else is in it. */
static void forget(void) {
  DWORD keys = 1, values = 1;
  HKEY key = NULL;
  if (RegOpenKeyExW(HKEY_LOCAL_MACHINE, KEY, 0, KEY_QUERY_VALUE | KEY_SET_VALUE, &key) !=
      ERROR_SUCCESS)
    return;
  RegDeleteValueW(key, VALUE);
  LONG asked = RegQueryInfoKeyW(key, NULL, NULL, NULL, &keys, NULL, NULL, &values, NULL,
                                NULL, NULL, NULL);
  RegCloseKey(key);
  if (asked == ERROR_SUCCESS && keys == 0 && values == 0)
    RegDeleteKeyW(HKEY_LOCAL_MACHINE, KEY);
}

void win_import_look(struct config_import *out) {
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
