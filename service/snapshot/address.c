/* Addresses as text and back, and their order. */
#include "service/snapshot/address.h"

#include "common/text.h"

#include <stdio.h>
#include <string.h>
#include <uv.h>

static int system_family(enum pg_family family) {
  return family == PG_IPV4 ? AF_INET : AF_INET6;
}

/* libuv would silently drop a zone, so it is taken off before and read here. */
static bool split_zone(const char *text, char *host, size_t size, uint32_t *scope) {
  const char *percent = strchr(text, '%');
  size_t len = percent != NULL ? (size_t)(percent - text) : strlen(text);

  *scope = 0;
  if (len >= size)
    return false;
  memcpy(host, text, len);
  host[len] = '\0';
  return percent == NULL || pg_parse_u32(percent + 1, scope);
}

bool pg_address_parse(enum pg_family family, const char *text, struct pg_address *out) {
  struct pg_address address = {.family = family};
  char host[64];

  if (text == NULL || !split_zone(text, host, sizeof host, &address.scope))
    return false;
  if (family == PG_IPV4 && strchr(text, '%') != NULL)
    return false;
  if (uv_inet_pton(system_family(family), host, address.bytes) != 0)
    return false;
  *out = address;
  return true;
}

const char *pg_address_format(const struct pg_address *address, char *out, size_t size) {
  char host[64];

  if (size == 0)
    return "";
  if (uv_inet_ntop(system_family(address->family), address->bytes, host, sizeof host) !=
      0) {
    host[0] = '\0';
  }
  if (address->family == PG_IPV6 && address->scope != 0) {
    snprintf(out, size, "%s%%%lu", host, (unsigned long)address->scope);
  } else {
    snprintf(out, size, "%s", host);
  }
  return out;
}

const char *pg_endpoint_format(const struct pg_address *address, uint16_t port, char *out,
                               size_t size) {
  char host[PG_ENDPOINT_CHARS];

  if (size == 0)
    return "";
  pg_address_format(address, host, sizeof host);
  snprintf(out, size, address->family == PG_IPV6 ? "[%s]:%u" : "%s:%u", host,
           (unsigned)port);
  return out;
}

bool pg_address_is_wildcard(const struct pg_address *address) {
  static const uint8_t zeros[sizeof address->bytes];
  return memcmp(address->bytes, zeros, sizeof zeros) == 0;
}

int pg_address_compare(const struct pg_address *a, const struct pg_address *b) {
  if (a->family != b->family)
    return a->family < b->family ? -1 : 1;
  int bytes = memcmp(a->bytes, b->bytes, sizeof a->bytes);
  if (bytes != 0)
    return bytes;
  return (a->scope > b->scope) - (a->scope < b->scope);
}

const char *pg_family_name(enum pg_family family) {
  return family == PG_IPV4 ? "ipv4" : "ipv6";
}
