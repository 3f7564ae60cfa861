#include "service/files/descriptor.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define HEADER 20
#define ACL_HEADER 8
#define ACE_HEADER 8 /* type, flags, size, mask */
#define SID_HEADER 8
#define SID_PARTS 15
#define DACL_PRESENT 0x0004u
#define SELF_RELATIVE 0x8000u

static uint32_t number(const uint8_t *at, unsigned bytes) {
  uint32_t value = 0;
  while (bytes-- > 0)
    value = value << 8 | at[bytes];
  return value;
}

static bool parse_sid(const uint8_t *bytes, size_t len, char out[DESCRIPTOR_SID_CHARS]) {
  uint64_t authority = 0;
  if (len < SID_HEADER || bytes[0] != 1 || bytes[1] > SID_PARTS ||
      len - SID_HEADER < 4u * bytes[1])
    return false;
  for (int i = 2; i < SID_HEADER; i++) /* the one number here that is big-endian */
    authority = authority << 8 | bytes[i];
  int used =
      snprintf(out, DESCRIPTOR_SID_CHARS,
               authority > UINT32_MAX ? "S-1-0x%" PRIX64 : "S-1-%" PRIu64, authority);
  for (unsigned i = 0; i < bytes[1]; i++)
    used += snprintf(out + used, DESCRIPTOR_SID_CHARS - (size_t)used, "-%" PRIu32,
                     number(bytes + SID_HEADER + 4 * (size_t)i, 4));
  return true;
}

static bool parse_acl(const uint8_t *bytes, size_t len, struct descriptor *out) {
  if (len < ACL_HEADER)
    return false;
  size_t size = number(bytes + 2, 2);
  if (size < ACL_HEADER || size > len)
    return false;
  out->ace_count = number(bytes + 4, 2);
  out->aces = bytes + ACL_HEADER;
  out->aces_len = size - ACL_HEADER;
  return true;
}

bool descriptor_parse(const uint8_t *bytes, size_t len, struct descriptor *out) {
  memset(out, 0, sizeof *out);
  if (len < HEADER || bytes[0] != 1)
    return false;
  uint32_t control = number(bytes + 2, 2);
  size_t owner = number(bytes + 4, 4), dacl = number(bytes + 16, 4);
  if (!(control & SELF_RELATIVE) || owner > len || dacl > len)
    return false;
  if (owner != 0 && !parse_sid(bytes + owner, len - owner, out->owner))
    return false;
  out->has_dacl = (control & DACL_PRESENT) != 0 && dacl != 0;
  return !out->has_dacl || parse_acl(bytes + dacl, len - dacl, out);
}

bool descriptor_ace(const struct descriptor *descriptor, size_t *at,
                    struct descriptor_ace *out) {
  const uint8_t *bytes = descriptor->aces + *at;
  size_t len = descriptor->aces_len - *at;
  memset(out, 0, sizeof *out);
  if (len < ACE_HEADER)
    return false;
  size_t size = number(bytes + 2, 2);
  if (size < ACE_HEADER || size > len)
    return false;
  out->type = bytes[0];
  out->flags = bytes[1];
  out->mask = number(bytes + 4, 4);
  *at += size;
  if (out->type != DESCRIPTOR_ALLOW && out->type != DESCRIPTOR_DENY)
    return true;
  return parse_sid(bytes + ACE_HEADER, size - ACE_HEADER, out->sid);
}
