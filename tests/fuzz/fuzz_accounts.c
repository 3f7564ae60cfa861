/* Descriptors of URL reservations: any bytes. Who is named is a SID that fits, or
 * letters that have a name. */
#include "service/sources/accounts.h"
#include "service/sources/source.h"

#include <stdlib.h>
#include <string.h>

#define CHECK(condition) ((condition) ? (void)0 : abort())

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_sid(void *context, const char *sid) {
  size_t *count = context;
  CHECK(strlen(sid) < PG_SID_CHARS);
  CHECK(strncmp(sid, "S-1-", 4) == 0 || account_well_known(sid) != NULL);
  ++*count;
}

/* The text is tried as a URL too: both come from whoever made the reservation. */
static void check_reservation(const char *text, size_t most) {
  struct pg_snapshot *snapshot = snapshot_new();
  struct pg_reservation *row =
      snapshot != NULL ? snapshot_reservations(snapshot, 1) : NULL;
  CHECK(row != NULL);
  row->url = row->sddl = text;
  CHECK(source_finish_network(snapshot, NULL) == PG_OK);
  CHECK(row->account_count <= most && (row->account_count > 0) == (most > 0));
  for (size_t i = 0; i < row->account_count; i++)
    CHECK(row->accounts[i][0] != '\0');
  CHECK(row->port == 0 || strstr(text, "://") != NULL);
  snapshot_unref(snapshot);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  char *text = calloc(1, size + 1);
  size_t count = 0;
  CHECK(text != NULL);
  if (size > 0)
    memcpy(text, data, size);
  accounts_in_sddl(text, check_sid, &count);
  check_reservation(text, count);
  free(text);
  return 0;
}
