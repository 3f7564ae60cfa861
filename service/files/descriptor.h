/* A Windows security descriptor as the bytes that the kernel hands out ("self-relative"),
 * read without Windows, so that decisions about it can be tested and fuzzed anywhere.
 * Layout: [MS-DTYP] 2.4.2 (SID), 2.4.4.1 (ACE header), 2.4.5 (ACL), 2.4.6. */
#ifndef PG_FILES_DESCRIPTOR_H
#define PG_FILES_DESCRIPTOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DESCRIPTOR_SID_CHARS 192 /* 15 parts of 10 digits, and the rest */

#define DESCRIPTOR_ALLOW 0 /* types of entries, as Windows numbers them */
#define DESCRIPTOR_DENY 1

struct descriptor {
  char owner[DESCRIPTOR_SID_CHARS]; /* "S-1-5-18", or "" */
  bool has_dacl;                    /* without one everybody may do everything */
  const uint8_t *aces;              /* in the bytes that were parsed */
  size_t aces_len;
  unsigned ace_count;
};

struct descriptor_ace {
  uint8_t type, flags;
  uint32_t mask;
  char sid[DESCRIPTOR_SID_CHARS]; /* "" for types other than the two above */
};

/* False: these bytes are no descriptor. */
bool descriptor_parse(const uint8_t *bytes, size_t len, struct descriptor *out);

/* The entry at |*at|, which starts as 0 and moves on. False: broken. To be called
 * |ace_count| times. */
bool descriptor_ace(const struct descriptor *descriptor, size_t *at,
                    struct descriptor_ace *out);

#endif
