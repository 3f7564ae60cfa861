/* Only SYSTEM and administrators may write below HKLM\Software\Policies; Windows sets it
 * up like that so that users cannot change what policy says ("Implementing Registry-based
 * Policy", learn.microsoft.com, previous-versions/windows/desktop/policy). It is looked
 * at all the same: whoever may write here decides what a service with all rights stops.
 * 32-bit and 64-bit programs share that key ("Registry Keys Affected by WOW64"); the view
 * is named so that this does not have to be believed. */
#include "service/win_group_policy.h"

#include "common/limits.h"
#include "common/win_error.h"
#include "common/win_registry_watch.h"
#include "common/win_utf.h"
#include "service/files/trust.h"

#include <stdlib.h>
#include <windows.h>

#define KEY WIN_WIDE(GROUP_POLICY_KEY)
#define DESCRIPTOR_MAX 65536               /* an access list has a 16-bit length */
#define DATA_MAX (2u * PG_CONFIG_MAX + 64) /* UTF-16, and ends of lines */

/* The keys above it, for when it is made or goes, or they do. */
static const struct win_watched_place places[] = {
    {KEY, true},
    {L"SOFTWARE\\Policies", false},
    {L"SOFTWARE", false},
};

struct registry {
  struct win_registry_watch watch;
  bool read; /* once, at least */
};

static void fail(struct group_policy_values *out, const char *name, const char *function,
                 LONG code) {
  char words[WIN_ERROR_CHARS];
  pg_fail(&out->unreadable, PG_E_WINDOWS, "%s could not be read: %s", name,
          win_error(words, sizeof words, function, (uint32_t)code));
  out->unreadable.win32 = (uint32_t)code;
  pg_fault_param(&out->unreadable, name);
}

/* --- whom it can be trusted to be from --- */

static void judge(HKEY key, BYTE *data, struct group_policy_values *out) {
  DWORD size = DESCRIPTOR_MAX;
  LONG code = RegGetKeySecurity(
      key, OWNER_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION, data, &size);
  if (code != ERROR_SUCCESS) {
    fail(out, GROUP_POLICY_PLACE, "RegGetKeySecurity", code);
    return;
  }
  const struct trust_windows seen = {.key = true,
                                     .path = GROUP_POLICY_PLACE,
                                     .descriptor = data,
                                     .descriptor_len = size};
  (void)trust_windows(&seen, &out->unreadable);
}

/* --- values --- */

/* Lines end with a zero each, and the last with one more. Empty ones are kept, so that
 * the number of a line in a complaint is right; |units| says where the text ends. */
static void take_text(struct group_policy_value *value, const wchar_t *wide,
                      size_t units) {
  bool lines = value->type == GROUP_POLICY_TYPE_LINES;
  while (units > 0 && wide[units - 1] == L'\0')
    units--;
  for (size_t at = 0; at < units;) {
    size_t len = 0;
    while (at + len < units && wide[at + len] != L'\0')
      len++;
    char *text = win_utf8_n(wide + at, len);
    if (text == NULL)
      value->text.failed = true;
    else
      pg_text_str_add(&value->text, text);
    free(text);
    if (!lines)
      return; /* what follows the end of a text is none of it */
    pg_text_char(&value->text, '\n');
    at += len + 1;
  }
}

static void take(struct group_policy_value *value, const BYTE *data, DWORD size) {
  value->there = true;
  if (value->type == GROUP_POLICY_TYPE_NUMBER && size == sizeof(DWORD))
    value->number = *(const DWORD *)(const void *)data;
  else if (value->type == GROUP_POLICY_TYPE_NUMBER)
    value->type = GROUP_POLICY_TYPE_BINARY; /* it only claims to be one */
  else if (value->type == GROUP_POLICY_TYPE_TEXT ||
           value->type == GROUP_POLICY_TYPE_LINES)
    take_text(value, (const wchar_t *)(const void *)data, size / sizeof(wchar_t));
}

static void read_value(HKEY key, BYTE *data, enum group_policy_item item,
                       struct group_policy_values *out) {
  const char *name = group_policy_name(item);
  struct group_policy_value *value = &out->at[item];
  wchar_t *wide = win_wide(name);
  DWORD type = REG_NONE, size = DATA_MAX;
  LONG code = wide == NULL ? ERROR_NOT_ENOUGH_MEMORY
                           : RegQueryValueExW(key, wide, NULL, &type, data, &size);
  free(wide);
  if (code == ERROR_FILE_NOT_FOUND)
    return;
  if (code == ERROR_MORE_DATA) {
    pg_fail(&out->unreadable, PG_E_TOOBIG, "%s: larger than %u bytes", name,
            (unsigned)PG_CONFIG_MAX);
    pg_fault_param(&out->unreadable, name);
  } else if (code != ERROR_SUCCESS) {
    fail(out, name, "RegQueryValueExW", code);
  } else {
    value->type = type;
    take(value, data, size);
    if (value->text.failed)
      fail(out, name, "RegQueryValueExW", ERROR_NOT_ENOUGH_MEMORY);
  }
}

static void read_values(void *context, struct group_policy_values *out) {
  struct registry *registry = context;
  HKEY key = NULL;
  win_registry_watch_arm(&registry->watch, places, sizeof places / sizeof *places);
  registry->read = true;
  LONG code = RegOpenKeyExW(HKEY_LOCAL_MACHINE, KEY, 0,
                            KEY_QUERY_VALUE | READ_CONTROL | KEY_WOW64_64KEY, &key);
  if (code == ERROR_FILE_NOT_FOUND || code == ERROR_PATH_NOT_FOUND)
    return;
  BYTE *data = code == ERROR_SUCCESS ? malloc(DATA_MAX) : NULL;
  if (data != NULL) {
    judge(key, data, out);
    for (int i = 0; out->unreadable.code == PG_OK && i < GROUP_POLICY_ITEMS; i++)
      read_value(key, data, (enum group_policy_item)i, out);
    free(data);
  } else {
    fail(out, GROUP_POLICY_PLACE, "RegOpenKeyExW",
         code == ERROR_SUCCESS ? ERROR_NOT_ENOUGH_MEMORY : code);
  }
  if (code == ERROR_SUCCESS)
    RegCloseKey(key);
}

/* --- the source --- */

static bool is_there(void) {
  HKEY key = NULL;
  if (RegOpenKeyExW(HKEY_LOCAL_MACHINE, KEY, 0, KEY_QUERY_VALUE | KEY_WOW64_64KEY,
                    &key) != ERROR_SUCCESS)
    return false;
  RegCloseKey(key);
  return true;
}

/* What could not be watched, since no key above it is there either, is read each time;
 * so is a key that is there without being watched. */
static bool has_changed(void *context) {
  const struct registry *registry = context;
  const struct win_watched_key *keys = registry->watch.keys;
  bool above = keys[1].event || keys[2].event;
  bool watched = keys[0].event || (above && !is_there());
  return !registry->read || !watched || win_registry_watch_changed(&registry->watch);
}

static void close_registry(void *context) {
  struct registry *registry = context;
  win_registry_watch_close(&registry->watch);
  free(registry);
}

bool win_group_policy_open(struct group_policy_source *out) {
  struct registry *registry = calloc(1, sizeof *registry);
  if (registry == NULL)
    return false;
  out->context = registry;
  out->changed = has_changed;
  out->read = read_values;
  out->close = close_registry;
  return true;
}
