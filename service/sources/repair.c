#include "service/sources/repair.h"

#include "common/text.h"

char *source_keep_text(struct pg_snapshot *snapshot, const char *text, size_t len) {
  char *copy = pg_arena_text(snapshot->arena, text, len);
  for (size_t at = 0; copy != NULL && at < len;) {
    uint32_t codepoint = 0;
    size_t used = pg_utf8_decode(copy + at, len - at, &codepoint);
    if (used == 0 || codepoint == 0) {
      copy[at] = '?'; /* a NUL would end a string too early */
      used = 1;
    }
    at += used;
  }
  return copy;
}
