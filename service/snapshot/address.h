/* A TCP address without its port. Text forms come from libuv. */
#ifndef PG_ADDRESS_H
#define PG_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum pg_family { PG_IPV4, PG_IPV6 };

/* Room for "[ffff:…]%4294967295:65535". */
#define PG_ENDPOINT_CHARS 80

struct pg_address {
  enum pg_family family;
  uint32_t scope;    /* IPv6 zone, 0 when there is none */
  uint8_t bytes[16]; /* network order; IPv4 uses the first four, the rest is 0 */
};

bool pg_address_parse(enum pg_family family, const char *text, struct pg_address *out);
/* "0.0.0.0", "::", "fe80::1%7". Returns |out|. */
const char *pg_address_format(const struct pg_address *address, char *out, size_t size);
/* "0.0.0.0:80", "[::]:80". Returns |out|. */
const char *pg_endpoint_format(const struct pg_address *address, uint16_t port, char *out,
                               size_t size);
bool pg_address_is_wildcard(const struct pg_address *address);
int pg_address_compare(const struct pg_address *a, const struct pg_address *b);
const char *pg_family_name(enum pg_family family); /* "ipv4", "ipv6" */

#endif
