/* A security descriptor of a folder somebody else made: whatever its bytes are, it is
 * trusted only when its owner is, and nothing is read beyond its end. */
#include "service/files/descriptor.h"
#include "service/files/files.h"
#include "service/files/trust.h"

#include <stdlib.h>
#include <string.h>

#define SYSTEM "S-1-5-18"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(int condition) {
  if (!condition)
    abort();
}

static bool is_trusted_owner(const char *sid) {
  return strcmp(sid, SYSTEM) == 0 || strcmp(sid, "S-1-5-32-544") == 0 ||
         strncmp(sid, "S-1-5-80-", 9) == 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct descriptor descriptor;
  struct descriptor_ace ace;
  struct pg_fault fault = {.code = PG_OK};
  size_t at = 0;
  const struct trust_windows seen = {.path = "C:\\x",
                                     .final_path = "C:\\x",
                                     .folder = true,
                                     .descriptor = data,
                                     .descriptor_len = size,
                                     .self = SYSTEM};
  if (trust_windows(&seen, &fault) != PG_OK) {
    require(fault.message[0] != '\0' && strcmp(fault.rule, FILES_RULE) == 0);
    return 0;
  }
  require(descriptor_parse(data, size, &descriptor));
  require(descriptor.has_dacl && is_trusted_owner(descriptor.owner));
  for (unsigned i = 0; i < descriptor.ace_count; i++)
    require(descriptor_ace(&descriptor, &at, &ace) && at <= descriptor.aces_len);
  return 0;
}
