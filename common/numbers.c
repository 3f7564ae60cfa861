/* Numbers that people type. */
#include "common/text.h"

#include <string.h>

#define QUOTED 96
#define DAY_S (24u * 60 * 60)

/* Reads digits up to |end|; false when there are none, something else is among
 * them, or the value does not fit. */
static bool digits(const char *text, const char *end, uint32_t *value) {
  uint32_t sum = 0;
  if (text == end)
    return false;
  for (; text < end; text++) {
    if (*text < '0' || *text > '9')
      return false;
    uint32_t digit = (uint32_t)(*text - '0');
    if (sum > (UINT32_MAX - digit) / 10)
      return false;
    sum = sum * 10 + digit;
  }
  *value = sum;
  return true;
}

bool pg_parse_u32(const char *text, uint32_t *value) {
  return digits(text, text + strlen(text), value);
}

enum pg_error pg_parse_port(const char *text, uint16_t *port, struct pg_fault *fault) {
  char quoted[QUOTED];
  uint32_t value = 0;
  if (pg_parse_u32(text, &value) && value >= 1 && value <= 65535) {
    *port = (uint16_t)value;
    return PG_OK;
  }
  (void)pg_fail(fault, PG_E_PARAMS, "port \"%s\": expected 1-65535",
                pg_escape(quoted, sizeof quoted, text));
  pg_fault_param(fault, "port");
  return PG_E_PARAMS;
}

static uint32_t unit_seconds(char unit) {
  switch (unit) {
  case 's':
    return 1;
  case 'm':
    return 60;
  case 'h':
    return 60 * 60;
  case 'd':
    return DAY_S;
  default:
    return 0;
  }
}

enum pg_error pg_parse_seconds(const char *text, uint32_t max_days, uint32_t *s,
                               struct pg_fault *fault) {
  char quoted[QUOTED];
  const char *end = text + strlen(text);
  uint32_t unit = end > text ? unit_seconds(end[-1]) : 0;
  uint32_t count = 0;
  if (unit > 0)
    end--;
  else
    unit = 1; /* a bare number is seconds */
  if (digits(text, end, &count) && count >= 1 && count <= max_days * DAY_S / unit) {
    *s = count * unit;
    return PG_OK;
  }
  return pg_fail(fault, PG_E_PARAMS,
                 "duration \"%s\": expected 1 s to %u d, as 30, 30s, 2m, 2h or 1d",
                 pg_escape(quoted, sizeof quoted, text), (unsigned)max_days);
}

enum pg_error pg_parse_duration(const char *text, uint32_t max_days, uint32_t *ms,
                                struct pg_fault *fault) {
  uint32_t s = 0;
  enum pg_error err = pg_parse_seconds(text, max_days, &s, fault);
  if (err == PG_OK)
    *ms = s * 1000;
  return err;
}
