#include "service/sources/http_url.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#define PORT_DIGITS 5

/* Where the host ends: behind ']', or at the first colon. NULL: it does not. */
static const char *end_of_host(const char *host, const char *end) {
  size_t len = (size_t)(end - host);
  if (len > 0 && *host == '[') {
    const char *bracket = memchr(host, ']', len);
    return bracket != NULL ? bracket + 1 : NULL;
  }
  const char *colon = memchr(host, ':', len);
  return colon != host ? colon : NULL;
}

/* ":8080" or ":8080:127.0.0.1" between the host and the path. */
static bool read_port(const char *at, const char *end, uint16_t *port) {
  uint32_t number = 0;
  if (at == end || *at != ':')
    return false;
  const char *digits = ++at;
  for (; at < end && *at >= '0' && *at <= '9'; at++) {
    if (at - digits >= PORT_DIGITS)
      return false;
    number = number * 10 + (uint32_t)(*at - '0');
  }
  bool ends = at == end || (*at == ':' && end - at > 1);
  if (!ends || number == 0 || number > UINT16_MAX)
    return false;
  *port = (uint16_t)number;
  return true;
}

const char *http_url_host_end(const char *host, const char *end, uint16_t *port) {
  const char *host_end = end_of_host(host, end);
  *port = 0;
  return host_end != NULL && read_port(host_end, end, port) ? host_end : NULL;
}
