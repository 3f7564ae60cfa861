#include "common/os_name.h"

#include "common/text.h"

const char *pg_os_name(char *out, size_t size) {
  (void)pg_copy(out, size, "Linux (captures only)");
  return out;
}
