/* The parser of netsh's tables of excluded port ranges: any bytes. Every range it
 * gives must be written in the text, digit by digit. */
#include "service/sources/netsh_ranges.h"

#include <stdlib.h>
#include <string.h>

#define CHECK(condition) ((condition) ? (void)0 : abort())

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The number |wanted| with no digit beside it. */
static bool holds_number(const char *at, size_t len, unsigned wanted) {
  for (size_t i = 0; i < len;) {
    unsigned number = 0;
    size_t start = i;
    while (i < len && at[i] >= '0' && at[i] <= '9' && i - start < 6)
      number = number * 10 + (unsigned)(at[i++] - '0');
    if (i > start && number == wanted)
      return true;
    while (i < len && at[i] >= '0' && at[i] <= '9')
      i++;
    i += i == start;
  }
  return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  const char *text = (const char *)data;
  struct pg_snapshot *snapshot = snapshot_new();
  char why[120] = "x";
  CHECK(snapshot != NULL);
  CHECK(netsh_ranges_parse(snapshot, PG_IPV4, text, size, why, sizeof why) == PG_OK);
  CHECK(memchr(why, '\0', sizeof why) != NULL);
  for (size_t i = 0; i < snapshot->network.range_count; i++) {
    const struct pg_excluded_range *row = &snapshot->network.ranges[i];
    CHECK(row->family == PG_IPV4 && row->first <= row->last);
    CHECK(holds_number(text, size, row->first) && holds_number(text, size, row->last));
  }
  snapshot_unref(snapshot);
  return 0;
}
