#include "tests/unit/win_registry.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <windows.h>

#define ROOT L"Software\\PortGuardTest-%lu"

static HKEY root;
static wchar_t root_path[64];

int registry_begin(void **state) {
  (void)state;
  swprintf(root_path, sizeof root_path / sizeof root_path[0], ROOT,
           (unsigned long)GetCurrentProcessId());
  return RegCreateKeyExW(HKEY_CURRENT_USER, root_path, 0, NULL, REG_OPTION_VOLATILE,
                         KEY_ALL_ACCESS, NULL, &root, NULL) ||
         RegOverridePredefKey(HKEY_LOCAL_MACHINE, root);
}

int registry_end(void **state) {
  (void)state;
  RegOverridePredefKey(HKEY_LOCAL_MACHINE, NULL);
  RegCloseKey(root);
  return RegDeleteTreeW(HKEY_CURRENT_USER, root_path);
}

static HKEY open_key(const wchar_t *path) {
  HKEY key = NULL;
  assert_int_equal(RegCreateKeyExW(root, path, 0, NULL, REG_OPTION_VOLATILE,
                                   KEY_ALL_ACCESS, NULL, &key, NULL),
                   ERROR_SUCCESS);
  return key;
}

static void set(const wchar_t *path, const wchar_t *name, DWORD type, const void *data,
                size_t bytes) {
  HKEY key = open_key(path);
  assert_int_equal(RegSetValueExW(key, name, 0, type, data, (DWORD)bytes), ERROR_SUCCESS);
  RegCloseKey(key);
}

void registry_set(const wchar_t *path, const wchar_t *name, const wchar_t *text) {
  set(path, name, REG_SZ, text, (wcslen(text) + 1) * sizeof *text);
}

void registry_set_number(const wchar_t *path, const wchar_t *name, unsigned long number) {
  DWORD value = number;
  set(path, name, REG_DWORD, &value, sizeof value);
}

void registry_make(const wchar_t *path) {
  RegCloseKey(open_key(path));
}

void registry_delete(const wchar_t *path) {
  assert_int_equal(RegDeleteTreeW(root, path), ERROR_SUCCESS);
}
