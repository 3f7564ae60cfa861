#include "service/policy/config_parts.h"

#include "common/sort.h"

#include <string.h>

#define EXPECTED_PORT "1-65535 or a range like \"8000-8090\""

static int by_first(const void *left, const void *right) {
  const struct pg_port_range *a = left, *b = right;
  return (a->first > b->first) - (a->first < b->first);
}

/* Sorts, and joins what overlaps or touches. */
static void merge(struct pg_fields *in, struct pg_port_range *ranges, size_t count,
                  struct pg_ports *out) {
  size_t kept = 0;
  if (!pg_sort(ranges, count, sizeof *ranges, by_first)) {
    pg_fields_no_memory(in);
    return;
  }
  for (size_t i = 0; i < count; i++) {
    struct pg_port_range *last = kept > 0 ? &ranges[kept - 1] : NULL;
    if (last == NULL || ranges[i].first > last->last + 1)
      ranges[kept++] = ranges[i];
    else if (ranges[i].last > last->last)
      last->last = ranges[i].last;
  }
  out->ranges = ranges;
  out->count = kept;
}

/* One end of a range, as a person writes a port: no zeros before it. */
static bool parse_end(const char *text, size_t len, uint16_t *port) {
  char copy[8];
  uint32_t value = 0;
  if (len == 0 || len >= sizeof copy || text[0] == '0')
    return false;
  memcpy(copy, text, len);
  copy[len] = '\0';
  if (!pg_parse_u32(copy, &value) || value > UINT16_MAX)
    return false;
  *port = (uint16_t)value;
  return true;
}

static bool parse_range(const char *text, struct pg_port_range *range) {
  const char *dash = strchr(text, '-');
  return dash != NULL && parse_end(text, (size_t)(dash - text), &range->first) &&
         parse_end(dash + 1, strlen(dash + 1), &range->last);
}

static void read_port(struct pg_fields *in, const char *place, const cJSON *value,
                      struct pg_port_range *range) {
  double number = cJSON_IsNumber(value) ? value->valuedouble : 0;
  if (number >= 1 && number <= UINT16_MAX && number == (uint16_t)number) {
    range->first = range->last = (uint16_t)number;
  } else if (!cJSON_IsString(value) || !parse_range(value->valuestring, range)) {
    pg_fields_wrong(in, place, value, EXPECTED_PORT);
  } else if (range->first > range->last) {
    pg_fields_wrong(in, place, value, "the lower port of a range first");
  }
}

void config_ports(struct pg_fields *in, const char *key, struct pg_ports *out) {
  char place[PG_PLACE_CHARS];
  size_t count, index = 0;
  const cJSON *list = pg_fields_list(in, key, PG_OPTIONAL, &count);
  struct pg_port_range *ranges =
      count > 0 ? pg_arena_alloc(in->arena, count, sizeof *ranges) : NULL;
  out->ranges = NULL;
  out->count = 0;
  if (list == NULL || count == 0)
    return;
  if (ranges == NULL) {
    pg_fields_no_memory(in);
    return;
  }
  for (const cJSON *value = list->child; value != NULL; value = value->next, index++)
    read_port(in, config_element(key, index, place), value, &ranges[index]);
  merge(in, ranges, count, out);
}

void config_guard(struct pg_fields *in, struct pg_settings *settings) {
  size_t count = settings->listed.count, filled = 0;
  for (size_t i = 0; i < settings->rule_count; i++)
    count += settings->rules[i].ports.count;
  settings->guarded = settings->listed;
  if (in->error != PG_OK || count == settings->listed.count)
    return;

  struct pg_port_range *ranges = pg_arena_alloc(in->arena, count, sizeof *ranges);
  if (ranges == NULL) {
    pg_fields_no_memory(in);
    return;
  }
  for (size_t i = 0; i < settings->listed.count; i++)
    ranges[filled++] = settings->listed.ranges[i];
  for (size_t i = 0; i < settings->rule_count; i++)
    for (size_t j = 0; j < settings->rules[i].ports.count; j++)
      ranges[filled++] = settings->rules[i].ports.ranges[j];
  merge(in, ranges, filled, &settings->guarded);
}
