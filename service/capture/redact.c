#include "service/capture/redact.h"

#include <stdbool.h>
#include <string.h>

static const char folder[] = ":\\Users\\";
#define FOLDER_LEN (sizeof folder - 1)

static bool is_nobodys(const char *name, size_t len) {
  static const char *const shared[] = {"Public", "Default", "All Users", "Default User"};
  for (size_t i = 0; i < sizeof shared / sizeof *shared; i++)
    if (strlen(shared[i]) == len && pg_casecmp_n(shared[i], name, len) == 0)
      return true;
  return false;
}

/* The folder's name ends at the next separator or line end. */
static size_t name_length(const char *name, size_t left) {
  size_t len = 0;
  while (len < left && strchr("\\/\r\n\"", name[len]) == NULL)
    len++;
  return len;
}

void redact_profiles(struct pg_text *out, const char *data, size_t len) {
  size_t kept = 0; /* everything before it has been written */
  for (size_t at = 0; at + FOLDER_LEN < len; at++) {
    if (data[at] != ':' || pg_casecmp_n(data + at, folder, FOLDER_LEN) != 0)
      continue;
    size_t name = at + FOLDER_LEN, chars = name_length(data + name, len - name);
    if (chars == 0 || is_nobodys(data + name, chars))
      continue;
    pg_text_add(out, data + kept, name - kept);
    pg_text_str_add(out, "user");
    kept = name + chars;
    at = kept - 1;
  }
  pg_text_add(out, data + kept, len - kept);
}
