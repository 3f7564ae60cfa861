/* A registry of the test's own in the place of HKEY_LOCAL_MACHINE, for as long as the
 * test runs. Windows only. */
#ifndef PG_TEST_WIN_REGISTRY_H
#define PG_TEST_WIN_REGISTRY_H

#include <wchar.h>

int registry_begin(void **state); /* as cmocka's setup: empty */
int registry_end(void **state);
void registry_set(const wchar_t *key, const wchar_t *name, const wchar_t *text);
/* The same with a value of another type than text. */
void registry_set_number(const wchar_t *key, const wchar_t *name, unsigned long number);
void registry_make(const wchar_t *key);
void registry_delete(const wchar_t *key);

#endif
