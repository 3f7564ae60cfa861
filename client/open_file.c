#include "client/open_file.h"

#include "common/text.h"

#include <string.h>

bool open_file_allowed(const char *path) {
  static const char *const endings[] = {".html", ".htm"};
  size_t len = strlen(path);
  for (size_t i = 0; i < sizeof endings / sizeof endings[0]; i++) {
    size_t end = strlen(endings[i]);
    if (len > end && pg_case_equal(path + len - end, endings[i]))
      return true;
  }
  return false;
}
